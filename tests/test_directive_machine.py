"""The life of directives as a state machine: whoever dies or comes late, each ends once, and is its worker's."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

from hypothesis import HealthCheck
from hypothesis import settings as profile
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

import teammcp.mcp.server  # noqa: F401 - else a thread imports it while hypothesis moves the limit of recursion
from teammcp.config import Settings
from teammcp.errors import NotFound
from teammcp.features.directives.directives.operations.expiry import reap
from teammcp.testing import MovedClock, TestTeam, serve

NAMES = ("ann", "bob", "cat")
CLOSED = {"done", "failed", "cancelled", "expired"}
LEASE = 30
EXAMPLES = itertools.count()

who = st.sampled_from(NAMES)
number = st.integers(0, 20)
Row = dict[str, Any]


class DirectiveMachine(RuleBasedStateMachine):
    """Members of one team, what they were told, and how many messages there should be, against the database."""

    def __init__(self, runner: asyncio.Runner, app: Any, clock: MovedClock) -> None:
        super().__init__()
        self.runner = runner
        self.server = app.server
        self.clock = clock
        self.rows: dict[int, Row] = {}
        self.tokens: list[tuple[str, int, int]] = []
        """Everything that was ever handed out: worker, directive, token."""
        self.last_call: dict[str, int] = {}
        runner.run(self._furnish(app))

    async def _furnish(self, app: Any) -> None:
        """A team of this example's own."""
        name = f"example-{next(EXAMPLES)}"
        await self.server.create_team(name)
        self.team = TestTeam(app, self.server, name)
        await self.team.register_owner()
        self.members = {name: await self.team.agent(name) for name in NAMES}
        self.members["owner"] = self.team.owner

    async def _clear(self) -> None:
        await self.team.close()
        await self.server.settle()
        await self.server.delete_team(self.team.name)

    def _call(self, name: str, operation: str, **arguments: Any) -> Any:
        self.last_call[name] = self.clock.now()
        return self.runner.run(self.members[name].call(operation, **arguments))

    def _one(self, place: int) -> Row:
        return self.rows[sorted(self.rows)[place % len(self.rows)]]

    def _look(self) -> None:
        rows = self.runner.run(self.team.team.database.read(lambda reader: reader.all("SELECT * FROM directives")))
        self.rows = {row["id"]: dict(row) for row in rows}

    def _sees(self, name: str, row: Row) -> bool:
        return name == "owner" or name in (row["issuer"], row["worker"])

    def _alive_until(self, row: Row) -> int:
        return max(row["lease_expires_at"], self.last_call[row["worker"]] + LEASE * 1000)

    # -- what members do -----------------------------------------------------------------------------------------------

    @rule(issuer=who, worker=who, expires=st.sampled_from([None, None, 20, 60]), attempts=st.integers(1, 3))
    def send(self, issuer: str, worker: str, expires: int | None, attempts: int) -> None:
        if issuer == worker:
            return
        sent = self._call(
            issuer,
            "send_directive",
            to_agent=worker,
            instruction="count",
            expires_in=expires,
            max_attempts=attempts,
            lease_seconds=LEASE,
        )
        assert sent.directive.id > max(self.rows, default=0)

    @precondition(lambda self: self.rows)
    @rule(name=who, place=number)
    def claim(self, name: str, place: int) -> None:
        row = self._one(place)
        try:
            claim = self._call(name, "claim_directive", directive_id=row["id"])
        except NotFound:
            assert not self._sees(name, row)
            return
        lapsed = row["status"] == "pending" and row["expires_at"] is not None and row["expires_at"] <= self.clock.now()
        if name != row["worker"]:
            assert claim.reason == "not_yours"
        elif lapsed:
            assert claim.reason == "expired"
        elif row["status"] in CLOSED:
            assert claim.reason == row["status"]
        else:
            assert claim.ok
            assert claim.fencing_token == row["fencing_token"] + (row["status"] == "pending")
            self.tokens.append((name, row["id"], claim.fencing_token))
        assert claim.ok == (claim.reason is None)

    @precondition(lambda self: self.tokens)
    @rule(place=number, status=st.sampled_from(["done", "failed"]), thief=st.none() | who)
    def report(self, place: int, status: str, thief: str | None) -> None:
        name, directive, token = self.tokens[-1 - place % len(self.tokens)]
        row, name = self.rows[directive], thief or name
        arguments = {"directive_id": directive, "fencing_token": token, "status": status, "result": f"by {name}"}
        try:
            answer = self._call(name, "report_directive", **arguments)
        except NotFound:
            assert not self._sees(name, row)
            return
        self._look()
        assert answer.ok == ((row["lease_agent"], row["fencing_token"]) == (name, token))
        if answer.ok:
            assert (self.rows[directive]["status"], self.rows[directive]["closed_by"]) == (status, name)
        else:
            assert answer.reason is not None
            assert self.rows[directive] == row

    @precondition(lambda self: self.rows)
    @rule(name=st.sampled_from([*NAMES, "owner"]), place=number)
    def cancel(self, name: str, place: int) -> None:
        row = self._one(place)
        try:
            answer = self._call(name, "cancel_directive", directive_id=row["id"])
        except NotFound:
            assert not self._sees(name, row)
            return
        assert answer.ok == (name in (row["issuer"], "owner") and row["status"] not in CLOSED)

    @rule(name=who)
    def beat(self, name: str) -> None:
        self._call(name, "heartbeat")

    @rule(seconds=st.sampled_from([1, 10, 20, 29, 30, 31, 60]))
    def wait(self, seconds: int) -> None:
        """Time passes, and the reaper comes."""
        before = self.rows
        self.clock.advance(seconds=seconds)
        self.runner.run(reap(self.team.team))
        self._look()
        now = self.clock.now()
        for directive, old in before.items():
            new = self.rows[directive]
            if old["status"] == "pending":
                lapsed = old["expires_at"] is not None and old["expires_at"] <= now
                assert new["status"] == ("expired" if lapsed else "pending")
            elif old["status"] == "running":
                over = self._alive_until(old) <= now
                last = old["attempts"] + 1 == old["max_attempts"]
                expected = ("failed" if last else "pending") if over else "running"
                assert (new["status"], new["attempts"]) == (expected, old["attempts"] + over)
            else:
                assert new == old

    # -- what always holds ---------------------------------------------------------------------------------------------

    @invariant()
    def each_is_its_workers_and_ends_once(self) -> None:
        old = self.rows
        self._look()
        assert set(old) <= set(self.rows)
        for directive, row in self.rows.items():
            before = old.get(directive, row)
            assert row["fencing_token"] >= before["fencing_token"]
            assert before["status"] not in CLOSED or row == before
            assert (row["closed_at"] is not None) == (row["status"] in CLOSED)
            leased = row["lease_agent"] is not None
            assert leased == (row["lease_expires_at"] is not None) == (row["status"] == "running")
            assert not leased or row["lease_agent"] == row["worker"]
            assert row["attempts"] <= row["max_attempts"]

    @invariant()
    def its_end_was_told_once(self) -> None:
        events = self.runner.run(self.team.events())
        for directive, row in self.rows.items():
            mine = [event for event in events if event.kind.startswith("directive.")]
            kinds = [event.kind.split(".")[1] for event in mine if event.subject == str(directive)]
            assert kinds[0] == "sent"
            assert [kind for kind in kinds if kind in CLOSED] == ([row["status"]] if row["status"] in CLOSED else [])
            assert kinds.count("claimed") == row["fencing_token"]

    def teardown(self) -> None:
        self.runner.run(self._clear())


def test_no_sequence_of_steps_loses_or_doubles_a_directive(settings: Settings) -> None:
    clock = MovedClock()
    with asyncio.Runner() as runner:
        running = serve(settings, clock)
        app = runner.run(running.__aenter__())
        try:
            run_state_machine_as_test(
                lambda: DirectiveMachine(runner, app, clock),
                settings=profile(
                    max_examples=12, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
                ),
            )
        finally:
            runner.run(running.__aexit__(None, None, None))
