"""The fixtures that plugin authors get."""

from __future__ import annotations

from typing import Any

import pytest

from teammcp import Forbidden, Refused, Server, hookimpl
from teammcp.testing import MovedClock, TestTeam


class Watcher:
    """A plugin that refuses one word and counts what it hears of."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    @hookimpl
    def before_message(self, draft: Any) -> None:
        if "rude" in draft.content:
            raise Refused("no rude words")

    @hookimpl
    def message_sent(self, message: Any) -> None:
        self.sent.append(message.content)


async def test_a_member_calls_operations_and_http_as_itself(team: TestTeam) -> None:
    alice = await team.agent("alice", role="Engineer")
    assert (await alice.call("get_me")).role == "Engineer"
    response = await alice.http.get("/api/me")
    assert response.status_code == 200
    assert response.json()["name"] == "alice"


async def test_the_owner_is_there_and_owns(team: TestTeam) -> None:
    assert (await team.owner.call("get_me")).access == "owner"
    alice = await team.agent("alice")
    with pytest.raises(Forbidden):
        await alice.call("retire_agent", name="owner")


async def test_time_moves_only_when_told(team: TestTeam, clock: MovedClock) -> None:
    before = (await team.owner.call("heartbeat")).time
    clock.advance(hours=2, seconds=0.5)
    assert (await team.owner.call("heartbeat")).time - before == 2 * 3_600_000 + 500


async def test_events_are_those_of_the_log(team: TestTeam) -> None:
    await team.agent("alice")
    assert [event.subject for event in await team.events("agent.registered")] == ["owner", "alice"]
    assert {event.kind for event in await team.events()} > {"agent.registered"}


@pytest.mark.teammcp(theme="dark", register_rate=3)
async def test_the_marker_gives_settings(server: Server) -> None:
    assert server.settings.theme == "dark"
    assert server.settings.register_rate == 3
    assert server.settings.agent_rate == 0


watcher = Watcher()


@pytest.mark.teammcp(install={"watcher": watcher})
async def test_the_marker_installs_plugins(team: TestTeam) -> None:
    with pytest.raises(Refused, match="no rude words"):
        await team.owner.call("send_message", channel="general", content="rude")
    await team.owner.call("send_message", channel="general", content="kind")
    await team.server.settle()
    assert watcher.sent == ["kind"]


async def test_a_client_comes_from_the_address_it_is_given(team: TestTeam) -> None:
    response = await team.client(address="203.0.113.9").post("/api/register", json={"name": "mallory"})
    assert response.status_code == 403


async def test_the_machines_settings_play_no_part(server: Server, tmp_path: Any) -> None:
    assert server.settings.home == tmp_path / "teammcp"
