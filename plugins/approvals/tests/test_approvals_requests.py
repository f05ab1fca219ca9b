"""Asking for approval of something, and letting others decide."""

from __future__ import annotations

import pytest

from teammcp import Conflict, Forbidden, Gone, InvalidInput, NotFound, hookimpl
from teammcp.features.notifications import Notification, Notifier
from teammcp.features.notifications.jobs import work_off
from teammcp.testing import Member, MovedClock, TestTeam


@pytest.fixture
async def alice(team: TestTeam) -> Member:
    return await team.agent("alice")


@pytest.fixture
async def bob(team: TestTeam) -> Member:
    return await team.agent("bob")


@pytest.fixture
async def maria(team: TestTeam) -> Member:
    """A manager."""
    return await team.agent("maria", access="manager")


async def ask(member: Member, *approvers: str, quorum: int = 1) -> int:
    asked = await member.call(
        "request_approval", title="Deploy 1.4", details="tonight", approvers=list(approvers), quorum=quorum
    )
    return int(asked.approval_id)


async def test_a_request_is_asked_answered_and_told(alice: Member, bob: Member, team: TestTeam) -> None:
    number = await ask(alice, "bob")
    async with bob.mcp() as client:
        noticed = await client.call_tool("get_me", {})
        assert noticed.structured_content["unread"]["approvals"] == 1
        answered = await client.call_tool("resolve_approval", {"approval_id": number, "approved": True})
        assert "is approved" in answered.content[0].text
    found = await alice.call("get_approval", approval_id=number)
    assert (found.status, found.closed_by, found.title, found.details) == ("approved", "bob", "Deploy 1.4", "tonight")
    await team.server.settle()
    assert "was approved by bob." in (await alice.call("get_inbox")).channels[0].messages[0].content


async def test_a_request_needs_somebody_who_can_answer(alice: Member, bob: Member, team: TestTeam) -> None:
    for approvers, error in ((["alice"], InvalidInput), (["nobody"], NotFound), ([], InvalidInput)):
        with pytest.raises(error):
            await ask(alice, *approvers)
    with pytest.raises(InvalidInput, match="2 must agree"):
        await ask(alice, "alice", "bob", quorum=2)
    await team.owner.call("retire_agent", name="bob")
    with pytest.raises(Gone):
        await ask(alice, "bob")


async def test_an_owner_passes_on_a_question_that_was_put_to_others(
    alice: Member, bob: Member, maria: Member, team: TestTeam
) -> None:
    number = await ask(alice, "bob")
    await team.owner.call("delegate_approval", approval_id=number, to="maria")
    assert [each.approval_id for each in (await maria.call("get_pending_approvals")).root] == [number]
    outcome = await maria.call("resolve_approval", approval_id=number, approved=True)
    assert outcome.approval_status == "approved"
    (decision,) = (await alice.call("get_approval", approval_id=number)).decisions
    assert (decision.agent, decision.on_behalf_of) == ("maria", team.owner.name)


async def test_who_decides_for_an_owner_decides_on_what_the_owner_is_asked_alone(
    alice: Member, bob: Member, maria: Member, team: TestTeam, clock: MovedClock
) -> None:
    await team.owner.call("delegate_approvals", to="maria", until=clock.now() + 3_600_000)
    number = await ask(alice, "bob")
    with pytest.raises(NotFound):
        await maria.call("resolve_approval", approval_id=number, approved=True)


async def test_only_the_proposer_takes_it_back(alice: Member, bob: Member) -> None:
    number = await ask(alice, "bob")
    with pytest.raises(Forbidden, match="alice's to cancel"):
        await bob.call("cancel_approval", approval_id=number)
    await alice.call("cancel_approval", approval_id=number, comment="not needed")
    for call in ("resolve_approval", "cancel_approval", "confirm_approval"):
        member, more = (bob, {"approved": True}) if call == "resolve_approval" else (alice, {})
        with pytest.raises(Conflict, match="cancelled"):
            await member.call(call, approval_id=number, **more)


async def test_a_member_called_like_a_level_gains_nothing(alice: Member, team: TestTeam) -> None:
    impostor = await team.agent("manager")
    number = await ask(alice, "manager")
    with pytest.raises(NotFound):
        await impostor.call("resolve_approval", approval_id=number, approved=True)
    named = await ask(alice, "@manager")
    assert (await alice.call("get_approval", approval_id=named)).approvers == ["@manager"]
    await impostor.call("resolve_approval", approval_id=named, approved=True)


