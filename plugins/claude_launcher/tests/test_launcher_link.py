"""The link between runner and server: greeted, reported until stored, made again when cut, exactly once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pydantic import BaseModel
from teammcp_claude_launcher.entries import Ended, EndReason, Said, State
from teammcp_claude_launcher.protocol import (
    FROM_RUNNER,
    Answer,
    Ask,
    Begin,
    Found,
    Hello,
    Interrupt,
    Orders,
    Question,
    Report,
    Settled,
    Stored,
    Welcome,
)
from teammcp_claude_launcher.runner.enrolments import Enrolment
from teammcp_claude_launcher.runner.host import Refusal, Unconnected
from teammcp_claude_launcher.runner.identity import Identity
from teammcp_claude_launcher.runner.journal import Journal
from teammcp_claude_launcher.runner.link import ANSWER_SECONDS, LONGEST_PAUSE, Link
from teammcp_claude_launcher.runner.programs import Programs
from teammcp_claude_launcher.runner.store import open_store
from teammcp_claude_launcher.runner.transport import Cut, Wire, closed
from teammcp_claude_launcher.runner.turned_away import Copied, Revoked
from teammcp_claude_launcher.runtimes.command import CommandRuntime

from teammcp import NotFound, Runtime

ENROLMENT = Enrolment(url="http://server", team="default", machine="box", key="secret")
HERE = Identity("here", "/runner on box")
ORDERS = Orders(team="default", homes=[], at_once=3, gone_seconds=None)


class ServersEnd:
    """One connection, as the server has it. Nothing is on the way: what was sent is there."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[Any] = asyncio.Queue()
        self._said: asyncio.Queue[str | Exception] = asyncio.Queue()
        self.over = False

    async def hear(self) -> Any:
        async with asyncio.timeout(5):
            return FROM_RUNNER.validate_json(await self.heard.get())

    def say(self, frame: BaseModel) -> None:
        self._said.put_nowait(frame.model_dump_json())

    def end(self, error: Exception | None = None) -> None:
        self.over = True
        self._said.put_nowait(error or Cut("the cable was pulled"))

    async def greet(self, stored: int = 0) -> Hello:
        """Hear the greeting, and answer it."""
        hello = await self.hear()
        assert isinstance(hello, Hello)
        self.say(Welcome(stored=stored))
        return hello

    async def settle(self, stored: int = 0) -> Settled:
        """Take every report until the runner has told all, and give orders."""
        await self.greet(stored)
        while True:
            frame = await self.hear()
            if isinstance(frame, Settled):
                self.say(ORDERS)
                return frame
            assert isinstance(frame, Report)
            self.say(Stored(seq=frame.entries[-1].seq))

    # -- the runner's end --------------------------------------------------------------------------------------------

    async def send(self, message: str | bytes) -> None:
        if self.over:
            raise Cut("the cable was pulled")
        self.heard.put_nowait(message)

    async def receive(self) -> str | bytes:
        said = await self._said.get()
        if isinstance(said, Exception):
            raise said
        return said


class FakeServer:
    """`Transport` to a server that is a script of the test."""

    def __init__(self) -> None:
        self.away = False
        self.revoked = False
        self._made: asyncio.Queue[ServersEnd] = asyncio.Queue()

    async def connection(self) -> ServersEnd:
        async with asyncio.timeout(5):
            return await self._made.get()

    @asynccontextmanager
    async def connect(self, enrolment: Enrolment) -> AsyncIterator[Wire]:
        if self.revoked:
            raise Revoked
        if self.away:
            raise Cut("no connection")
        end = ServersEnd()
        self._made.put_nowait(end)
        yield end

    def client(self, url: str, key: str) -> httpx2.AsyncClient:
        raise NotImplementedError


class FakeKeepers:
    """Agents that a test plays itself."""

    def __init__(self) -> None:
        self.live: list[int] = []
        self.orders: asyncio.Queue[Orders] = asyncio.Queue()
        self.cut = 0
        self.answers: Callable[[Question], Awaitable[dict[str, Any]]]

    async def reconcile(self) -> None: ...

    def apply(self, orders: Orders) -> None:
        self.orders.put_nowait(orders)

    def live_runs(self) -> list[int]:
        return [*self.live]

    async def answer(self, question: Question) -> dict[str, Any]:
        return await self.answers(question)

    def disconnected(self) -> None:
        self.cut += 1

    async def end_all(self, reason: EndReason, detail: str) -> None: ...


class QuickClock:
    """Time in which nobody waits, but everybody lets the others go on."""

    def __init__(self) -> None:
        self.slept: asyncio.Queue[float] = asyncio.Queue(maxsize=100)

    def now(self) -> int:
        return 1_000

    def passed(self) -> float:
        return 0.0

    async def sleep(self, seconds: float) -> None:
        await self.slept.put(seconds)


