"""Roles, agents that are made of them, and teams that are assembled."""

from __future__ import annotations

from typing import Any

import pytest
from teammcp_claude_launcher import homes
from teammcp_claude_launcher.roles.gallery import parse, shipped

from teammcp import Conflict, Context, Forbidden, InvalidInput, NotFound, Refused, hash_key, hookimpl
from teammcp.testing import Member, TestTeam

from .birds import BIRDS

PLUGIN = "claude_launcher"
pytestmark = pytest.mark.teammcp(install={"birds": BIRDS}, plugins={PLUGIN: {"machine": "here"}})


@pytest.fixture(autouse=True)
def quiet_birds() -> None:
    BIRDS.refuses, BIRDS.asked = "", []


@pytest.fixture
async def maria(team: TestTeam) -> Member:
    """A person who manages."""
    return await team.agent("maria", kind="human", access="manager")


async def ordered(team: TestTeam) -> dict[str, Any]:
    """What the runner hears, by agent."""
    return {home.agent: home for home in (await homes.orders(team.team, "here")).homes}


# -- the gallery -----------------------------------------------------------------------------------------------------


def test_the_gallery_has_a_dozen_roles_with_a_guide_that_fits_a_system_prompt() -> None:
    assert set(shipped()) == set(
        "architect backend frontend tester reviewer security data writer ops product researcher lead".split()  # noqa: SIM905
    )
    for role in shipped().values():
        assert role.title
        assert len(role.summary) <= 200
        assert 600 < len(role.guide) < 3000


def test_a_file_of_a_role_that_lacks_something_is_none() -> None:
    with pytest.raises(ValueError, match="name, title and summary"):
        parse("---\nname: x\ntitle: X\n---\nguide\n")
    with pytest.raises(ValueError, match="a guide below"):
        parse("---\nname: x\ntitle: X\nsummary: y\n---\n\n")


async def test_a_team_changes_a_role_and_takes_the_change_back(team: TestTeam, maria: Member) -> None:
    before = await maria.call("get_role", name="tester")
    assert (before.shipped, before.changed) == (True, False)
    text = {"title": "Our tester", "summary": "Tests ours.", "guide": "Test the shop."}
    await maria.call("set_role", name="Tester", **text)
    now = await maria.call("get_role", name="tester")
    assert (now.title, now.guide, now.shipped, now.changed, now.changed_by) == (
        "Our tester", "Test the shop.", True, True, "maria",
    )  # fmt: skip
    await maria.call("set_role", name="cook", **text)
    listed = {role.name: role for role in (await maria.call("list_roles")).root}
    assert len(listed) == 13
    assert (listed["cook"].shipped, listed["cook"].changed) == (False, True)
    await maria.call("delete_role", name="tester")
    assert (await maria.call("get_role", name="tester")).title == before.title
    await maria.call("delete_role", name="cook")
    for name, why in (("cook", "is not there"), ("tester", "comes with the launcher")):
        with pytest.raises(NotFound, match=why):
            await maria.call("delete_role", name=name)
    with pytest.raises(NotFound, match="There are: architect, backend"):
        await maria.call("get_role", name="cook")
    eve = await team.agent("eve")
    with pytest.raises(Forbidden):
        await eve.call("set_role", name="cook", **text)


# -- spawning --------------------------------------------------------------------------------------------------------


async def test_an_agent_of_a_role_is_a_member_with_a_key_a_guide_and_a_first_task(
    team: TestTeam, maria: Member
) -> None:
    home = await maria.call(
        "spawn_agent", role="tester", runtime="parrot", task="Break the shop.", description="Use Firefox."
    )
    await team.server.settle()
    profile = await maria.call("get_agent_profile", name="tester")
    assert (home.agent, home.wanted, home.role) == ("tester", True, "Tester")
    assert (profile.kind, profile.access, profile.role) == ("agent", "member", "Tester")
    order = (await ordered(team))["tester"]
    assert (order.started, order.started_by) == (1, "maria")
    assert "You find out what does not work" in order.guide
    assert "Use Firefox." in order.guide
    agent = team.team.directory.by_key(hash_key(order.key))
    assert agent is not None
    assert agent.name == "tester"
    sent = (await maria.call("get_history", channel="dm:tester")).messages
    assert [(each.from_agent, each.content) for each in sent] == [("maria", "Break the shop.")]
    assert [each.actor for each in await team.events("agent.registered")][-1] == "maria"


