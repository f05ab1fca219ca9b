"""Who may change which field of the shared state: owners, managers, approvers, plugins."""

from __future__ import annotations

from typing import Any

import pytest

from teammcp import Context, Forbidden, Refused, hookimpl, operation
from teammcp.errors import TeamError
from teammcp.features.state import StateChange, StateWritten
from teammcp.members.directory import SYSTEM
from teammcp.operations import call
from teammcp.plugins import Deferred
from teammcp.storage import Transaction, Work
from teammcp.testing import Member, MovedClock, TestTeam


@pytest.fixture
async def alice(team: TestTeam) -> Member:
    """The owner of the field ``plan``."""
    alice = await team.agent("alice")
    await alice.call("set_state", field="plan", value="first")
    return alice


@pytest.fixture
async def bob(team: TestTeam) -> Member:
    return await team.agent("bob")


@pytest.fixture
async def manager(team: TestTeam) -> Member:
    return await team.agent("maria", access="manager")


async def field(member: Member, name: str = "plan") -> Any:
    return (await member.call("get_state", field=name)).root


async def refused(member: Member, **arguments: Any) -> TeamError:
    """The error that a change of ``plan`` gives; nothing may have changed."""
    before = await field(member)
    with pytest.raises(Forbidden) as error:
        await member.call(arguments.pop("operation", "set_state"), **{"field": "plan", **arguments})
    assert await field(member) == before
    return error.value


# -- ownership -------------------------------------------------------------------------------------------------------


async def test_owner_and_managers_write_and_others_hear_whom_to_ask(
    alice: Member, bob: Member, manager: Member, team: TestTeam
) -> None:
    error = await refused(bob, value="his")
    assert (error.code, error.data["owner"]) == ("not_owner", "alice")
    assert "ask alice or a manager" in error.detail
    assert (await refused(bob, operation="delete_state")).code == "not_owner"
    for member in (alice, manager, team.owner):
        await member.call("set_state", field="plan", value=member.name)
    assert (await field(bob)).updated_by == "owner"
    assert (await field(bob)).owner == "alice"
    await manager.call("delete_state", field="plan")


async def test_a_stale_write_is_a_conflict_before_it_is_forbidden(alice: Member, bob: Member) -> None:
    answer = await bob.http.post("/api/state", json={"field": "plan", "value": 1, "expected_version": 0})
    assert answer.status_code == 409


async def test_ownership_is_handed_over(alice: Member, bob: Member) -> None:
    await alice.call("set_state", field="plan", value="yours", owner="@Bob")
    assert (await field(alice)).owner == "bob"
    assert "ask bob" in (await refused(alice, value="mine again")).detail
    await bob.call("set_state", field="plan", value="thanks")
    await alice.call("set_state", field="new", value=1, owner="bob")
    assert (await field(alice, "new")).owner == "bob"


async def test_the_field_of_who_is_gone_is_the_managers(alice: Member, bob: Member, team: TestTeam) -> None:
    await team.owner.call("retire_agent", name="alice")
    assert "ask a manager" in (await refused(bob, value=1)).detail


# -- approval without a plugin ---------------------------------------------------------------------------------------


async def test_what_needs_approval_is_written_by_who_approves(
    alice: Member, bob: Member, manager: Member, team: TestTeam
) -> None:
    await alice.call("set_state", field="plan", value="guarded", approval_required=True, approver="bob")
    for member in (alice, manager):
        error = await refused(member, value="mine")
        assert (error.code, error.data["approver"]) == ("approval_required", "bob")
        assert "ask bob" in error.detail
    await bob.call("set_state", field="plan", value="agreed")
    for settings in ({"owner": "bob"}, {"approver": ""}, {"approval_required": False}):
        await refused(bob, value="agreed", **settings)  # he approves values, and owns nothing
    await team.owner.call("set_state", field="plan", value="free", approval_required=False, approver="")
    found = await field(alice)
    assert (found.owner, found.approver, found.approval_required) == ("alice", None, False)
    await alice.call("set_state", field="plan", value="mine again")


