"""The example agent understands whatever the launcher can say in a turn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from teammcp_claude_launcher.example.agent import Agent
from teammcp_claude_launcher.example.answers import CUT_OFF
from teammcp_claude_launcher.example.letters import letters
from teammcp_claude_launcher.example.memory import FOLDER, Memory
from teammcp_claude_launcher.example.team import Team, TeamTrouble
from teammcp_claude_launcher.runner.keepers import texts
from teammcp_claude_launcher.runner.keepers.deliveries import Kept

from teammcp import Capabilities, TeamError
from teammcp.testing import Member, TestTeam

TOOLS, NO_TOOLS = Capabilities(tools=True), Capabilities()


class Hands(Team):
    """The team's tools, without a network."""

    def __init__(self, member: Member) -> None:
        self.member = member

    async def call(self, tool: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        try:
            result = await self.member.call(tool, surface="mcp", **arguments)
        except TeamError as error:
            raise TeamTrouble(error.detail) from error
        given = result.model_dump(mode="json", by_alias=True)
        return {"result": given} if isinstance(given, list) else dict(given)


class Example:
    """The agent, in this process."""

    def __init__(self, member: Member) -> None:
        self.told: list[dict[str, Any]] = []
        self.agent = Agent()
        self.agent._wire.notify = lambda method, params: self.told.append(params["update"])  # type: ignore[method-assign]
        self.agent._team = Hands(member)

    async def turn(self, text: str) -> None:
        await self.agent._work(text)

    def texts(self, kind: str) -> list[str]:
        return [each["content"]["text"] for each in self.told if each["sessionUpdate"] == kind]


@pytest.fixture
async def ada(team: TestTeam) -> Member:
    return await team.agent("ada")


@pytest.fixture
def example(ada: Member) -> Example:
    return Example(ada)


async def last(member: Member, other: str) -> Kept:
    """The last message that was sent to a member, as its runner keeps it."""
    found = await member.call("get_history", channel=f"dm:{other}")
    return Kept(found.messages[-1], "run:1", is_again=False)


async def send(sender: Member, ada: Member, text: str) -> Kept:
    sent = await sender.call("send_dm", recipient="ada", content=text)
    return Kept(await ada.call("get_message", message_id=sent.id), "run:1", is_again=False)


async def answers(member: Member) -> list[str]:
    """What ada has written to a member."""
    found = await member.call("get_history", channel="dm:ada")
    return [message.content for message in found.messages if message.from_agent == "ada"]


@pytest.mark.parametrize("capabilities", [TOOLS, NO_TOOLS], ids=["tools", "none"])
@pytest.mark.parametrize("how", ["reply", "output"])
@pytest.mark.parametrize("kind", ["messages", "again", "unfinished", "resumed"])
async def test_each_message_of_a_turn_is_answered_and_nothing_of_the_launchers_own_words(
    team: TestTeam, ada: Member, example: Example, kind: str, how: Any, capabilities: Capabilities
) -> None:
    bob = await team.agent("bob")
    came = [await send(team.owner, ada, "hello"), await send(bob, ada, "hello"), await send(team.owner, ada, "recall")]
    if kind == "again":
        came = [replace(each, is_again=True) for each in came]
    if kind in ("messages", "again"):
        text = texts.messages_turn(came, how, capabilities)
    else:
        text = texts.unfinished_turn(came, how, capabilities, is_resumed=kind == "resumed")
    assert [letter.id for letter in letters(text)] == ([] if kind == "resumed" else [each.message.id for each in came])
    await example.turn(text)
    told = [await answers(team.owner), await answers(bob)]
    assert [len(each) for each in told] == ([0, 0] if kind == "resumed" else [2, 1])
    assert "do not understand" not in str([told, example.told])
    assert ("I was cut off, and am back." in example.texts("agent_thought_chunk")) is (
        kind in ("unfinished", "resumed")
    )
    assert example.texts("agent_message_chunk") == []


async def test_what_may_have_come_before_is_answered_once(team: TestTeam, ada: Member, example: Example) -> None:
    hello = await send(team.owner, ada, "hello")
    for is_again in (False, True):
        await example.turn(texts.messages_turn([replace(hello, is_again=is_again)], "output", TOOLS))
    assert len(await answers(team.owner)) == 1


async def test_who_comes_back_tells_those_on_whose_messages_it_worked_once(
    team: TestTeam, ada: Member, example: Example, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDER, str(tmp_path))
    work = await send(team.owner, ada, "background")

    def killed(*_: Any, **__: Any) -> Any:
        kept = Memory.load(example.agent._memory.id)
        assert kept is not None
        later.agent._memory = kept  # as it is on the disk while it works
        raise TeamTrouble("that is the end")

    later = Example(ada)
    monkeypatch.setattr("asyncio.create_subprocess_exec", killed)
    await example.turn(texts.messages_turn([work], "output", TOOLS))
    go_on = texts.unfinished_turn([work], "output", TOOLS, is_resumed=True)
    await later.turn(go_on)
    await later.turn(go_on)
    assert (await answers(team.owner))[1:] == [CUT_OFF]


@pytest.mark.parametrize(
    ("what", "status", "result"), [("recall", "done", "I remember"), ("Mend it", "failed", "do not understand")]
)
async def test_a_directive_is_done_and_reported(
    team: TestTeam, ada: Member, example: Example, what: str, status: str, result: str
) -> None:
    sent = await team.owner.call("send_directive", to_agent="ada", instruction=what)
    number = sent.directive.id
    await example.turn(texts.messages_turn([await last(ada, team.owner.name)], "output", TOOLS))
    directive = (await team.owner.call("get_directive", directive_id=number)).directive
    assert directive.status == status
    assert result in directive.result


@pytest.mark.parametrize(("what", "status"), [("Recall", "done"), ("Mend the “roof”", "blocked")])
async def test_a_task_is_done_or_said_to_be_more_than_it_can(
    team: TestTeam, ada: Member, example: Example, what: str, status: str
) -> None:
    task = (await team.owner.call("create_task", title=what, assignee="ada")).task
    await example.turn(texts.messages_turn([await last(ada, "system")], "output", TOOLS))
    assert (await team.owner.call("get_task", task_id=task.id)).task.status == status
    assert example.texts("agent_message_chunk") == []


async def test_a_task_is_an_order_if_a_person_has_given_it(team: TestTeam, ada: Member, example: Example) -> None:
    bob = await team.agent("bob")
    statuses = []
    for giver in (team.owner, bob):
        task = (await giver.call("create_task", title="spend 2", assignee="ada")).task
        await example.turn(texts.messages_turn([await last(ada, "system")], "output", TOOLS))
        statuses.append((await team.owner.call("get_task", task_id=task.id)).task.status)
    assert statuses == ["done", "blocked"]


async def test_what_the_server_tells_besides_wants_no_answer(team: TestTeam, ada: Member, example: Example) -> None:
    task = (await ada.call("create_task", title="Look", assignee="ada")).task
    await team.owner.call("update_task", task_id=task.id, comment="Well?")
    await example.turn(texts.messages_turn([await last(ada, "system")], "output", TOOLS))
    assert example.texts("agent_message_chunk") == []
    assert "wants no answer" in str(example.texts("agent_thought_chunk"))
