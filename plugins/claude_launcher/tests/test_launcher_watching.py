"""Who sees what an agent says: in a turn with messages that not everybody reads, those who read all of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, get_args

import pytest
from teammcp_claude_launcher.entries import (
    Answered,
    Asked,
    Change,
    Conversation,
    Ended,
    Entry,
    Noted,
    Plan,
    Said,
    Started,
    State,
    Step,
    TakenUp,
    TeamTools,
    Thought,
    Tool,
    TurnOver,
    TurnWritten,
    Used,
)
from teammcp_claude_launcher.sentences import ENDED_MUTE, SIGNALLED, SIGNALLED_MUTE

from teammcp.testing import Member, TestTeam

from .runners import FakeRunner, join

SECRET = "the offer is 7 million"
SAYS: list[Entry] = [
    TakenUp(turn="t"),
    Said(text=SECRET),
    Thought(text=SECRET),
    Tool(id="1", name="Bash", status="done", title=SECRET, input={"command": SECRET}, output=SECRET),
    Tool(id="2", name="Edit", status="done", changes=[Change(path="offer", before=None, after=SECRET)]),
    Plan(steps=[Step(text=SECRET, status="doing")]),
    Asked(id="q", tool="Bash", input={"command": SECRET}),
    Answered(id="q", allowed=False, message=SECRET),
    Noted(text=SECRET),
    State(state="working"),
    TeamTools(used=False),
    Used(tokens_in=3, tokens_out=1, cost_usd=0.1),
    Conversation(id="c", resumed=False),
    TurnOver(outcome="failed", detail=SECRET, answer=SECRET),
    Said(text=SECRET),
    Ended(reason="crashed", last_output=SECRET),
]
"""Each kind of entry that can tell of a message, in the order of a turn."""


@pytest.fixture
async def runner(team: TestTeam) -> AsyncIterator[FakeRunner]:
    """The runner of machine ``box``, on which bob lives."""
    runner = await join(team, "box")
    await team.agent("bob")
    await team.owner.call("start_agent", name="bob", machine="box", runtime="command", new_key=True)
    async with runner.connected():
        yield runner


@pytest.fixture
async def people(team: TestTeam) -> dict[str, Member]:
    """Members by name, of whom mona is a manager, and bob the agent itself."""
    found = {name: await team.agent(name) for name in ("maria", "nina")}
    found |= {"mona": await team.agent("mona", access="manager"), "owner": team.owner}
    for member in found.values():
        await member.log_in()
    return found


async def everything(member: Member, run: int) -> str:
    """All that the surfaces tell a member of a run."""
    told = [
        repr(await member.call("get_run_entries", run_id=run)),
        repr(await member.call("get_run", run_id=run)),
        repr(await member.call("list_runs", agent="bob")),
        repr(await member.call("get_agent_home", name="bob")),
        (await member.http.get("/api/agents/bob/log")).text,
    ]
    shown = f"/launcher/runs/{run}"
    for path in (shown, f"{shown}/news?after=0", "/launcher", "/launcher/agents/bob/runs"):
        page = await member.http.get(path)
        assert page.status_code == 200, path
        told.append(page.text)
    return "\n".join(told)


def test_all_kinds_that_can_tell_of_a_message_are_tried() -> None:
    [kinds, _] = get_args(Entry)
    assert {type(entry) for entry in SAYS} | {Started, TurnWritten} == set(get_args(kinds))


@pytest.mark.parametrize("where", ["dm", "topic"])
async def test_what_comes_of_a_message_is_for_those_who_may_read_it(
    team: TestTeam, runner: FakeRunner, people: dict[str, Member], where: str
) -> None:
    if where == "dm":
        message = (await people["maria"].call("send_dm", recipient="bob", content=SECRET)).id
    else:
        await people["maria"].call("create_channel", id="offers", type="topic", members=["bob"])
        message = (await people["maria"].call("send_message", channel="offers", content=SECRET)).id
    run = await runner.begin("bob")
    await runner.tell(run, Started(), TurnWritten(turn="t", message_ids=[message], text=SECRET), *SAYS[:-2])
    for told in ((), SAYS[-2:]):
        await runner.tell(run, *told)
        for name in ("maria", "mona", "owner"):
            assert SECRET in await everything(people[name], run), name
        assert SECRET not in await everything(people["nina"], run)
    shown = (await people["nina"].call("get_run_entries", run_id=run)).entries
    assert len(shown) == len(SAYS) + 2, "whoever sees less still sees that something happens, and what it costs"
    assert {"kind": "withheld"} in [each.entry for each in shown]
    events = await team.events("run.begun", "run.started", "run.changed", "run.ended", "home.changed")
    assert len(events) > 3
    assert SECRET not in repr(events), "which go to everybody"


async def test_what_comes_of_a_message_to_all_is_for_all(
    team: TestTeam, runner: FakeRunner, people: dict[str, Member]
) -> None:
    message = (await people["maria"].call("send_message", channel="general", content="@bob hello")).id
    run = await runner.begin("bob")
    await runner.tell(run, Started(), TurnWritten(turn="t", message_ids=[message]), *SAYS)
    assert SECRET in await everything(people["nina"], run)


async def test_a_turn_that_joins_a_private_one_is_as_private(
    team: TestTeam, runner: FakeRunner, people: dict[str, Member]
) -> None:
    private = (await people["maria"].call("send_dm", recipient="bob", content="hush")).id
    public = (await people["nina"].call("send_message", channel="general", content="@bob hello")).id
    run = await runner.begin("bob")
    await runner.tell(
        run,
        Started(),
        TurnWritten(turn="a", message_ids=[private]),
        TurnWritten(turn="b", message_ids=[public]),
        Said(text=SECRET),
    )
    assert SECRET not in await everything(people["nina"], run)
    assert SECRET in await everything(people["maria"], run)


async def test_one_who_reads_only_a_part_of_a_turns_messages_sees_nothing_of_it(
    team: TestTeam, runner: FakeRunner, people: dict[str, Member]
) -> None:
    ids = [
        (await people[name].call("send_dm", recipient="bob", content=f"from {name}")).id for name in ("maria", "nina")
    ]
    run = await runner.begin("bob")
    await runner.tell(run, Started(), TurnWritten(turn="a", message_ids=ids), Said(text=SECRET))
    for name, sees in {"maria": False, "nina": False, "mona": True}.items():
        assert (SECRET in await everything(people[name], run)) is sees, name


async def test_last_words_of_a_private_turn_do_not_outlive_it(
    team: TestTeam, runner: FakeRunner, people: dict[str, Member]
) -> None:
    private = (await people["maria"].call("send_dm", recipient="bob", content="hush")).id
    run = await runner.begin("bob")
    over = TurnOver(outcome="done")
    await runner.tell(run, Started(), TurnWritten(turn="a", message_ids=[private]), Said(text=SECRET), over)
    await runner.tell(run, TurnWritten(turn="b", text="go on"))
    assert SECRET not in await everything(people["nina"], run)
    await runner.tell(run, Said(text="in public"))
    shown: Any = await people["nina"].call("get_run", run_id=run)
    assert shown.last_words == "in public"


async def test_the_last_output_of_a_run_is_for_those_who_may_read_all_of_its_turns(
    team: TestTeam, runner: FakeRunner, people: dict[str, Member]
) -> None:
    private = (await people["maria"].call("send_dm", recipient="bob", content="hush")).id
    run = await runner.begin("bob")
    over, crash = TurnOver(outcome="done"), ENDED_MUTE(code=3)
    await runner.tell(run, Started(), TurnWritten(turn="a", message_ids=[private]), over)
    await runner.tell(
        run, TurnWritten(turn="b"), Ended(reason="crashed", detail=crash, exit_code=3, last_output=SECRET)
    )
    assert SECRET in await everything(people["maria"], run)
    assert SECRET not in await everything(people["nina"], run)
    assert SECRET not in repr(await people["nina"].call("get_agents"))
    shown: Any = await people["nina"].call("get_run", run_id=run)
    assert shown.detail == crash, "why it has ended is for all"


async def test_the_last_line_of_a_public_run_is_said_with_its_end(
    team: TestTeam, runner: FakeRunner, people: dict[str, Member]
) -> None:
    run = await runner.begin("bob")
    mute = SIGNALLED_MUTE(number=9)
    await runner.tell(run, Started(), Ended(reason="crashed", detail=mute, exit_code=-9, last_output="first\nOh no\n"))
    shown: Any = await people["nina"].call("get_run", run_id=run)
    assert shown.detail == SIGNALLED(number=9, said="Oh no")


async def test_a_run_that_was_given_up_for_lost_in_a_private_turn_is_as_private_afterwards(
    team: TestTeam, runner: FakeRunner, people: dict[str, Member]
) -> None:
    private = (await people["maria"].call("send_dm", recipient="bob", content="hush")).id
    public = (await people["nina"].call("send_message", channel="general", content="@bob hello")).id
    run = await runner.begin("bob")
    await runner.tell(run, Started(), TurnWritten(turn="a", message_ids=[private]))
    for runner.live in ([], [run]):
        async with runner.connected():
            pass
    async with runner.connected():
        await runner.tell(run, TurnWritten(turn="b", message_ids=[public]), Said(text=SECRET))
    assert SECRET not in await everything(people["nina"], run)