async def test_without_an_approver_the_managers_approve(
    alice: Member, bob: Member, manager: Member, team: TestTeam
) -> None:
    await alice.call("set_state", field="plan", value=1, approval_required=True)
    assert "a manager" in (await refused(alice, value=2)).detail
    await manager.call("set_state", field="plan", value=3, approver="bob")
    await team.owner.call("retire_agent", name="bob")
    await manager.call("set_state", field="plan", value=4)
    assert (await field(alice)).value == 4


async def test_an_access_level_may_approve(alice: Member, bob: Member, manager: Member, team: TestTeam) -> None:
    await alice.call("set_state", field="plan", value=1, approval_required=True, approver="Owner")
    assert (await field(bob)).approver == "owner"
    assert "approval of an owner of the team" in (await refused(manager, value=2)).detail
    await team.owner.call("set_state", field="plan", value=2, approver="manager")
    assert "a manager" in (await refused(alice, value=3)).detail
    await manager.call("set_state", field="plan", value=3)


async def test_a_member_called_like_a_level_gains_nothing(alice: Member, manager: Member, team: TestTeam) -> None:
    impostor = await team.agent("Manager")
    await alice.call("set_state", field="plan", value=1, approval_required=True, approver="manager")
    assert "a manager" in (await refused(impostor, value=2)).detail
    await manager.call("set_state", field="plan", value=2, approver="@manager")
    assert (await field(impostor)).approver == "@Manager"
    assert "approval of @Manager" in (await refused(manager, value=3)).detail
    await impostor.call("set_state", field="plan", value=3)


# -- plugins ---------------------------------------------------------------------------------------------------------


class Keeper:
    """Lets a field wait whose name begins with "slow", and does other things by the name of the field."""

    def __init__(self) -> None:
        self.waiting: list[StateChange] = []
        self.told: list[StateChange] = []

    @hookimpl
    async def before_state_change(self, context: Context, change: StateChange) -> Any:
        if context.grant is not None:
            return change.model_copy(update={"allowed": True})
        if change.field.startswith("slow"):
            self.waiting.append(change)
            return Deferred({"pending_approval": True, "field": change.field})
        if change.field == "loud":
            return change.model_copy(update={"value": change.value.upper(), "reason": "louder"})
        if change.field == "closed":
            return change.model_copy(update={"allowed": False})
        if change.field == "never":
            raise Refused("Not this one.")
        if change.field == "handed" and context.actor is not SYSTEM:
            handed = {"field": "handed", "value": "handed over", "owner": "bob"}
            await call(Context.inside(context.team), "set_state", handed)
        if change.field == "race" and context.actor is not SYSTEM:
            await call(Context.inside(context.team), "set_state", {"field": "race", "value": "meanwhile"})
        return None

    @hookimpl
    def state_changed(self, change: StateChange) -> None:
        self.told.append(change)


keeper = Keeper()


@operation("POST /api/twice", profile="state")
async def set_twice(context: Context, name: str, fails: bool = False) -> Work[StateWritten]:
    """Set a field and its double in one transaction."""
    first = await context.prepare("set_state", field=name, value=1, reason="twice")
    second = await context.prepare("set_state", field=f"{name}.double", value=2)
    assert not first.waits
    assert not second.waits

    def work(tx: Transaction) -> StateWritten:
        first(tx)
        written: StateWritten = second(tx)
        if fails:
            raise Refused("at the very end")
        return written

    return work


class Twice:
    """An operation that includes others."""

    @hookimpl
    def register_operations(self) -> list[Any]:
        return [set_twice]


with_keeper = pytest.mark.teammcp(install={"keeper": keeper, "twice": Twice()})


@pytest.fixture(autouse=True)
def forget() -> None:
    keeper.__init__()  # type: ignore[misc]