async def test_names_follow_from_the_role_and_are_never_taken_twice(team: TestTeam, maria: Member) -> None:
    made = [(await maria.call("spawn_agent", role="data", runtime="parrot")).agent for _ in range(2)]
    described = await maria.call("spawn_agent", description="You sort mail.\nBe quick.", runtime="parrot")
    assert [*made, described.agent] == ["data", "data-2", "agent"]
    assert described.role == "You sort mail."
    with pytest.raises(Conflict, match="taken"):
        await maria.call("spawn_agent", name="data", role="data", runtime="parrot")


async def test_nothing_is_made_of_an_agent_that_cannot_be_started(team: TestTeam, maria: Member) -> None:
    for wrong in ({"runtime": "cuckoo"}, {"machine": "moon"}, {"role": "cook"}):
        with pytest.raises(NotFound):
            await maria.call("spawn_agent", **{"role": "tester", "runtime": "parrot", **wrong})
    with pytest.raises(InvalidInput, match="role"):
        await maria.call("spawn_agent", runtime="parrot")
    assert team.team.directory.agent("tester") is None


async def test_agents_that_manage_make_agents_below_them_and_others_make_none(team: TestTeam) -> None:
    boss, eve = await team.agent("boss", access="manager"), await team.agent("eve")
    assert (await boss.call("spawn_agent", role="writer", runtime="parrot")).policy == "ask"
    with pytest.raises(Forbidden, match="policy"):
        await boss.call("spawn_agent", role="writer", runtime="parrot", policy="allow")
    with pytest.raises(Forbidden, match="manager"):
        await eve.call("spawn_agent", role="writer", runtime="parrot")


@pytest.mark.teammcp(install={"birds": BIRDS}, plugins={PLUGIN: {"machine": "here", "most_homes": 2}})
async def test_there_is_an_end_to_how_many_agents_are_made(team: TestTeam, maria: Member) -> None:
    for _ in range(2):
        await maria.call("spawn_agent", role="writer", runtime="parrot")
    with pytest.raises(Conflict, match="most_homes"):
        await maria.call("spawn_agent", role="writer", runtime="parrot")
    assert team.team.directory.agent("writer-3") is None


class Mute:
    """A plugin that lets nobody send anything."""

    @hookimpl
    def before_message(self, context: Context, draft: Any) -> None:
        raise Refused("it is night")


@pytest.mark.teammcp(install={"birds": BIRDS, "mute": Mute()}, plugins={PLUGIN: {"machine": "here"}})
async def test_a_first_task_that_cannot_be_sent_holds_its_agent_and_says_so(team: TestTeam, maria: Member) -> None:
    await maria.call("spawn_agent", role="writer", runtime="parrot", task="Write.")
    await team.server.settle()
    assert "could not be sent: it is night" in (await ordered(team))["writer"].held


