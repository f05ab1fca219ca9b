"""The life of one approval as a state machine: whatever several members do, in whatever order, the rules hold."""

from __future__ import annotations

import asyncio
import itertools
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, ClassVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from teammcp_approvals.jobs import expire

from teammcp import Deferred, TeamError
from teammcp.config import load_settings
from teammcp.testing import NO_LIMITS, Member, MovedClock, TestTeam, all_plugins_but, serve

PROPOSER, OWNER_OF_FIELD = "bob", "alice"
ACTORS = st.sampled_from(["alice", "bob", "carol", "maria", "owner"])  # maria is a manager, carol nobody in particular
OPEN = {"pending", "needs_confirmation"}
LIFE = {
    "pending": {"pending", "needs_confirmation", "approved", "rejected", "cancelled", "expired"},
    "needs_confirmation": {"needs_confirmation", "pending", "cancelled", "expired"},
}


class ApprovalMachine(RuleBasedStateMachine):
    """Each run has a field of its own in one team that all runs share."""

    runner: ClassVar[asyncio.Runner]
    team: ClassVar[TestTeam]
    clock: ClassVar[MovedClock]
    members: ClassVar[dict[str, Member]]
    numbers: ClassVar[itertools.count[int]] = itertools.count()

    @initialize()
    def begin(self) -> None:
        self.field = f"field-{next(self.numbers)}"
        self.version = self.done("alice", "set_state", field=self.field, value="first").version
        self.value = "first"
        self.base = 0
        self.approval: int | None = None
        self.status = ""
        self.asked = {"alice"}
        self.made = 0

    @property
    def deciders(self) -> set[str]:
        """Who may decide: who is asked, and an owner of the team."""
        return self.asked | {"owner"}

    def done(self, actor: str, operation: str, **arguments: Any) -> Any:
        return self.runner.run(self.members[actor].call(operation, **arguments))

    def tried(self, actor: str, operation: str, **arguments: Any) -> Any:
        """The result, or the code of the error."""
        try:
            return self.done(actor, operation, **arguments)
        except TeamError as error:
            return error.code

    def look(self) -> Any:
        return self.done("bob", "get_approval", approval_id=self.approval)

    # -- what members do ---------------------------------------------------------------------------------------------

    @rule()
    def propose(self) -> None:
        deferred = self.done("bob", "set_state", field=self.field, value="his")
        assert isinstance(deferred, Deferred)
        number = deferred.result["approval_id"]
        if self.status in OPEN:
            assert number == self.approval
        else:
            assert number != self.approval
            self.asked = {"alice"}
        if number != self.approval or self.base != self.version or self.status == "needs_confirmation":
            self.asked = {"alice"}
        self.approval, self.status, self.base = number, "pending", self.version

    @precondition(lambda self: self.approval is not None)
    @rule(actor=ACTORS, approved=st.booleans())
    def resolve(self, actor: str, approved: bool) -> None:
        outcome = self.tried(actor, "resolve_approval", approval_id=self.approval, approved=approved)
        if actor not in self.deciders:
            assert outcome in {"not_an_approver", "own_proposal"}
        elif self.status != "pending":
            assert outcome in {"already_resolved", "needs_confirmation"}
        elif not approved:
            assert outcome.approval_status == "rejected"
            self.status = "rejected"
        elif self.base != self.version:
            assert outcome.approval_status == "needs_confirmation"
            self.status = "needs_confirmation"
        else:
            assert (outcome.approval_status, outcome.version) == ("approved", self.version + 1)
            self.status, self.version, self.value = "approved", self.version + 1, "his"
            self.made += 1

    @precondition(lambda self: self.approval is not None)
    @rule(actors=st.lists(ACTORS, min_size=2, max_size=4))
    def resolve_at_once(self, actors: list[str]) -> None:
        async def together() -> list[Any]:
            calls = [
                self.members[actor].call("resolve_approval", approval_id=self.approval, approved=True)
                for actor in actors
            ]
            return await asyncio.gather(*calls, return_exceptions=True)

        found = self.runner.run(together())
        won = [each for each in found if not isinstance(each, TeamError)]
        assert len(won) == (self.status == "pending" and not self.deciders.isdisjoint(actors))
        if won:
            self.status = won[0].approval_status
            assert self.status == ("approved" if self.base == self.version else "needs_confirmation")
            if self.status == "approved":
                self.version, self.value = self.version + 1, "his"
                self.made += 1

    @rule(actor=st.sampled_from(["alice", "maria", "owner"]))
    def write(self, actor: str) -> None:
        self.value = f"{actor} {self.version}"
        self.version = self.done(actor, "set_state", field=self.field, value=self.value).version

    @precondition(lambda self: self.approval is not None)
    @rule(actor=ACTORS)
    def cancel(self, actor: str) -> None:
        outcome = self.tried(actor, "cancel_approval", approval_id=self.approval)
        if actor not in {"bob", "owner"}:
            assert outcome == "not_proposer"
        elif self.status not in OPEN:
            assert outcome == "already_resolved"
        else:
            self.status = "cancelled"

    @precondition(lambda self: self.approval is not None)
    @rule(actor=ACTORS)
    def confirm(self, actor: str) -> None:
        outcome = self.tried(actor, "confirm_approval", approval_id=self.approval)
        if actor != "bob":
            assert outcome == "not_proposer"
        elif self.status != "needs_confirmation":
            assert outcome == "conflict"
        else:
            self.status, self.base, self.asked = "pending", self.version, {"alice"}

    @precondition(lambda self: self.approval is not None)
    @rule(actor=ACTORS, to=ACTORS)
    def delegate(self, actor: str, to: str) -> None:
        outcome = self.tried(actor, "delegate_approval", approval_id=self.approval, to=to)
        if isinstance(outcome, str):
            assert actor == to or to == "bob" or actor not in {"alice", "owner"} or self.status not in OPEN
        else:
            self.asked = self.asked | {to}

    @rule()
    def let_it_expire(self) -> None:
        self.clock.advance(days=8)
        self.runner.run(expire(self.team.team))
        if self.status in OPEN:
            self.status = "expired"

    # -- what always holds -------------------------------------------------------------------------------------------

    @invariant()
    def the_field_is_what_was_agreed(self) -> None:
        if not hasattr(self, "field"):
            return
        found = self.done("alice", "get_state", field=self.field).root
        assert (found.value, found.version, found.owner) == (self.value, self.version, "alice")

    @invariant()
    def the_approval_is_where_it_should_be(self) -> None:
        if getattr(self, "approval", None) is None:
            return
        found = self.look()
        assert found.status == self.status
        assert (found.closed_at is None) == (self.status in OPEN)
        if self.status == "approved":
            assert any(each.approved and each.agent != "bob" for each in found.decisions)
        for name, member in self.members.items():
            waiting = [each.approval_id for each in self.runner.run(member.call("get_pending_approvals")).root]
            assert (self.approval in waiting) == (self.status == "pending" and name in self.asked)

    def teardown(self) -> None:
        if not hasattr(self, "field"):
            return
        history = self.done("alice", "get_state_history", field=self.field, limit=200).root
        granted = [each.grant for each in history if each.changed_by == "bob"]
        assert len(granted) == len(set(granted)) == self.made
        assert None not in granted