@with_keeper
async def test_a_plugin_lets_a_change_wait_and_makes_it_later(alice: Member, bob: Member, team: TestTeam) -> None:
    await call(Context.inside(team.team, team.team.directory.agents["alice"]), "set_state", {"field": "x", "value": 0})
    answer = await bob.http.post("/api/state", json={"field": "slow", "value": [1], "reason": "why", "owner": "alice"})
    assert (answer.status_code, answer.json()["pending_approval"]) == (202, True)
    assert await field(bob, "slow") is None
    (waiting,) = keeper.waiting
    assert (waiting.value, waiting.reason, waiting.owner, waiting.old) == ([1], "why", "alice", None)
    actor = team.team.directory.agents["bob"]
    context = Context.inside(team.team).on_behalf_of(actor, "approval 7")
    await call(context, waiting.operation, waiting.arguments)
    assert ((await field(bob, "slow")).value, (await field(bob, "slow")).owner) == ([1], "alice")
    (entry,) = (await bob.call("get_state_history", field="slow")).root
    assert (entry.changed_by, entry.grant) == ("bob", "approval 7")
    assert (await team.events("state.changed"))[-1].data["grant"] == "approval 7"


@with_keeper
async def test_a_plugin_is_asked_before_ownership_decides(alice: Member, bob: Member, team: TestTeam) -> None:
    await call(
        Context.inside(team.team).on_behalf_of(team.team.directory.agents["alice"], "first"),
        "set_state",
        {"field": "slow", "value": 1, "approval_required": True},
    )
    for member, by_right in ((bob, False), (alice, False), (team.owner, True)):
        assert isinstance(await member.call("set_state", field="slow", value=member.name), Deferred)
        change = keeper.waiting[-1]
        assert (change.allowed, change.old is not None and change.old.approval_required) == (by_right, True)
    assert isinstance(await bob.call("delete_state", field="slow", expected_version=1), Deferred)
    change = keeper.waiting[-1]
    assert (change.deleting, change.operation, change.arguments["expected_version"]) == (True, "delete_state", 1)


@with_keeper
async def test_a_grant_holds_for_what_is_not_ones_own(alice: Member, bob: Member, team: TestTeam) -> None:
    context = Context.inside(team.team).on_behalf_of(team.team.directory.agents["bob"], "approval 8")
    await call(context, "set_state", {"field": "plan", "value": "bob's idea", "expected_version": 1})
    found = await field(alice)
    assert (found.value, found.owner, found.updated_by) == ("bob's idea", "alice", "bob")


async def test_a_grant_alone_opens_no_field(alice: Member, bob: Member, team: TestTeam) -> None:
    """What was approved may have been another operation, which sets a field by the way."""
    context = Context.inside(team.team).on_behalf_of(team.team.directory.agents["bob"], "of something else")
    with pytest.raises(Forbidden):
        await call(context, "set_state", {"field": "plan", "value": "bob's idea"})


@with_keeper
async def test_a_plugin_changes_or_refuses_a_change(alice: Member) -> None:
    await alice.call("set_state", field="loud", value="hello")
    assert (await field(alice, "loud")).value == "HELLO"
    assert (await alice.call("get_state_history", field="loud")).root[0].reason == "louder"
    for name in ("closed", "never"):
        with pytest.raises(Refused):
            await alice.call("set_state", field=name, value=1)


@with_keeper
async def test_a_version_is_looked_at_again_when_the_change_is_made(alice: Member, team: TestTeam) -> None:
    await call(Context.inside(team.team), "set_state", {"field": "race", "value": "first", "owner": "alice"})
    with pytest.raises(TeamError) as conflict:
        await alice.call("set_state", field="race", value="second", expected_version=1)
    assert (conflict.value.code, conflict.value.data["current_value"]) == ("version_conflict", "meanwhile")


@with_keeper
async def test_ownership_is_looked_at_again_when_the_change_is_made(alice: Member, bob: Member, team: TestTeam) -> None:
    await call(Context.inside(team.team), "set_state", {"field": "handed", "value": "first", "owner": "alice"})
    with pytest.raises(Forbidden, match="ask bob"):
        await alice.call("set_state", field="handed", value="too late")
    assert (await field(bob, "handed")).value == "handed over"
    await call(Context.inside(team.team), "delete_state", {"field": "handed"})
    with pytest.raises(Forbidden, match="ask bob"):  # it was new when she asked, and bob's when it was to be made
        await alice.call("set_state", field="handed", value="made")
    assert (await field(alice, "handed")).owner == "bob"


