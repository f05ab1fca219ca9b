"""What an agent may send and spend in a day: it is told at 80 %, refused at 100 %, and begins anew the next day."""

from __future__ import annotations

import pytest

from teammcp import Forbidden, NotFound, Refused
from teammcp.features.guard.budgets.ledger import LEDGER
from teammcp.testing import Member, MovedClock, TestTeam


@pytest.fixture
async def alice(team: TestTeam) -> Member:
    """In Berlin it is 13:00 when the clock begins."""
    return await team.agent("alice", time_zone="Europe/Berlin")


async def say(member: Member, count: int) -> None:
    for number in range(count):
        await member.call("send_message", channel="general", content=f"line {number}")


async def refused(member: Member) -> Refused:
    with pytest.raises(Refused) as raised:
        await member.call("send_message", channel="general", content="one more")
    assert raised.value.code == "budget_spent"
    return raised.value


async def notes(team: TestTeam, member: Member) -> list[str]:
    """What the server itself has told a member."""
    await team.server.settle()
    try:
        history = await member.call("get_history", channel=f"dm:{member.name}:system")
    except NotFound:
        return []
    return [message.content for message in history.messages]


async def test_messages_are_warned_of_then_refused_until_the_agents_next_day(
    team: TestTeam, clock: MovedClock, alice: Member
) -> None:
    await team.owner.call("set_budget", agent="alice", messages=10)
    await say(alice, 7)
    assert await notes(team, alice) == []
    await say(alice, 1)
    (warning,) = await notes(team, alice)
    assert "80 %" in warning
    assert "8 of 10 messages" in warning
    await say(alice, 2)
    assert len(await notes(team, alice)) == 2  # the warning, and that it is over
    error = await refused(alice)
    assert error.data == {"renewed_at": "2026-01-01T23:00:00.000Z"}
    assert "set_budget: owner" in error.detail
    assert "alice has used up its budget" in (await notes(team, team.owner))[0]
    await alice.call("send_dm", recipient="owner", content="may I have more?")
    clock.advance(hours=10, minutes=59)
    await refused(alice)
    clock.advance(minutes=2)
    await say(alice, 1)
    assert (await alice.call("get_usage")).agents[0].used_percent == 10


async def test_a_manager_gives_more(team: TestTeam, alice: Member) -> None:
    await team.owner.call("set_budget", agent="alice", messages=2)
    await say(alice, 2)
    await team.server.settle()
    await refused(alice)
    await team.owner.call("set_budget", agent="Alice", messages=3)
    await say(alice, 1)
    await team.server.settle()
    await refused(alice)
    await team.owner.call("set_budget", agent="alice", messages=0)
    await say(alice, 5)
    assert [event.data["messages"] for event in await team.events("budget.set")] == [2, 3, 0]


async def test_what_is_reported_counts_by_tokens_and_by_cost(team: TestTeam, alice: Member) -> None:
    await team.owner.call("set_budget", agent="alice", tokens=1000, cost_usd=1.5)
    await alice.call("report_usage", tokens_in=700, tokens_out=100, cost_usd=0.25, model="small")
    assert "800 of 1000 tokens, $0.25 of $1.50" in (await notes(team, alice))[0]
    await alice.call("report_usage", cost_usd=1.2, model="large")
    assert len(await notes(team, alice)) == 1  # told already
    usage = await alice.call("report_usage", cost_usd=0.05, model="large")
    assert usage.used_percent == 100
    assert usage.days[-1].model_dump() == {
        "day": "2026-01-01",
        "messages": 0,
        "tokens_in": 700,
        "tokens_out": 100,
        "cost_usd": 1.5,
    }
    await team.server.settle()
    await refused(alice)


@pytest.mark.teammcp(plugins={"guard": {"daily_messages": 3}})
async def test_the_settings_give_every_agent_a_budget_and_people_none(team: TestTeam, alice: Member) -> None:
    await say(alice, 3)
    await say(team.owner, 10)
    await team.server.settle()
    await refused(alice)
    bob = await team.agent("bob")
    await team.owner.call("set_budget", agent="bob", tokens=10)
    await say(bob, 3)
    await team.server.settle()
    await refused(bob)


async def test_a_restart_forgets_nothing(team: TestTeam, clock: MovedClock, alice: Member) -> None:
    await team.owner.call("set_budget", agent="alice", messages=5, tokens=100)
    await say(alice, 4)
    await alice.call("report_usage", tokens_in=50)
    before = await notes(team, alice)
    del team.team.state[LEDGER]
    await team.server.plugins.notify("team_opened", team=team.team)
    await say(alice, 1)
    await team.server.settle()
    await refused(alice)
    assert [note[:8] for note in (await notes(team, alice))[len(before) :]] == ["alice ha"]


async def test_usage_is_ones_own_business_and_the_managers(team: TestTeam, clock: MovedClock, alice: Member) -> None:
    bob = await team.agent("bob")
    await say(alice, 2)
    await bob.call("report_usage", tokens_in=5)
    clock.advance(days=1)
    await say(alice, 1)
    mine = (await alice.call("get_usage", days=2)).agents
    assert [(each.agent, [day.messages for day in each.days]) for each in mine] == [("alice", [2, 1])]
    with pytest.raises(Forbidden, match="only managers"):
        await alice.call("get_usage", agent="bob")
    with pytest.raises(Forbidden):
        await alice.call("set_budget", agent="alice", messages=0)
    everybody = (await team.owner.call("get_usage")).agents
    assert [each.agent for each in everybody] == ["alice", "bob"]
    assert len(everybody[0].days) == 7
    assert sum(day.tokens_in for day in everybody[1].days) == 5
    assert "alice today: 1 messages" in (await team.owner.call("get_usage", agent="alice")).text()
    reported = await team.events("usage.reported")
    assert [event.agents for event in reported] == [("bob", "owner")]


async def test_an_agent_that_has_used_up_its_day_is_not_woken_until_it_has_more(
    team: TestTeam, alice: Member, clock: MovedClock
) -> None:
    helper = {"session": "claude:1", "way": "inbox_socket", "timeout": 0}
    await team.owner.call("set_budget", agent="alice", tokens=100)
    await alice.call("report_usage", tokens_in=100, tokens_out=1)
    await team.server.settle()
    team.team.presence.set_status("alice", "idle")
    clock.advance(seconds=2)
    bob = await team.agent("bob")
    await bob.call("send_dm", recipient="alice", content="look at this")
    for _ in range(2):
        assert (await alice.call("wait_for_ring", **helper)).number == ""
    [note] = await notes(team, bob)
    assert "alice has used up its budget of today, so messages do not wake it" in note
    assert "101" not in note, "how much it has used is for managers"
    assert "not rung" in note
    await team.owner.call("set_budget", agent="alice", tokens=1000)
    clock.advance(seconds=60)
    assert (await alice.call("wait_for_ring", **helper)).number != ""
