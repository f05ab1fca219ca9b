"""Handing over as a state machine: whatever dies on the way, each message arrives or waits, and then is no news."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from hypothesis import HealthCheck
from hypothesis import settings as profile
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

import teammcp.mcp.server  # noqa: F401 - else a thread imports it while hypothesis moves the limit of recursion
from teammcp import operations
from teammcp.config import Settings
from teammcp.members.readers import Line, Reader, Signs
from teammcp.operations import Context
from teammcp.surfaces.reader_headers import answering, take_signs
from teammcp.testing import MovedClock, TestTeam, serve

EXAMPLES = itertools.count()
PROGRAMS = itertools.count(1)
Kind = Literal["session", "hooks", "command", "plain"]
KINDS: tuple[Kind, ...] = ("session", "hooks", "command", "plain")
Fate = Literal["read", "cut", "noticed", "late"]
FATES: tuple[Fate, ...] = ("read", "cut", "noticed", "late")
"""The program reads the answer; it is cut off; nobody is there while it is made; the program gives up behind it."""


@dataclass
class Program:
    """A program of bob's, as it is itself: what it has read, and what it has given a sign of."""

    kind: Kind
    name: str
    line: Line = field(default_factory=Line.watched)
    calls: int = 0
    shown: list[int] = field(default_factory=list)
    unconfirmed: set[int] = field(default_factory=set)
    confirmed: set[int] = field(default_factory=set)

    def reader(self) -> Reader:
        self.calls += 1
        reader = Reader(self.name, self.line, calls=(str(self.calls),))
        reader.program = self.kind != "plain"
        reader.tells, reader.confirms = self.kind == "session", self.kind == "command"
        return reader