# -- letting others decide -------------------------------------------------------------------------------------------


async def test_an_approver_lets_somebody_decide_on_one(alice: Member, bob: Member, maria: Member) -> None:
    number, other = await ask(alice, "bob"), await ask(alice, "bob", "maria")
    await bob.call("delegate_approval", approval_id=number, to="maria")
    assert [each.approval_id for each in (await maria.call("get_pending_approvals")).root] == [number, other]
    with pytest.raises(Forbidden, match="pass that on"):
        await maria.call("delegate_approval", approval_id=number, to="bob")
    with pytest.raises(Forbidden, match="made this proposal"):
        await bob.call("delegate_approval", approval_id=other, to="alice")
    await maria.call("resolve_approval", approval_id=number, approved=True)
    (decision,) = (await alice.call("get_approval", approval_id=number)).decisions
    assert (decision.agent, decision.on_behalf_of) == ("maria", "bob")


async def test_an_approver_who_is_away_names_somebody_for_all(
    alice: Member, bob: Member, team: TestTeam, clock: MovedClock
) -> None:
    carol = await team.agent("carol")
    until = clock.now() + 3_600_000
    with pytest.raises(InvalidInput, match="until"):
        await bob.call("delegate_approvals", to="carol", until=clock.now())
    with pytest.raises(InvalidInput, match="another member"):
        await bob.call("delegate_approvals", to="bob", until=until)
    await bob.call("delegate_approvals", to="carol", until=until)
    assert (await bob.call("get_delegation")).delegate == "carol"
    first, second = await ask(alice, "bob"), await ask(alice, "bob", "owner")
    assert "asks for your approval" in (await carol.call("get_inbox")).channels[0].messages[0].content
    await carol.call("resolve_approval", approval_id=first, approved=True)
    clock.advance(hours=2)
    with pytest.raises(NotFound):
        await carol.call("resolve_approval", approval_id=second, approved=True)
    assert (await bob.call("get_delegation")).delegate is None
    assert (await carol.call("get_approval", approval_id=first)).decisions[0].on_behalf_of == "bob"


async def test_a_word_given_away_counts_once(alice: Member, bob: Member, maria: Member, team: TestTeam) -> None:
    number = await ask(alice, "bob", "maria", quorum=2)
    carol = await team.agent("carol")
    await bob.call("delegate_approval", approval_id=number, to="carol")
    await carol.call("resolve_approval", approval_id=number, approved=True)
    with pytest.raises(Conflict, match="carol has decided"):
        await bob.call("resolve_approval", approval_id=number, approved=True)
    done = await maria.call("resolve_approval", approval_id=number, approved=True)
    assert done.approval_status == "approved"


async def test_who_decides_for_several_speaks_for_one_who_has_not_spoken(
    alice: Member, bob: Member, maria: Member, team: TestTeam
) -> None:
    number = await ask(alice, "bob", "maria", quorum=2)
    carol = await team.agent("carol")
    for away in (bob, maria):
        await away.call("delegate_approvals", to="carol", until="2027-01-01T00:00:00Z")
    await bob.call("resolve_approval", approval_id=number, approved=True)
    assert [each.approval_id for each in (await carol.call("get_pending_approvals")).root] == [number]
    done = await carol.call("resolve_approval", approval_id=number, approved=True)
    assert done.approval_status == "approved"
    said = (await alice.call("get_approval", approval_id=number)).decisions
    assert [(each.agent, each.on_behalf_of) for each in said] == [("bob", None), ("carol", "maria")]


async def test_who_decides_for_the_proposer_may_still_decide_for_another(
    alice: Member, bob: Member, team: TestTeam
) -> None:
    carol = await team.agent("carol")
    number = await ask(alice, "alice", "bob")
    for away in (alice, bob):
        await away.call("delegate_approvals", to="carol", until="2027-01-01T00:00:00Z")
    assert (await carol.call("resolve_approval", approval_id=number, approved=True)).approval_status == "approved"
    assert (await alice.call("get_approval", approval_id=number)).decisions[0].on_behalf_of == "bob"