class Bench:
    """A link, and all that is around it."""

    def __init__(self, journal: Journal) -> None:
        self.server = FakeServer()
        self.keepers = FakeKeepers()
        self.journal = journal
        self.clock = QuickClock()
        self.runtimes: dict[str, Runtime] = {}
        self.programs = Programs(self.runtimes, self.clock)
        self.granted: set[int] = set()
        self.link = Link(ENROLMENT, self.server, journal, self.programs, self.clock, HERE, "test")
        self.link.attach(self.keepers, lambda _: None, self.granted)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    store = await open_store(tmp_path, durable=False)
    bench = Bench(await Journal.open(store, "secret", lambda: 1_000))
    keeping = asyncio.create_task(bench.journal.keep())
    running = asyncio.create_task(bench.link.run())
    yield bench
    for task in (running, keeping):
        task.cancel()
    await asyncio.gather(running, keeping, return_exceptions=True)
    await bench.link.close()
    await store.close()


def texts(*reports: Report) -> list[str]:
    return [line.entry.text for report in reports for line in report.entries if isinstance(line.entry, Said)]


async def test_it_greets_with_its_journal_and_its_programs(bench: Bench) -> None:
    hello = await (await bench.server.connection()).greet()
    assert (hello.journal, hello.platform, hello.runtimes) == (bench.journal.id, "test", [])
    assert (hello.installation, hello.place) == ("here", "/runner on box")


async def test_all_that_is_not_stored_is_reported_before_it_says_that_it_has_settled(bench: Bench) -> None:
    server = await bench.server.connection()
    for text in "abc":
        bench.journal.append(1, Said(text=text))
    bench.keepers.live = [1]
    await server.greet()
    report = await server.hear()
    assert texts(report) == ["a", "b", "c"]
    assert server.heard.empty()
    server.say(Stored(seq=3))
    settled = await server.hear()
    assert settled == Settled(runs=[1])


async def test_a_run_that_ends_while_the_rest_is_reported_still_counts_as_one_that_lives(bench: Bench) -> None:
    """Its end is reported later, with its reason. It must not be taken for one that nobody knows of."""
    server = await bench.server.connection()
    bench.journal.append(1, State(state="starting"))
    bench.keepers.live = [1]
    await server.greet()
    await server.hear()
    bench.keepers.live = []
    bench.journal.append(1, Ended(reason="asleep"))
    server.say(Stored(seq=1))
    assert await server.hear() == Settled(runs=[1])
    report = await server.hear()
    assert [line.entry.kind for line in report.entries] == ["ended"]


async def test_a_run_that_was_just_granted_lives(bench: Bench) -> None:
    bench.granted.add(9)
    assert (await (await bench.server.connection()).settle()).runs == [9]


async def test_what_was_not_said_to_be_stored_is_reported_again_over_a_new_connection(bench: Bench) -> None:
    server = await bench.server.connection()
    await server.settle()
    bench.journal.append(1, Said(text="a"))
    assert texts(await server.hear()) == ["a"]
    server.end()
    server = await bench.server.connection()
    await server.greet(stored=0)
    assert texts(await server.hear()) == ["a"]


async def test_what_the_server_has_is_not_reported_again_even_if_it_could_not_say_so(bench: Bench) -> None:
    server = await bench.server.connection()
    await server.settle()
    bench.journal.append(1, Said(text="a"))
    await server.hear()
    server.end()
    server = await bench.server.connection()
    await server.greet(stored=1)
    assert isinstance(await server.hear(), Settled)


async def test_a_server_that_has_lost_its_last_data_is_told_again(bench: Bench) -> None:
    server = await bench.server.connection()
    await server.settle()
    for text in "ab":
        bench.journal.append(1, Said(text=text))
        await server.hear()
        server.say(Stored(seq=bench.journal.last))
    server.end()
    server = await bench.server.connection()
    await server.greet(stored=1)
    assert texts(await server.hear()) == ["b"]


async def test_it_tries_again_later_and_later_while_the_server_is_away(bench: Bench) -> None:
    bench.server.away = True
    (await bench.server.connection()).end()
    pauses = [await bench.clock.slept.get() for _ in range(9)]
    longest = [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 15, 15]
    assert all(0.5 * most <= pause <= most for pause, most in zip(pauses, longest, strict=True))
    bench.server.away = False
    await (await bench.server.connection()).settle()


async def test_it_comes_back_late_where_it_was_turned_away(bench: Bench) -> None:
    (await bench.server.connection()).end(closed(4409, "another runner was here a moment ago"))
    assert await bench.clock.slept.get() >= LONGEST_PAUSE / 2


async def test_a_revoked_key_ends_it(bench: Bench) -> None:
    server = await bench.server.connection()
    await server.settle()
    server.end(Revoked())
    link = Link(ENROLMENT, bench.server, bench.journal, bench.programs, bench.clock, HERE, "test")
    link.attach(bench.keepers, lambda _: None, bench.granted)
    bench.server.revoked = True
    with pytest.raises(Revoked):
        await link.run()


