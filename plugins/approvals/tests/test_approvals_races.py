"""What happens at the same moment: decisions, the owner's own write, expiry, and a process that dies in between."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from teammcp_approvals.jobs import expire

from teammcp import Conflict, Context, Deferred, Operation, TeamError, Transaction, hookimpl
from teammcp.features.state import StateChange
from teammcp.testing import Member, MovedClock, TestTeam

BOBS_WRITES = {"operation": "set_state", "approvers": ["maria"], "who": ["bob"]}


@pytest.fixture
async def alice(team: TestTeam) -> Member:
    """The owner of the field ``plan``."""
    alice = await team.agent("alice")
    await alice.call("set_state", field="plan", value="first")
    return alice


@pytest.fixture
async def bob(team: TestTeam) -> Member:
    return await team.agent("bob")


async def propose(member: Member, value: str = "his") -> int:
    deferred = await member.call("set_state", field="plan", value=value)
    assert isinstance(deferred, Deferred)
    return int(deferred.result["approval_id"])


async def versions(member: Member) -> list[tuple[int, str]]:
    """Every version that the field ever had, with who made it."""
    history = (await member.call("get_state_history", field="plan")).root
    return [(each.version, each.changed_by) for each in reversed(history)]


async def together(*calls: Awaitable[Any]) -> list[Any]:
    """Results or errors of calls made at once; every error has to be one that a caller may see."""
    found = await asyncio.gather(*calls, return_exceptions=True)
    assert [each for each in found if isinstance(each, BaseException) and not isinstance(each, TeamError)] == []
    return found


@pytest.mark.parametrize("second", [True, False])
async def test_two_approvers_at_once(alice: Member, bob: Member, team: TestTeam, second: bool) -> None:
    number = await propose(bob)
    calls = [
        alice.call("resolve_approval", approval_id=number, approved=True),
        team.owner.call("resolve_approval", approval_id=number, approved=second),
    ]
    found = await together(*calls)
    (error,) = [each for each in found if isinstance(each, Conflict)]
    (won,) = [each for each in found if not isinstance(each, Conflict)]
    final = await bob.call("get_approval", approval_id=number)
    assert error.data["decided_by"] == final.closed_by
    assert f"by {final.closed_by}" in error.detail
    assert won.approval_status == final.status
    assert len(final.decisions) == 1
    assert await versions(alice) == [(1, "alice"), (2, "bob")][: 2 if final.status == "approved" else 1]


async def test_one_approver_twice_at_once(alice: Member, bob: Member) -> None:
    number = await propose(bob)
    found = await together(*(alice.call("resolve_approval", approval_id=number, approved=True) for _ in range(5)))
    assert sum(not isinstance(each, Conflict) for each in found) == 1
    assert await versions(alice) == [(1, "alice"), (2, "bob")]


async def test_the_owner_writes_while_it_is_approved(alice: Member, bob: Member, team: TestTeam) -> None:
    for turn in range(10):
        number = await propose(bob, f"his {turn}")
        before = len(await versions(alice))
        calls = [
            team.owner.call("resolve_approval", approval_id=number, approved=True),
            alice.call("set_state", field="plan", value=f"hers {turn}"),
        ]
        resolved, written = await together(*(calls if turn % 2 else reversed(calls)))
        if not turn % 2:
            resolved, written = written, resolved
        made = (await versions(alice))[before:]
        if resolved.approval_status == "approved":
            assert [who for _, who in made] == ["bob", "alice"]  # seen, then overwritten by its owner
        else:
            assert (resolved.approval_status, [who for _, who in made]) == ("needs_confirmation", ["alice"])
        assert written.version == made[-1][0]


class Between:
    """Does something once an approved change is checked, before it is made."""

    def __init__(self) -> None:
        self.act: Callable[[], Awaitable[object]] | None = None

    @hookimpl(trylast=True)
    async def before_state_change(self, context: Any, change: StateChange) -> None:
        if context.grant is not None and self.act is not None:
            act, self.act = self.act, None
            await act()


between = Between()
with_between = pytest.mark.teammcp(install={"between": between})


@with_between
async def test_a_write_in_between_leaves_the_decision_and_no_change(alice: Member, bob: Member, team: TestTeam) -> None:
    number = await propose(bob)
    between.act = lambda: alice.call("set_state", field="plan", value="hers")
    resolved = await alice.call("resolve_approval", approval_id=number, approved=True)
    assert resolved.approval_status == "needs_confirmation"
    assert await versions(alice) == [(1, "alice"), (2, "alice")]
    final = await bob.call("get_approval", approval_id=number)
    assert [each.agent for each in final.decisions] == ["alice"]
    assert "has changed since you proposed it" in (await bob.call("get_inbox")).channels[0].messages[-1].content
    assert [each.data["changed_by"] for each in await team.events("state.changed")] == ["alice", "alice"]


@with_between
async def test_expiry_in_between(alice: Member, bob: Member, team: TestTeam, clock: MovedClock) -> None:
    number = await propose(bob)

    async def late() -> None:
        clock.advance(days=8)
        await expire(team.team)

    between.act = late
    with pytest.raises(Conflict, match="expired"):
        await alice.call("resolve_approval", approval_id=number, approved=True)
    assert (await bob.call("get_approval", approval_id=number)).status == "expired"
    assert await versions(alice) == [(1, "alice")]


@with_between
async def test_time_runs_out_in_between(alice: Member, bob: Member, clock: MovedClock) -> None:
    number = await propose(bob)

    async def late() -> None:
        clock.advance(days=8)

    between.act = late
    with pytest.raises(Conflict, match="is over"):
        await alice.call("resolve_approval", approval_id=number, approved=True)
    assert await versions(alice) == [(1, "alice")]


@with_between
@pytest.mark.parametrize("operation", ["cancel_approval", "retire_agent"])
async def test_the_proposer_goes_in_between(alice: Member, bob: Member, team: TestTeam, operation: str) -> None:
    number = await propose(bob)
    if operation == "cancel_approval":
        between.act = lambda: bob.call("cancel_approval", approval_id=number)
        with pytest.raises(Conflict, match="cancelled"):
            await alice.call("resolve_approval", approval_id=number, approved=True)
        assert await versions(alice) == [(1, "alice")]
        return
    between.act = lambda: team.owner.call("retire_agent", name="bob")
    failed = await alice.call("resolve_approval", approval_id=number, approved=True)
    assert (failed.approval_status, failed.error) == (
        "failed",
        "bob was retired or got other rights at the same moment.",
    )
    assert await versions(alice) == [(1, "alice")]


async def test_the_same_proposal_at_once_is_one(alice: Member, bob: Member, team: TestTeam) -> None:
    numbers = await asyncio.gather(*(propose(bob) for _ in range(8)))
    assert len(set(numbers)) == 1
    assert len(await team.events("approval.requested")) == 1
    (entry,) = (await alice.call("get_inbox")).channels
    assert len(entry.messages) == 1


async def test_of_competing_proposals_one_is_made_and_the_others_are_asked_again(
    alice: Member, bob: Member, team: TestTeam
) -> None:
    carol = await team.agent("carol")
    numbers = [await propose(member, value) for member in (bob, carol) for value in ("x", "y", "z")]
    found = await together(*(alice.call("resolve_approval", approval_id=each, approved=True) for each in numbers))
    assert sorted(each.approval_status for each in found) == ["approved"] + ["needs_confirmation"] * 5
    assert len(await versions(alice)) == 2


class Broken:
    """Breaks the transaction in which the change is made."""

    def __init__(self) -> None:
        self.active = False

    @hookimpl
    def before_message(self, context: Any, draft: Any) -> Any:
        if self.active and context.actor.name == "system":
            raise ZeroDivisionError("on purpose")


broken = Broken()


@pytest.mark.teammcp(install={"broken": broken})
async def test_a_message_that_cannot_be_sent_keeps_nothing_from_happening(
    alice: Member, bob: Member, team: TestTeam
) -> None:
    broken.active = True
    number = await propose(bob)
    assert [each.approval_id for each in (await alice.call("get_pending_approvals")).root] == [number]
    await alice.call("resolve_approval", approval_id=number, approved=True)
    assert await versions(alice) == [(1, "alice"), (2, "bob")]
    broken.active = False


async def test_a_process_that_dies_leaves_both_or_neither(
    alice: Member, bob: Member, team: TestTeam, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = await propose(bob)
    real = team.team.database.write

    async def dies(work: Any) -> Any:
        def half(tx: Any) -> None:
            work(tx)
            raise KeyboardInterrupt  # before the commit

        return await real(half)

    monkeypatch.setattr(team.team.database, "write", dies)
    with pytest.raises(KeyboardInterrupt):
        await alice.call("resolve_approval", approval_id=number, approved=True)
    monkeypatch.undo()
    assert (await bob.call("get_approval", approval_id=number)).status == "pending"
    assert await versions(alice) == [(1, "alice")]
    await alice.call("resolve_approval", approval_id=number, approved=True)
    assert await versions(alice) == [(1, "alice"), (2, "bob")]


@pytest.mark.teammcp(plugins={"approvals": {"rules": [BOBS_WRITES]}})
@pytest.mark.parametrize("approved_first", [True, False])
async def test_the_next_question_is_asked_only_if_the_first_is_approved(
    alice: Member, bob: Member, team: TestTeam, approved_first: bool
) -> None:
    maria = await team.agent("maria")
    number = await propose(bob)
    calls = [
        maria.call("resolve_approval", approval_id=number, approved=True),
        team.owner.call("resolve_approval", approval_id=number, approved=False),
    ]
    await together(*(calls if approved_first else reversed(calls)))
    first = await bob.call("get_approval", approval_id=number)
    asked = (await alice.call("get_pending_approvals")).root
    assert len(asked) == (first.status == "approved")
    assert len(await team.events("approval.requested")) == 1 + len(asked)
    assert await versions(alice) == [(1, "alice")]


# -- what is no longer to be done when it is approved ----------------------------------------------------------------


async def claimed_task(team: TestTeam, member: Member) -> dict[str, Any]:
    task = (await team.owner.call("create_task", title="water the plants")).task
    claim = await member.call("claim_task", task_id=task.id)
    return {"task_id": task.id, "fencing_token": claim.fencing_token}


async def claimed_directive(team: TestTeam, member: Member) -> dict[str, Any]:
    sent = (await team.owner.call("send_directive", to_agent=member.name, instruction="water the plants")).directive
    taken = await member.call("claim_directive", directive_id=sent.id)
    return {"directive_id": sent.id, "fencing_token": taken.fencing_token}


@pytest.mark.parametrize(
    ("operation", "more"),
    [
        ("complete_task", {"result": "wet"}),
        ("fail_task", {}),
        ("release_task", {}),
        ("update_task_progress", {"progress": 50}),
        ("claim_task", {}),
        ("report_directive", {"status": "done"}),
        ("claim_directive", {}),
    ],
)
async def test_an_approved_call_that_came_too_late_ends_as_failed_and_says_why(
    alice: Member, bob: Member, team: TestTeam, operation: str, more: dict[str, Any]
) -> None:
    given = await (claimed_directive if "directive" in operation else claimed_task)(team, bob)
    if operation.startswith("claim_"):
        given.pop("fencing_token")
        if operation == "claim_task":
            await team.owner.call("update_task", task_id=given["task_id"], status="todo", assignee="")
        else:
            sent = await team.owner.call("send_directive", to_agent="bob", instruction="feed the cat")
            given = {"directive_id": sent.directive.id}
    await team.owner.call("add_approval_rule", operation=operation, approvers=["alice"])
    waits = await bob.call(operation, **given, **more)
    assert isinstance(waits, Deferred)
    if "directive" in operation:
        await team.owner.call("cancel_directive", directive_id=given["directive_id"])
    else:
        await team.owner.call("update_task", task_id=given["task_id"], status="cancelled")
    done = await alice.call("resolve_approval", approval_id=waits.result["approval_id"], approved=True)
    assert (done.success, done.approval_status) == (False, "failed")
    assert done.error
    assert (await bob.call("get_approval", approval_id=waits.result["approval_id"])).status == "failed"


class SecondRule:
    """A plugin of its own that makes what was approved wait once more, and writes that down."""

    @hookimpl
    def before_operation(self, context: Context, operation: Operation) -> Deferred[object] | None:
        if operation.name != "create_channel" or context.grant is None:
            return None

        def write_down(tx: Transaction) -> str:
            tx.execute("UPDATE channels SET description = 'asked again' WHERE id = 'general'")
            return "a second question"

        return Deferred(None, write_down)


@pytest.mark.teammcp(install={"second": SecondRule()})
async def test_what_another_plugin_makes_wait_in_an_approved_call_is_written_down(team: TestTeam, bob: Member) -> None:
    await team.owner.call("add_approval_rule", operation="create_channel", approvers=["owner"])
    waits = await bob.call("create_channel", id="new")
    resolved = await team.owner.call("resolve_approval", approval_id=waits.result["approval_id"], approved=True)
    assert (resolved.approval_status, resolved.result) == ("approved", "a second question")
    described = {channel.id: channel.description for channel in (await bob.call("get_channels")).root}
    assert described["general"] == "asked again"
    assert "new" not in described