class HandingMachine(RuleBasedStateMachine):
    """Alice writes; programs of bob's ask for what is new, read the answers or lose them, and die."""

    def __init__(self, runner: asyncio.Runner, app: Any, clock: MovedClock) -> None:
        super().__init__()
        self.runner = runner
        self.server = app.server
        self.clock = clock
        self.programs = [Program(kind, f"{kind}:{next(PROGRAMS)}") for kind in KINDS]
        self.dead: list[Program] = []
        self.sent: list[int] = []
        runner.run(self._furnish(app))

    async def _furnish(self, app: Any) -> None:
        name = f"example-{next(EXAMPLES)}"
        await self.server.create_team(name)
        self.team = TestTeam(app, self.server, name)
        await self.team.register_owner()
        self.alice, self.bob = await self.team.agent("alice"), await self.team.agent("bob")

    async def _clear(self) -> None:
        await self.team.close()
        await self.server.settle()
        await self.server.delete_team(self.team.name)

    def _one(self, place: int) -> Program:
        return self.programs[place % len(self.programs)]

    async def _call(self, program: Program, fate: Fate, name: str, **arguments: Any) -> Any:
        """One call, as a surface makes it; nobody is there for the answer if the server has noticed that."""
        context = replace(self._context(), reader=program.reader())
        if program.kind != "command":
            program.confirmed |= program.unconfirmed
            program.unconfirmed = set()
        try:
            async with answering(context):
                await take_signs(context, {})
                result = await operations.call(context, name, arguments)
                if fate == "noticed":
                    raise ConnectionError
        except ConnectionError:
            result = None
        await self.server.settle()
        return result

    def _context(self) -> Context:
        return operations.enter(self.server, self.bob.key, "rest", "127.0.0.1")

    # -- what happens --------------------------------------------------------------------------------------------------

    @rule()
    def send(self) -> None:
        self.sent.append(self.runner.run(self.alice.call("send_dm", recipient="bob", content="look")).id)

    @precondition(lambda self: len(self.programs) < 4)
    @rule(kind=st.sampled_from(KINDS))
    def begin(self, kind: Kind) -> None:
        self.programs.append(Program(kind, f"{kind}:{next(PROGRAMS)}"))

    @precondition(lambda self: self.programs)
    @rule(
        place=st.integers(0, 3),
        fate=st.sampled_from(FATES),
        limit=st.integers(1, 3),
    )
    def ask(self, place: int, fate: Fate, limit: int) -> None:
        program = self._one(place)
        self.send()  # so that there is something to lose
        found = self.runner.run(self._call(program, fate, "take_new_messages", limit=limit))
        if found is None:
            assert fate == "noticed"
        elif fate == "read":
            ids = [message.id for message in found.messages]
            assert not program.confirmed & set(ids), "shown again what it had confirmed"
            program.shown += ids
            program.unconfirmed |= set(ids)
            if program.kind == "command":
                self.runner.run(self._call(program, "read", "confirm_messages", message_ids=ids or [1]))
                program.confirmed |= set(ids)
            return
        self.runner.run(self._lose(program, told=fate == "late"))
        self.runner.run(self._call(program, "read", "get_me"))  # it goes on all the same

    async def _lose(self, program: Program, *, told: bool) -> None:
        """The program gives the answer up and closes the connection; one that tells says so as well."""
        if program.kind == "session" or told:
            self.team.team.signs.given_up(self._context(), program.name, str(program.calls))
        program.line.end(broken=program.kind == "session")
        self._reconnect(program)
        await self.server.settle()

    @precondition(lambda self: self.programs)
    @rule(place=st.integers(0, 3), line=st.booleans())
    def work(self, place: int, line: bool) -> None:
        """Another call, perhaps on another connection while the last one is kept."""
        program = self._one(place)
        if line:
            self._reconnect(program)
        self.runner.run(self._call(program, "read", "get_me"))

    @staticmethod
    def _reconnect(program: Program) -> None:
        program.line = Line.watched()
        if program.kind == "plain":  # then it is known by nothing
            program.unconfirmed = set()

    @precondition(lambda self: self.programs)
    @rule(place=st.integers(0, 3))
    def die(self, place: int) -> None:
        program = self._one(place)
        self.programs.remove(program)
        self.dead.append(program)

    @rule(seconds=st.sampled_from([0.3, 3, 31]))
    def pass_time(self, seconds: float) -> None:
        self.clock.advance(seconds=seconds)

    @rule()
    def restart(self) -> None:
        self.clock.advance(seconds=1)
        self.team.team.signs, self.team.team.opened_at = Signs(), self.clock.now()
        for program in self.programs:
            self._reconnect(program)
            program.unconfirmed = set()

    # -- what holds ----------------------------------------------------------------------------------------------------

    def _arrived(self) -> set[int]:
        rows = self.runner.run(
            self.team.team.database.read(
                lambda reader: reader.all("SELECT message_id FROM deliveries WHERE agent = 'bob' AND offered_at > 0")
            )
        )
        return {row["message_id"] for row in rows}

    @invariant()
    def nothing_has_arrived_that_nobody_has(self) -> None:
        had = {message for program in self.programs + self.dead for message in program.shown}
        assert self._arrived() <= had

    @invariant()
    def no_program_is_shown_the_same_more_than_twice(self) -> None:
        for program in self.programs + self.dead:
            assert all(program.shown.count(message) <= 2 for message in program.shown)

    def teardown(self) -> None:
        self.clock.advance(minutes=10)
        last = Program("session", "session:last")
        for _ in range(len(self.sent) + 2):
            found = self.runner.run(self._call(last, "read", "take_new_messages", limit=50))
            last.shown += [message.id for message in found.messages]
        had = {message for program in [*self.programs, *self.dead, last] for message in program.shown}
        assert had == set(self.sent), "lost"
        assert self._arrived() == set(self.sent), "neither arrived nor waiting"
        self.runner.run(self._clear())


def test_a_message_arrives_or_waits_whatever_dies_on_the_way(settings: Settings, clock: MovedClock) -> None:
    with asyncio.Runner() as runner:
        serving = serve(settings, clock)
        app = runner.run(serving.__aenter__())
        try:
            run_state_machine_as_test(
                lambda: HandingMachine(runner, app, clock),
                settings=profile(
                    max_examples=60,
                    stateful_step_count=30,
                    deadline=None,
                    suppress_health_check=[HealthCheck.too_slow],
                ),
            )
        finally:
            runner.run(serving.__aexit__(None, None, None))
