"""Runs: granted, reported, ended; each line of a runner's journal counts once, whatever is cut off."""

from __future__ import annotations

from collections.abc import AsyncIterator
from random import Random
from typing import Any

import pytest
from teammcp_claude_launcher.entries import (
    NO_SIGN,
    Answered,
    Asked,
    Conversation,
    Ended,
    Entry,
    Noted,
    RunState,
    Said,
    Started,
    State,
    TakenUp,
    TurnOver,
    TurnWritten,
    Used,
)
from teammcp_claude_launcher.runs import ENDS

from teammcp import AgentRun, Context, hookimpl
from teammcp.testing import Member, MovedClock, TestTeam

from .runners import FakeRunner, heard_from_server, join

TURN: list[Entry] = [
    TurnWritten(turn="t", text="go"),
    TakenUp(turn="t"),
    Said(text="Well."),
    Asked(id="q", tool="Bash"),
    Answered(id="q", allowed=False),
    Used(tokens_in=3, tokens_out=1, cost_usd=0.1),
    Conversation(id="c", resumed=True),
    TurnOver(outcome="done", answer="Done."),
]
"""What happens in a turn."""
STARTED = Started(pid=7, program="/bin/sh", version="5", folder="/home/bob")


class Witness:
    """A plugin that hears of agents' programs."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, AgentRun]] = []

    @hookimpl
    def agent_started(self, context: Context, run: AgentRun) -> None:
        self.heard.append(("started", run))

    @hookimpl
    def agent_stopped(self, context: Context, run: AgentRun) -> None:
        self.heard.append(("stopped", run))

    @hookimpl
    def agent_crashed(self, context: Context, run: AgentRun) -> None:
        self.heard.append(("crashed", run))


WITNESS = Witness()
pytestmark = pytest.mark.teammcp(install={"witness": WITNESS})


@pytest.fixture(autouse=True)
def nothing_heard() -> None:
    WITNESS.heard = []


@pytest.fixture
async def bob(team: TestTeam) -> Member:
    return await team.agent("bob")


@pytest.fixture
async def runner(team: TestTeam, bob: Member) -> AsyncIterator[FakeRunner]:
    """The runner of machine ``box``, on which bob lives, connected and settled."""
    runner = await join(team, "box")
    await live_on(team, "bob", "box")
    async with runner.connected():
        yield runner


async def live_on(team: TestTeam, agent: str, machine: str) -> None:
    await team.owner.call("start_agent", name=agent, machine=machine, runtime="command", new_key=True)


async def run_of(team: TestTeam, run: int) -> Any:
    return await team.owner.call("get_run", run_id=run)


def doing(team: TestTeam, agent: str = "bob") -> tuple[str, str]:
    status = team.team.presence.status_of(agent)
    return status.status, str(status.reason)


# -- from beginning to end -------------------------------------------------------------------------------------------


async def test_a_run_is_what_its_runner_has_reported(team: TestTeam, runner: FakeRunner) -> None:
    run = await runner.begin("bob", cause="maria")
    assert (await run_of(team, run)).state == "starting"
    await runner.tell(run, STARTED, Conversation(id="c1", resumed=False))
    assert doing(team) == ("idle", "has nothing to do")
    await runner.tell(run, TurnWritten(turn="t1", text="go"), TakenUp(turn="t1"), Said(text="Well,\nthen."))
    assert (await run_of(team, run)).state == "working"
    assert doing(team)[0] == "busy"
    await runner.tell(run, Asked(id="q", tool="Bash"))
    assert ((await run_of(team, run)).state, doing(team)) == ("waiting", ("waiting", "permission prompt: Bash"))
    await runner.tell(run, Answered(id="q", allowed=True), Used(tokens_in=10, tokens_out=2, cost_usd=0.01))
    await runner.tell(run, Used(tokens_in=1, cost_usd=0.02), TurnOver(outcome="done", answer="Done."))
    shown = await run_of(team, run)
    assert (shown.state, shown.turns, shown.tokens_in, shown.tokens_out) == ("idle", 1, 11, 2)
    assert (shown.cost_usd, shown.last_words, shown.conversation, shown.pid) == (0.03, "Done.", "c1", 7)
    await runner.tell(run, Ended(reason="asleep"))
    shown = await run_of(team, run)
    assert (shown.state, shown.reason, shown.meaning) == ("ended", "asleep", ENDS["asleep"].meaning)
    assert doing(team) == ("idle", "asleep: a message wakes it")
    told = [event.kind for event in await team.events() if event.kind.startswith("run.")]
    assert told[:3] == ["run.begun", "run.started", "run.changed"]
    assert told[-1] == "run.ended"
    assert [(what, each.id, each.agent.name, each.reason) for what, each in WITNESS.heard] == [
        ("started", run, "bob", ""),
        ("stopped", run, "bob", "asleep"),
    ]


async def test_a_crash_is_seen_with_its_code_and_what_to_do_and_holds_the_agent_in_the_end(
    team: TestTeam, runner: FakeRunner
) -> None:
    for number in range(4):
        run = await runner.begin("bob", request=f"r{number}")
        crash = Ended(reason="crashed", exit_code=3, last_output="first\nno such model")
        await runner.tell(run, STARTED, crash)
    shown = await run_of(team, run)
    assert (shown.state, shown.exit_code, shown.last_output) == ("ended", 3, "first\nno such model")
    assert shown.remedy == ENDS["crashed"].remedy
    assert doing(team)[0] == "blocked"
    home = await team.owner.call("get_agent_home", name="bob")
    assert "no such model" in home.held
    await team.server.settle()
    assert [what for what, _ in WITNESS.heard].count("crashed") == 4
    answer = await runner.ask_to_begin("bob", "r9")
    assert answer.error == "refused"
    assert "held" in answer.detail


async def test_every_end_says_what_it_means_and_what_to_do(
    team: TestTeam, runner: FakeRunner, clock: MovedClock
) -> None:
    for reason in ENDS:
        clock.advance(minutes=10)
        await live_on(team, "bob", "box")
        run = await runner.begin("bob", request=reason)
        await runner.tell(run, STARTED, Ended(reason=reason))
        shown = await run_of(team, run)
        assert (shown.reason, shown.ended_at is not None) == (reason, True)
        assert shown.meaning
        assert shown.remedy
        assert doing(team)[0] != "busy"


async def test_a_turn_that_has_failed_is_the_last_that_is_heard_of_a_run(team: TestTeam, runner: FakeRunner) -> None:
    run = await runner.begin("bob")
    turn = TurnWritten(turn="t"), TurnOver(outcome="failed", detail="exit code 3", answer="Half of it.")
    await runner.tell(run, STARTED, *turn, State(state="idle"), Ended(reason="finished"))
    assert (await run_of(team, run)).last_words == "The turn failed: exit code 3"


async def test_whatever_a_program_writes_can_be_stored(team: TestTeam, runner: FakeRunner) -> None:
    run = await runner.begin("bob")
    await runner.tell(run, STARTED, Said(text="a\x00b"), Ended(reason="crashed", last_output="\x00\x1b[31m\u2028"))
    shown = await run_of(team, run)
    assert (shown.last_words, shown.last_output) == ("a\ufffdb", "\ufffd\x1b[31m\u2028")


# -- once ------------------------------------------------------------------------------------------------------------


async def test_what_is_reported_twice_counts_once(team: TestTeam, runner: FakeRunner) -> None:
    run = await runner.begin("bob")
    runner.write(run, STARTED, TurnWritten(turn="t"), Used(tokens_in=5), Said(text="x"))
    await runner.report(runner.lines[:2])
    await runner.report(runner.lines)
    await runner.report(runner.lines[1:3])
    assert runner.stored == 4
    shown = await run_of(team, run)
    assert (shown.turns, shown.tokens_in) == (1, 5)
    entries = (await team.owner.call("get_run_entries", run_id=run)).entries
    assert [each.seq for each in entries] == [1, 2, 3, 4]


async def test_a_journal_is_reported_from_where_it_is_stored_after_a_cut(team: TestTeam, bob: Member) -> None:
    runner = await join(team, "box")
    await live_on(team, "bob", "box")
    async with runner.connected():
        run = await runner.begin("bob")
        await runner.tell(run, STARTED, TurnWritten(turn="t"))
    runner.write(run, Said(text="meanwhile"), TurnOver(outcome="done"))
    async with runner.connected():
        assert runner.stored == 4
        assert (await run_of(team, run)).last_words == "meanwhile"


@pytest.mark.parametrize("seed", range(3))
async def test_a_run_is_the_same_however_its_journal_was_cut_up_and_repeated(
    team: TestTeam, bob: Member, seed: int
) -> None:
    random = Random(seed)  # noqa: S311 - repeats itself
    story = [entry for _ in range(6) for entry in random.sample(TURN, len(TURN))]
    await team.agent("ann")
    runner = await join(team, "box")
    runs = {}
    for name in ("bob", "ann"):
        await live_on(team, name, "box")
        async with runner.connected():
            runs[name] = await runner.begin(name)
            runner.write(runs[name], STARTED, *story)
            if name == "bob":
                await runner.report()
    while runner.stored < len(runner.lines):
        async with runner.connected(settle=False):
            for _ in range(random.randint(0, 3)):
                start = random.randint(0, runner.stored)
                await runner.report(runner.lines[start : runner.stored + random.randint(1, 4)])
    async with runner.connected():
        shown = {name: await run_of(team, run) for name, run in runs.items()}
    parts = ("state", "turns", "tokens_in", "tokens_out", "cost_usd", "last_words", "conversation", "state_reason")
    one, other = ({part: getattr(shown[name], part) for part in parts} for name in ("bob", "ann"))
    assert one == other
    assert one["turns"] == 6
    kept = [await team.owner.call("get_run_entries", run_id=run) for run in runs.values()]
    assert [[each.entry for each in page.entries] for page in kept] == [[e.model_dump() for e in (STARTED, *story)]] * 2


async def test_a_journal_that_begins_anew_is_counted_anew(team: TestTeam, runner: FakeRunner) -> None:
    run = await runner.begin("bob")
    await runner.tell(run, STARTED, Said(text="a"))
    other = FakeRunner(team, "box", runner.key)
    other.journal = "journal-2"
    async with other.connected():
        assert other.stored == 0
        assert (await run_of(team, run)).reason == "lost"
        again = await other.begin("bob", request="new")
        await other.tell(again, STARTED)
        assert (await run_of(team, again)).state == "idle"


async def test_a_machine_tells_of_its_own_runs_alone(team: TestTeam, runner: FakeRunner) -> None:
    run = await runner.begin("bob")
    other = await join(team, "other")
    async with other.connected():
        await other.tell(run, STARTED, Ended(reason="crashed"))
        await other.tell(run + 100, STARTED)
    assert (await run_of(team, run)).state == "starting"


# -- one run of an agent ---------------------------------------------------------------------------------------------


async def test_the_same_request_gets_the_same_run(team: TestTeam, runner: FakeRunner) -> None:
    run = await runner.begin("bob", request="r1")
    assert await runner.begin("bob", request="r1") == run
    await runner.tell(run, STARTED, Ended(reason="stopped"))
    answer = await runner.ask_to_begin("bob", "r1")
    assert answer.error == "run_over"


async def test_a_grant_that_never_arrived_is_good_after_a_cut(team: TestTeam, runner: FakeRunner) -> None:
    run = await runner.begin("bob", request="r1")
    async with FakeRunner(team, "box", runner.key).connected() as again:
        assert (await run_of(team, run)).reason == "lost"
        assert await again.begin("bob", request="r1") == run
        shown = await run_of(team, run)
        assert (shown.state, shown.reason, shown.ended_at) == ("starting", "", None)


async def test_a_run_whose_end_comes_late_has_that_end(team: TestTeam, runner: FakeRunner) -> None:
    first = await runner.begin("bob", request="r1")
    runner.write(first, STARTED, Ended(reason="crashed", exit_code=1, detail="gone"))
    second = await runner.begin("bob", request="r2")
    assert (await run_of(team, first)).reason == "lost"
    await runner.report()
    shown = await run_of(team, first)
    assert (shown.reason, shown.exit_code, shown.detail) == ("crashed", 1, "gone")
    assert (await run_of(team, second)).state == "starting"


async def test_an_agent_that_runs_elsewhere_is_not_begun(team: TestTeam, runner: FakeRunner) -> None:
    run = await runner.begin("bob")
    other = await join(team, "other")
    await live_on(team, "bob", "other")
    async with other.connected():
        answer = await other.ask_to_begin("bob", "r2")
        assert (answer.error, "Stop it there" in answer.detail) == ("runs_elsewhere", True)
        await runner.tell(run, Ended(reason="stopped"))
        assert await other.begin("bob", request="r2") > run


# -- what nobody knows -----------------------------------------------------------------------------------------------


async def test_a_run_is_unreachable_while_its_runner_is_not_connected(
    team: TestTeam, bob: Member, clock: MovedClock
) -> None:
    runner = await join(team, "box")
    await live_on(team, "bob", "box")
    async with runner.connected():
        run = await runner.begin("bob")
        await runner.tell(run, STARTED, TurnWritten(turn="t"))
        clock.advance(seconds=5)
    await team.server.settle()
    heard = clock.now()
    clock.advance(minutes=1)
    shown = await run_of(team, run)
    assert (shown.state, shown.state_reason, shown.heard_at) == ("unreachable", "was working", heard)
    assert doing(team) == ("away", "its machine cannot be reached")
    async with runner.connected():
        assert (await run_of(team, run)).state == "working"
        assert doing(team)[0] == "busy"


async def test_one_that_sleeps_on_a_machine_that_is_gone_is_not_said_to_wake(team: TestTeam, bob: Member) -> None:
    runner = await join(team, "box")
    await live_on(team, "bob", "box")
    async with runner.connected():
        assert doing(team) == ("idle", "asleep: a message wakes it")
    await team.server.settle()
    assert doing(team) == ("away", "its machine cannot be reached")


async def test_one_that_sleeps_for_long_is_neither_away_nor_out_of_reach(
    team: TestTeam, bob: Member, clock: MovedClock
) -> None:
    runner = await join(team, "box")
    await live_on(team, "bob", "box")
    async with runner.connected():
        clock.advance(hours=9)
        team.team.presence.sweep()
        assert doing(team) == ("idle", "asleep: a message wakes it")
        assert team.team.presence.reachable("bob")
    await team.server.settle()
    assert not team.team.presence.reachable("bob")


async def test_what_a_runner_does_not_know_any_more_is_lost(team: TestTeam, bob: Member) -> None:
    runner = await join(team, "box")
    await live_on(team, "bob", "box")
    async with runner.connected():
        run = await runner.begin("bob")
        await runner.tell(run, STARTED)
    runner.live = []
    async with runner.connected():
        shown = await run_of(team, run)
        assert (shown.state, shown.reason, shown.remedy) == ("ended", "lost", ENDS["lost"].remedy)
        assert doing(team) == ("idle", "asleep: a message wakes it")


async def test_what_lives_after_all_is_lost_no_more(team: TestTeam, bob: Member) -> None:
    runner = await join(team, "box")
    await live_on(team, "bob", "box")
    async with runner.connected():
        run = await runner.begin("bob")
        await runner.tell(run, STARTED)
    live, runner.live = runner.live, []
    async with runner.connected():
        assert (await run_of(team, run)).reason == "lost"
    runner.live = live
    async with runner.connected():
        shown = await run_of(team, run)
        assert (shown.state, shown.reason, shown.ended_at) == ("idle", "", None)


async def test_a_clock_that_is_ahead_is_not_believed(team: TestTeam, runner: FakeRunner, clock: MovedClock) -> None:
    run = await runner.begin("bob")
    runner.write(run, STARTED, at=clock.now() + 3_600_000)
    runner.write(run, Ended(reason="stopped"), at=clock.now() - 3_600_000)
    await runner.report()
    shown = await run_of(team, run)
    assert (shown.started_at, shown.ended_at) == (clock.now(), clock.now())


# -- those who wait --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["starting", "working"])
async def test_who_has_written_is_told_once_that_nobody_seems_to_work_on_it(
    team: TestTeam, runner: FakeRunner, state: RunState
) -> None:
    ann = await team.agent("ann")
    sent = await ann.call("send_message", channel="dm:bob", content="Hello?")
    run = await runner.begin("bob")
    before: list[Entry] = [STARTED, TurnWritten(turn="t", message_ids=[sent.id])] if state == "working" else []
    await runner.tell(run, *before, Noted(text="no sign"), State(state=state, reason=NO_SIGN, message_ids=[sent.id]))
    await runner.report(runner.lines)
    (told,) = await heard_from_server(ann)
    assert "no sign of working" in told
    assert (await run_of(team, run)).state_reason == NO_SIGN
    assert doing(team) == ("busy", NO_SIGN)
    await runner.tell(run, TakenUp(turn="t") if state == "working" else STARTED)
    assert (await run_of(team, run)).state_reason == ""
    assert len(await heard_from_server(ann)) == 1


async def test_who_has_given_a_task_is_told_and_not_the_server_that_has_passed_it_on(
    team: TestTeam, runner: FakeRunner
) -> None:
    ann = await team.agent("ann")
    await ann.call("create_task", title="Mend the roof", assignee="bob")
    bob = await Context.inside(team.team).call("get_history", channel="dm:bob")
    run = await runner.begin("bob")
    await runner.tell(run, State(state="starting", reason=NO_SIGN, message_ids=[bob.messages[-1].id]))
    (told,) = await heard_from_server(ann)
    assert "no sign of working" in told
