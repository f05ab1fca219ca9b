"""The example agent of the launcher answers for a project: who has no account sees a question come back."""

from __future__ import annotations

import pytest
from teammcp_claude_launcher.runner.keepers import texts

from plugins.claude_launcher.tests.test_example_turns import TOOLS, Example, last
from teammcp.testing import TestTeam


@pytest.fixture
def installed_plugins() -> set[str]:
    return {"theme-base", "projects", "claude_launcher"}


@pytest.mark.parametrize(
    ("asked", "more", "state", "said"),
    [
        ("Hello, which version?", {}, "answered", "a scripted example agent"),
        ("Which version?", {}, "cannot_say", "do not understand"),
        ("Which version?", {"reply_by": "2099-01-01T00:00:00Z"}, "cannot_say", "do not understand"),
        ("spend 2", {}, "cannot_say", "do not understand"),
    ],
)
@pytest.mark.parametrize("project", ["web", None])
async def test_the_example_agent_answers_whatever_an_agent_asks_its_project(
    team: TestTeam, asked: str, more: dict[str, str], state: str, said: str, project: str | None
) -> None:
    bob, ada = await team.agent("bob"), await team.agent("ada")
    await team.owner.call("add_project", name="backend")
    await team.owner.call("set_project_agents", project="backend", agents=["bob"])
    if project is not None:
        await team.owner.call("add_project", name=project)
        await team.owner.call("set_project_agents", project=project, agents=["ada"])
    number = (await ada.call("teams_ask", projects=["backend"], question=asked, **more)).questions[0].id
    await team.server.settle()
    example = Example(bob)
    await example.turn(texts.messages_turn([await last(bob, "ada")], "output", TOOLS))
    await team.server.settle()
    found = await ada.call("get_question", question_id=number)
    assert found.state == state
    assert said in found.answer


async def test_the_example_agent_answers_questions_as_often_as_it_is_asked(team: TestTeam) -> None:
    bob, ada = await team.agent("bob"), await team.agent("ada")
    await team.owner.call("add_project", name="backend")
    await team.owner.call("set_project_agents", project="backend", agents=["bob"])
    example = Example(bob)
    for _ in range(12):
        number = (await ada.call("teams_ask", projects=["backend"], question="hello")).questions[0].id
        await team.server.settle()
        await example.turn(texts.messages_turn([await last(bob, "ada")], "output", TOOLS))
        await team.server.settle()
        assert (await ada.call("get_question", question_id=number)).state == "answered"
