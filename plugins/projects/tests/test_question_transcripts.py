"""The page of a question shows what the program of whoever has it did, where the launcher runs it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from teammcp_claude_launcher.entries import Said, Started, TakenUp, TurnOver, TurnWritten

from plugins.claude_launcher.tests.runners import FakeRunner, join
from teammcp.testing import Member, TestTeam

pytestmark = pytest.mark.teammcp(plugins={"claude_launcher": {"local_runner": False}})


@pytest.fixture
def installed_plugins() -> set[str]:
    return {"theme-base", "projects", "claude_launcher"}


@pytest.fixture
async def runner(team: TestTeam) -> AsyncIterator[FakeRunner]:
    """The runner of the machine on which bob lives, who answers for backend."""
    runner = await join(team, "box")
    await team.agent("bob")
    await team.owner.call("start_agent", name="bob", machine="box", runtime="command", new_key=True)
    await team.owner.call("add_project", name="backend")
    await team.owner.call("set_project_agents", project="backend", agents=["bob"])
    async with runner.connected():
        yield runner


async def member(team: TestTeam, name: str, access: str) -> Member:
    member = await team.agent(name, access=access)
    await member.log_in()
    return member


async def test_the_turn_that_a_question_began_is_on_its_page(team: TestTeam, runner: FakeRunner) -> None:
    ada, maya = await member(team, "ada", "member"), await member(team, "maya", "manager")
    eve = await member(team, "eve", "member")
    number = (await ada.call("teams_ask", projects=["backend"], question="Which version?")).questions[0].id
    await team.server.settle()
    path = f"/projects/questions/{number}"
    assert "What its program did" not in (await ada.http.get(path)).text
    message = (await ada.call("get_question", question_id=number)).message_id
    run = await runner.begin("bob")
    await runner.tell(
        run,
        Started(program="/bin/cat"),
        Said(text="something earlier"),
        TurnWritten(turn="t1", message_ids=[message]),
        TakenUp(turn="t1"),
        Said(text="I look into **api.py** first."),
        TurnOver(outcome="done", answer="It is v2."),
        Said(text="something later"),
    )
    for reader in (ada, maya):
        html = (await reader.http.get(path)).text
        assert "What its program did" in html
        assert "I look into <strong>api.py</strong> first." in html
        assert "It is v2." in html
        assert "something" not in html, "other turns are about other messages"
        assert f'href="/launcher/runs/{run}"' in html
    html = (await eve.http.get(path)).text
    assert "Which version?" in html
    assert "api.py" not in html, "what is said of a message is for those who may read it"


async def test_the_page_says_whether_it_was_seen(team: TestTeam, runner: FakeRunner) -> None:
    ada = await member(team, "ada", "member")
    number = (await ada.call("teams_ask", projects=["backend"], question="Which version?")).questions[0].id
    await team.server.settle()
    html = (await ada.http.get(f"/projects/questions/{number}")).text
    assert "not seen yet" in html
    message = (await ada.call("get_question", question_id=number)).message_id
    assert f'href="/messages/{message}"' in html