async def test_nobody_decides_on_their_own_by_a_detour(alice: Member, bob: Member, maria: Member) -> None:
    number = await ask(maria, "manager", "bob")
    await maria.call("delegate_approvals", to="alice", until="2027-01-01T00:00:00Z")
    with pytest.raises(Forbidden, match="own proposal"):
        await alice.call("resolve_approval", approval_id=number, approved=True)
    await bob.call("delegate_approvals", to="maria", until="2027-01-01T00:00:00Z")
    with pytest.raises(Forbidden, match="own proposal"):
        await maria.call("resolve_approval", approval_id=number, approved=True)
    await maria.call("end_delegation")
    with pytest.raises(NotFound):
        await alice.call("get_approval", approval_id=number)


async def test_lists_are_filtered_and_paged(alice: Member, bob: Member, team: TestTeam) -> None:
    numbers = []
    for title in ("one", "two", "three"):
        asked = await alice.call("request_approval", title=title, approvers=["bob"])
        numbers.append(asked.approval_id)
    await bob.call("resolve_approval", approval_id=numbers[1], approved=True)

    async def listed(**filters: object) -> list[int]:
        return [each.approval_id for each in (await bob.call("list_approvals", **filters)).root]

    assert await listed() == numbers[::-1]
    assert await listed(status="pending") == [numbers[2], numbers[0]]
    assert await listed(kind="state") == []
    assert await listed(proposed_by="alice", limit=1) == [numbers[2]]
    assert await listed(before=numbers[2], limit=1) == [numbers[1]]
    assert await listed(proposed_by="bob") == []


async def test_one_member_cannot_flood_those_who_decide(alice: Member, bob: Member) -> None:
    for number in range(100):
        await alice.call("request_approval", title=f"question {number}", approvers=["bob"])
    with pytest.raises(Conflict, match="100 of your proposals"):
        await alice.call("request_approval", title="one more", approvers=["bob"])
    await alice.call("cancel_approval", approval_id=1)
    await alice.call("request_approval", title="one more", approvers=["bob"])
    assert len((await bob.call("get_pending_approvals")).root) == 100


async def test_who_only_looks_on_decides_nothing(alice: Member, team: TestTeam) -> None:
    await team.agent("olga", access="observer")
    with pytest.raises(InvalidInput, match="0 of these may decide"):
        await ask(alice, "olga")


async def test_who_decides_for_somebody_hears_of_it_live(alice: Member, bob: Member, team: TestTeam) -> None:
    carol, dave = await team.agent("carol"), await team.agent("dave")
    await bob.call("delegate_approvals", to="carol", until="2027-01-01T00:00:00Z")
    number = await ask(alice, "bob")
    await bob.call("delegate_approval", approval_id=number, to="dave")
    await carol.call("resolve_approval", approval_id=number, approved=True)
    heard = {event.kind: event.agents for event in await team.events() if event.subject == str(number)}
    assert heard["approval.requested"] == ("alice", "bob", "carol", "owner")
    assert heard["approval.approved"] == ("alice", "bob", "carol", "dave", "owner")
    assert (await dave.call("get_approval", approval_id=number)).status == "approved"


class Pager(Notifier):
    """Brings what is to be delivered to a list."""

    name = "pager"
    title = "A pager"

    def __init__(self) -> None:
        self.came: list[Notification] = []

    async def deliver(self, notification: Notification) -> None:
        self.came.append(notification)


PAGER = Pager()


class Paging:
    """A plugin with a notifier."""

    @hookimpl
    def register_notifiers(self) -> list[Notifier]:
        return [PAGER]


@pytest.mark.teammcp(install={"paging": Paging()})
async def test_who_does_not_look_is_notified(alice: Member, bob: Member, team: TestTeam) -> None:
    await bob.call("set_notification_address", notifier="pager", address="1")
    number = await ask(alice, "bob")
    await work_off(team.team)
    await team.server.settle()
    [came] = PAGER.came
    [thing] = came.things
    assert (came.agent, thing.kind, thing.sender) == ("bob", "approval", "system")
    assert f"({number}): Deploy 1.4" in came.content


@pytest.mark.teammcp(install={"paging": Paging()})
async def test_what_is_decided_calls_nobody_and_its_proposer_hears_of_it(
    alice: Member, bob: Member, maria: Member, team: TestTeam
) -> None:
    for member in (alice, bob):
        await member.call("set_notification_address", notifier="pager", address="1")
    PAGER.came.clear()
    number = await ask(alice, "bob", "maria")
    await maria.call("resolve_approval", approval_id=number, approved=True)
    await work_off(team.team)
    await team.server.settle()
    [came] = PAGER.came
    assert [(came.agent, each.kind, each.path) for each in came.things] == [
        ("alice", "approval_decided", f"/approvals/{number}")
    ]