@with_keeper
async def test_plugins_are_told_what_was_changed(alice: Member, team: TestTeam) -> None:
    await alice.call("set_state", field="told", value=1)
    await alice.call("set_state", field="told", value=2)
    await alice.call("delete_state", field="told")
    await team.server.settle()
    told = [change for change in keeper.told if change.field == "told"]
    assert [(change.version, change.value, change.old and change.old.value, change.deleting) for change in told] == [
        (1, 1, None, False),
        (2, 2, 1, False),
        (3, None, 2, True),
    ]


@with_keeper
async def test_what_waits_keeps_the_others_waiting(alice: Member) -> None:
    conclusions = [{"field": "quick", "value": 1}, {"field": "slow", "value": 2, "expected_version": 0}]
    assert isinstance(await alice.call("conclude_state", conclusions=conclusions), Deferred)
    assert await field(alice, "quick") is None
    (waiting,) = keeper.waiting
    assert (waiting.operation, waiting.arguments) == (
        "conclude_state",
        {"project_id": "default", "conclusions": conclusions},
    )


@with_keeper
async def test_another_operation_sets_fields_in_its_own_transaction(alice: Member, bob: Member, team: TestTeam) -> None:
    await alice.call("set_twice", name="pair")
    assert [(await field(alice, name)).value for name in ("pair", "pair.double")] == [1, 2]
    with pytest.raises(Refused):
        await alice.call("set_twice", name="other", fails=True)
    assert await field(alice, "other") is None
    with pytest.raises(Forbidden, match="alice"):
        await bob.call("set_twice", name="pair")
    await team.server.settle()
    assert [change.field for change in keeper.told if change.field.startswith(("pair", "other"))] == [
        "pair",
        "pair.double",
    ]


# -- how to go about a change ----------------------------------------------------------------------------------------


async def routes(member: Member, *fields: str, **task: Any) -> dict[str, str]:
    found = await member.call("route_state", task={"affected_fields": list(fields), **task})
    return {route.field: route.action for route in found.routes}


async def test_the_way_to_a_change_follows_from_whose_it_is(alice: Member, bob: Member, manager: Member) -> None:
    assert await routes(alice, "plan") == {"plan": "write_state"}
    assert await routes(bob, "plan", "new") == {"plan": "submit_approval", "new": "start_discussion"}
    assert await routes(manager, "plan", "new") == {"plan": "write_state", "new": "write_state"}


async def test_what_is_uncertain_is_discussed(alice: Member, bob: Member, clock: MovedClock) -> None:
    assert await routes(alice, "plan", uncertainty="high") == {"plan": "start_discussion"}
    await bob.call("set_state", field="his", value=1)
    assert await routes(alice, "plan", "his") == {"plan": "write_state", "his": "submit_approval"}
    assert await routes(alice, "plan", "his", atomic=True) == {"plan": "start_discussion", "his": "start_discussion"}
    await bob.call("set_state", field="his", value=1, approval_required=True, approver="bob")
    answer = await alice.call("route_state", task={"affected_fields": ["plan", "his"]})
    assert answer.uncertainty == "high"
    assert [(route.action, route.approver) for route in answer.routes] == [
        ("start_discussion", None),
        ("submit_approval", "bob"),
    ]


async def test_what_changes_often_is_less_certain(alice: Member, clock: MovedClock) -> None:
    async def uncertainty() -> str:
        answer = await alice.call("route_state", task={"affected_fields": ["plan"]})
        found: str = answer.uncertainty
        return found

    for _ in range(2):
        await alice.call("set_state", field="plan", value="again")
    assert await uncertainty() == "low"
    await alice.call("set_state", field="plan", value="again")
    assert await uncertainty() == "medium"
    clock.advance(hours=25)
    assert await uncertainty() == "low"