async def test_a_first_task_that_was_not_sent_before_a_crash_is_sent_later_and_once(
    team: TestTeam, maria: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as crashed:
        crashed.setattr(team.team, "background", lambda work: work.close())
        await maria.call("spawn_agent", role="writer", runtime="parrot", task="Write.")
    with pytest.raises(NotFound, match="no messages"):
        await maria.call("get_history", channel="dm:writer")
    for _ in range(2):
        team.server.clock.advance(minutes=2)  # type: ignore[attr-defined]
        await team.server.run_jobs()
    assert len((await maria.call("get_history", channel="dm:writer")).messages) == 1


# -- assembled teams -------------------------------------------------------------------------------------------------


def member(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "role": "backend", "reason": "somebody has to", "runtime": "parrot", **more}


async def propose(by: Member, *members: dict[str, Any], cost_usd: float = 5) -> Any:
    given = list(members) or [member("ann", task="Build it."), member("ben", role="tester")]
    return (await by.call("assemble_team", need="A shop", members=given, cost_usd=cost_usd)).proposal


async def test_a_team_is_proposed_by_any_member_and_made_on_one_yes_of_a_person(team: TestTeam, maria: Member) -> None:
    lead, boss = await team.agent("lead"), await team.agent("boss", access="manager")
    proposal = await propose(lead)
    assert (proposal.status, proposal.proposed_by, proposal.cost_usd) == ("proposed", "lead", 5)
    assert [(each.name, each.reason, each.there) for each in proposal.members] == [
        ("ann", "somebody has to", False),
        ("ben", "somebody has to", False),
    ]
    assert team.team.directory.agent("ann") is None
    with pytest.raises(Forbidden, match="when a person says yes"):
        await boss.call("accept_assembly", assembly_id=proposal.assembly_id)
    accepted = await maria.call("accept_assembly", assembly_id=proposal.assembly_id)
    await team.server.settle()
    assert (accepted.status, accepted.decided_by) == ("accepted", "maria")
    assert [each.there for each in accepted.members] == [True, True]
    assert sorted(await ordered(team)) == ["ann", "ben"]
    assert [each.content for each in (await maria.call("get_history", channel="dm:ann")).messages] == ["Build it."]
    again = await maria.call("accept_assembly", assembly_id=proposal.assembly_id)
    assert [each.there for each in again.members] == [True, True]
    kinds = [each.kind for each in await team.events("assembly.proposed", "assembly.accepted")]
    assert kinds == ["assembly.proposed", "assembly.accepted", "assembly.accepted"]


async def test_all_of_a_team_is_made_or_none_of_it(team: TestTeam, maria: Member) -> None:
    proposal = await propose(maria)
    await team.agent("ben")
    with pytest.raises(Conflict, match="'ben' is taken"):
        await maria.call("accept_assembly", assembly_id=proposal.assembly_id)
    assert team.team.directory.agent("ann") is None
    assert (await maria.call("get_assembly", assembly_id=proposal.assembly_id)).status == "proposed"


async def test_a_proposal_that_cannot_be_made_is_refused_with_the_reason(maria: Member) -> None:
    with pytest.raises(Conflict, match="'maria' is taken"):
        await propose(maria, member("maria"))
    with pytest.raises(InvalidInput, match="same name"):
        await propose(maria, member("ann"), member("Ann"))
    with pytest.raises(NotFound, match="no role 'cook'"):
        await propose(maria, member("ann", role="cook"))
    with pytest.raises(InvalidInput, match="cost_usd"):
        await maria.call("assemble_team", need="A shop", members=[member("ann")])
    with pytest.raises(InvalidInput, match="members"):
        await maria.call("assemble_team", need="A shop")


async def test_a_lead_is_asked_for_a_proposal_with_the_need_as_somebodys_words(team: TestTeam, maria: Member) -> None:
    await team.agent("lead")
    found = await maria.call("assemble_team", need="A shop", lead="lead")
    assert (found.asked, found.proposal) == ("lead", None)
    (sent,) = (await maria.call("get_history", channel="dm:lead")).messages
    assert "assemble_team" in sent.content
    assert "> A shop" in sent.content


async def test_a_declined_team_is_never_made(maria: Member) -> None:
    proposal = await propose(maria)
    await maria.call("decline_assembly", assembly_id=proposal.assembly_id)
    with pytest.raises(Conflict, match="is declined"):
        await maria.call("accept_assembly", assembly_id=proposal.assembly_id)
    assert [each.status for each in (await maria.call("list_assemblies", status="declined")).root] == ["declined"]
    assert (await maria.call("list_assemblies", status="proposed")).root == []


async def test_a_team_that_has_used_up_its_limit_is_held_until_a_person_raises_it(
    team: TestTeam, maria: Member
) -> None:
    proposal = await propose(maria)
    await maria.call("accept_assembly", assembly_id=proposal.assembly_id)
    orders = await ordered(team)
    for name in ("ann", "ben"):
        await team.member(name, orders[name].key).call("report_usage", cost_usd=2.5)
    await team.server.settle()
    assert all("has used $5.00 of $5.00" in home.held for home in (await ordered(team)).values())
    await maria.call("start_agent", name="ann")
    with pytest.raises(Refused, match=r"\$5.00 of \$5.00"):
        await homes.gate(Context.inside(team.team), "ann", "here", "message", resumes=True)
    raised = await maria.call("accept_assembly", assembly_id=proposal.assembly_id, cost_usd=9)
    assert raised.cost_usd == 9
    assert all(home.held == "" for home in (await ordered(team)).values())
    await homes.gate(Context.inside(team.team), "ann", "here", "message", resumes=True)
    assert (await maria.call("get_assembly", assembly_id=proposal.assembly_id)).spent_usd == 5


async def test_a_team_whose_work_is_done_is_retired_with_a_hand_over(team: TestTeam, maria: Member) -> None:
    proposal = await propose(maria)
    await maria.call("accept_assembly", assembly_id=proposal.assembly_id)
    await team.server.settle()
    with pytest.raises(InvalidInput, match="handover"):
        await maria.call("retire_assembly", assembly_id=proposal.assembly_id, handover=" ")
    await maria.call("retire_assembly", assembly_id=proposal.assembly_id, handover="The shop is open.")
    await team.server.settle()
    assert await ordered(team) == {}
    assert all(team.team.directory.agents[name].retired for name in ("ann", "ben"))
    history = (await maria.call("get_history", channel="general")).messages
    assert [each.content for each in history] == ["The shop is open."]
    found = await maria.call("get_assembly", assembly_id=proposal.assembly_id)
    assert (found.status, found.handover) == ("retired", "The shop is open.")