class TestApproval(ApprovalMachine.TestCase):  # type: ignore[valid-type, misc]
    """The machine, with a team to run in."""

    settings = settings(max_examples=15, stateful_step_count=20, deadline=None)

    @classmethod
    def setUpClass(cls) -> None:
        cls.runner = ApprovalMachine.runner = asyncio.Runner()
        cls.stack = AsyncExitStack()
        cls.runner.run(cls.open())

    @classmethod
    async def open(cls) -> None:
        home = Path(cls.stack.enter_context(tempfile.TemporaryDirectory()))
        others = all_plugins_but({"theme-base", "approvals"})
        ApprovalMachine.clock = MovedClock()
        configured = load_settings(home=home, disabled_plugins=others, **NO_LIMITS)
        app = await cls.stack.enter_async_context(serve(configured, ApprovalMachine.clock))
        team = ApprovalMachine.team = TestTeam(app, app.server, "default")
        cls.stack.push_async_callback(team.close)
        await team.register_owner()
        members = {name: await team.agent(name) for name in ("alice", "bob", "carol")}
        members["maria"] = await team.agent("maria", access="manager")
        ApprovalMachine.members = {**members, "owner": team.owner}

    @classmethod
    def tearDownClass(cls) -> None:
        cls.runner.run(cls.stack.aclose())
        cls.runner.close()
