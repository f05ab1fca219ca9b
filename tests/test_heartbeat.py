"""Heartbeats and statuses, as members say and see them; and that nothing is written while nothing changes."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from teammcp import Reason
from teammcp.config import Settings
from teammcp.errors import InvalidInput
from teammcp.features.inbox.jobs import watch
from teammcp.testing import Member, MovedClock, TestTeam, serve
from tests.doc_examples import read_examples, run_examples


@pytest.fixture
async def ann(team: TestTeam) -> Member:
    return await team.agent("ann")


async def seen_of(team: TestTeam, name: str = "ann") -> tuple[str, str]:
    found = await team.owner.call("get_agent_profile", name=name)
    return found.status, found.reason


def contents(home: Path) -> dict[str, str]:
    """What is on the disk for good; the index of the log in memory, team.db-shm, changes with each read."""
    names = ("team.db", "team.db-wal")
    return {name: hashlib.sha256(path.read_bytes()).hexdigest() for name in names for path in home.rglob(name)}


async def test_a_member_says_what_it_does_over_rest_and_over_mcp(team: TestTeam, ann: Member) -> None:
    answer = await ann.http.post("/api/heartbeat", json={"status": "waiting", "reason": "which key to use?"})
    assert (answer.status_code, answer.json()["status"], answer.json()["ttl"]) == (200, "waiting", 30)
    found = (await team.owner.http.get("/api/agents/ann")).json()
    now = answer.json()["time"]
    assert {key: found[key] for key in ("status", "reason", "since", "lastSeen")} == {
        "status": "waiting",
        "reason": "which key to use?",
        "since": now,
        "lastSeen": now,
    }
    async with ann.mcp() as client:
        said = await client.call_tool("heartbeat", {"status": "blocked", "reason": "no network", "ttl": 0})
        assert said.content[0].text.startswith("The team sees you as blocked.")  # type: ignore[union-attr]
        listed = await client.call_tool("get_agents", {})
        assert "ann (agent) — blocked (no network)" in listed.content[0].text  # type: ignore[union-attr]
    assert (await ann.call("get_me")).status == "blocked"


async def test_heartbeats_that_stop_are_lost_contact_and_a_good_bye_is_not(
    team: TestTeam, ann: Member, clock: MovedClock
) -> None:
    await ann.call("heartbeat", status="busy", reason="building")
    clock.advance(seconds=31)
    team.team.presence.sweep()
    assert await seen_of(team) == ("dead", "no sign of life for 30 s")
    await ann.call("heartbeat")
    assert await seen_of(team) == ("online", "sent a heartbeat")
    await ann.call("heartbeat", status="away", reason="the day is over")
    clock.advance(seconds=31)
    team.team.presence.sweep()
    assert await seen_of(team) == ("away", "the day is over")
    await team.server.settle()
    changes = [event for event in await team.events() if event.subject == "ann" and "status" in event.data]
    assert [(change.kind, change.data["status"]) for change in changes] == [
        ("agent.online", "online"),
        ("agent.status", "busy"),
        ("agent.offline", "dead"),
        ("agent.online", "online"),
        ("agent.offline", "away"),
    ]


@pytest.mark.teammcp(heartbeat_ttl=90)
async def test_how_long_a_heartbeat_holds_is_a_setting_and_an_argument(
    team: TestTeam, ann: Member, clock: MovedClock
) -> None:
    for ttl, given in ((90, {}), (200, {"ttl": 200}), (1, {"ttl": 1})):
        assert (await ann.call("heartbeat", **given)).ttl == ttl
        clock.advance(seconds=ttl - 0.5)
        team.team.presence.sweep()
        assert (await seen_of(team))[0] == "online"
        clock.advance(seconds=1)
        team.team.presence.sweep()
        assert (await seen_of(team))[0] == "dead"


@pytest.mark.parametrize(
    "given", [{"status": "dead"}, {"status": "asleep"}, {"ttl": -1}, {"reason": "x" * 201}, {"reason": "x"}]
)
async def test_what_cannot_be_said_is_refused(ann: Member, given: dict[str, object]) -> None:
    with pytest.raises(InvalidInput) as caught:
        await ann.call("heartbeat", **given)
    assert caught.value.data["errors"][0]["field"] == next(iter(given))


async def test_nothing_is_written_while_nothing_changes(
    team: TestTeam, settings: Settings, ann: Member, clock: MovedClock
) -> None:
    await ann.call("heartbeat", status="busy", reason="building")
    await team.owner.call("get_me")
    await team.server.settle()
    before, last = contents(settings.home), team.team.hub.last_id
    assert before
    for number in range(100):
        beat = {"status": "busy", "reason": f"building, {number} %"} if number % 2 else {}
        assert (await ann.http.post("/api/heartbeat", json=beat)).status_code == 200
        clock.advance(seconds=10)
        await team.owner.call("heartbeat")
        team.team.presence.sweep()
    await team.server.settle()
    assert await seen_of(team) == ("busy", "building, 99 %")
    assert contents(settings.home) == before
    assert team.team.hub.last_id == last
    await ann.call("heartbeat", status="idle")
    await team.server.settle()
    assert contents(settings.home) != before
    assert team.team.hub.last_id == last + 1


async def test_plugins_say_what_a_member_does(team: TestTeam, ann: Member) -> None:
    team.team.presence.set_status("ann", "waiting", Reason("permission prompt: %(about)s", "Bash"))
    await team.server.settle()
    assert await seen_of(team) == ("waiting", "permission prompt: Bash")
    [change] = [event for event in await team.events("agent.online") if event.subject == "ann"]
    assert change.data == {"status": "waiting", "reason": "permission prompt: Bash"}


async def test_a_dead_agent_counts_as_offline_for_those_who_ask_it(
    team: TestTeam, ann: Member, clock: MovedClock
) -> None:
    bob = await team.agent("bob")
    await ann.call("heartbeat")
    await bob.call("send_dm", recipient="ann", content="Read this.", ack_required=True)
    clock.advance(seconds=40)
    team.team.presence.sweep()
    await team.server.settle()
    clock.advance(minutes=29)
    await watch(team.team)
    told = [event for event in await team.events("message.sent") if event.actor == "system"]
    assert told == []
    clock.advance(minutes=1)
    await watch(team.team)
    [told_once] = [event for event in await team.events("message.sent") if event.actor == "system"]
    assert "Offline for long: ann" in json.dumps(told_once.data)


async def test_nobody_is_offline_for_long_by_the_time_that_the_server_was_down(
    team: TestTeam, ann: Member, clock: MovedClock
) -> None:
    await team.owner.call("send_dm", recipient="ann", content="Read this.", ack_required=True)
    clock.advance(hours=9)
    team.team.opened_at = clock.now()  # as a restart does
    for minutes, expected in ((29, 0), (1, 1)):
        clock.advance(minutes=minutes)
        await watch(team.team)
        assert len([event for event in await team.events("message.sent") if event.actor == "system"]) == expected


async def test_after_a_restart_nothing_is_claimed_of_what_was_said_before(
    settings: Settings, clock: MovedClock
) -> None:
    async with serve(settings, clock) as app:
        team = TestTeam(app, app.server, "default")
        await team.register_owner()
        owner, ann, bob = team.owner, await team.agent("ann"), await team.agent("bob")
        await ann.call("heartbeat", status="waiting", reason="which key?")
        await bob.call("heartbeat")
        heard = clock.now()
        clock.advance(seconds=31)
        await ann.call("heartbeat")
        team.team.presence.sweep()
        assert await seen_of(team, "bob") == ("dead", "no sign of life for 30 s")
        await team.close()
    clock.advance(hours=1)
    async with serve(settings, clock) as app:
        team = TestTeam(app, app.server, "default")
        team.owner = Member(app.server, "owner", owner.key, team.client(owner.key))
        last = team.team.hub.last_id
        for _ in range(3):
            team.team.presence.sweep()
            clock.advance(minutes=5)
        await team.server.settle()
        for name in ("ann", "bob"):
            assert await seen_of(team, name) == ("away", "not heard of since the server started")
        assert (await team.owner.call("get_agent_profile", name="bob")).lastSeen == heard
        assert {event.subject for event in await team.events() if event.id > last} == {"owner"}
        again = Member(app.server, "ann", ann.key, team.client(ann.key))
        await again.call("heartbeat")
        assert await seen_of(team, "ann") == ("online", "sent a heartbeat")
        await team.close()


async def test_the_examples_of_the_guide_are_answered_as_shown(team: TestTeam) -> None:
    examples = read_examples(Path(__file__).parent.parent / "docs" / "presence.md")
    assert len(examples) == 3
    await run_examples(await team.agent("alice"), examples)