async def test_a_runner_whose_key_another_one_works_with_ends_and_says_where_that_is(bench: Bench) -> None:
    server = FakeServer()
    link = Link(ENROLMENT, server, bench.journal, bench.programs, bench.clock, HERE, "test")
    link.attach(bench.keepers, lambda _: None, bench.granted)
    running = asyncio.create_task(link.run())
    (await server.connection()).end(closed(4410, "/runner on desk"))
    with pytest.raises(Copied) as copied:
        await running
    assert "/runner on desk" in copied.value.detail


async def test_nothing_can_be_asked_before_all_is_settled(bench: Bench) -> None:
    server = await bench.server.connection()
    await server.greet()
    with pytest.raises(Unconnected):
        await bench.link.ask(Interrupt(agent="a"))


async def connected(bench: Bench) -> ServersEnd:
    server = await bench.server.connection()
    await server.settle()
    await bench.link.wait_connected()
    return server


async def test_orders_reach_the_keepers(bench: Bench) -> None:
    server = await connected(bench)
    assert await bench.keepers.orders.get() == ORDERS
    changed = ORDERS.model_copy(update={"paused": "lunch"})
    server.say(changed)
    assert await bench.keepers.orders.get() == changed


async def test_a_question_gets_its_answer(bench: Bench) -> None:
    server = await connected(bench)
    questions = [Begin(agent=name, cause="message", request=name, resumes=False) for name in "ab"]
    asked = [asyncio.create_task(bench.link.ask(question)) for question in questions]
    first, second = await server.hear(), await server.hear()
    server.say(Answer(id=second.id, data={"run": 2}))
    server.say(Answer(id=first.id, error="paused", detail="All agents are paused."))
    assert await asked[1] == {"run": 2}
    with pytest.raises(Refusal, match="All agents are paused"):
        await asked[0]


async def test_the_server_knows_what_happened_before_it_is_asked(bench: Bench) -> None:
    """Asked for the next run, it would else take the last one, whose end is on its way, for lost."""
    server = await connected(bench)
    bench.journal.append(1, Ended(reason="crashed"))
    asked = asyncio.create_task(bench.link.ask(Begin(agent="a", cause="restart", request="r", resumes=True)))
    report = await server.hear()
    assert isinstance(report, Report)
    assert server.heard.empty()
    server.say(Stored(seq=1))
    ask = await server.hear()
    server.say(Answer(id=ask.id, data={"run": 2}))
    assert await asked == {"run": 2}


async def test_a_question_that_is_cut_off_has_no_answer(bench: Bench) -> None:
    server = await connected(bench)
    asked = asyncio.create_task(bench.link.ask(Interrupt(agent="a")))
    await server.hear()
    server.end()
    with pytest.raises(Unconnected):
        await asked
    assert bench.keepers.cut == 1


@pytest.mark.parametrize(
    ("error", "code"),
    [(Refusal("busy", "no"), "busy"), (NotFound("no"), "not_found"), (ValueError("secret"), "runner_failed")],
)
async def test_the_server_is_answered_whatever_becomes_of_its_question(
    bench: Bench, error: Exception, code: str
) -> None:
    async def fail(question: Question) -> dict[str, Any]:
        raise error

    bench.keepers.answers = fail
    server = await connected(bench)
    server.say(Ask(id=4, question=Interrupt(agent="a")))
    answer = await server.hear()
    assert (answer.id, answer.error) == (4, code)
    assert "secret" not in answer.detail


async def test_what_the_server_asked_is_done_even_if_it_does_not_hear_of_it(bench: Bench) -> None:
    go, done = asyncio.Event(), asyncio.Event()

    async def slow(question: Question) -> dict[str, Any]:
        await go.wait()
        done.set()
        return {}

    bench.keepers.answers = slow
    server = await connected(bench)
    server.say(Ask(id=1, question=Interrupt(agent="a")))
    await asyncio.sleep(0)
    server.end()
    await (await bench.server.connection()).settle()
    go.set()
    async with asyncio.timeout(5):
        await done.wait()


async def test_the_server_hears_of_programs_that_come_later(bench: Bench) -> None:
    server = await connected(bench)
    bench.runtimes["command"] = CommandRuntime()
    await bench.programs.look()
    found = await server.hear()
    assert isinstance(found, Found)
    assert [runtime.name for runtime in found.runtimes] == ["command"]


async def test_a_server_that_says_what_nobody_understands_is_left(bench: Bench) -> None:
    server = await connected(bench)
    server._said.put_nowait('{"kind": "dance"}')
    await bench.server.connection()
    assert "update both" in bench.link.trouble


async def test_a_server_that_does_not_take_reports_is_left(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ANSWER_SECONDS == 30
    monkeypatch.setattr("teammcp_claude_launcher.runner.link.ANSWER_SECONDS", 0.01)
    server = await connected(bench)
    bench.journal.append(1, Said(text="a"))
    await server.hear()
    await bench.server.connection()
    assert "does not take reports" in bench.link.trouble
