"""Whose a team is: of whoever its administrator says, and on a fresh server of the person at the machine."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from teammcp import Deferred, hookimpl
from teammcp.config import load_settings
from teammcp.testing import NO_LIMITS, TestTeam, all_plugins_but, serve
from tests.live import LOOK


def admin(team: TestTeam, **options: Any) -> Any:
    return team.client(key=team.server.identity.new_admin_key, **options)


async def register(client: Any, **body: Any) -> Any:
    return await client.post("/api/register", json=body)


async def test_nobody_takes_a_new_team_without_the_admins_word(team: TestTeam) -> None:
    assert (await admin(team).post("/api/teams", json={"name": "blue"})).status_code == 201
    for body in ({}, {"kind": "human"}, {"kind": "agent"}, {"access": "owner"}, {"secret": "x"}):
        for client in (team.client(), team.client(address="203.0.113.5"), team.owner.http):
            answer = await register(client, name="mallory", team="blue", **body)
            assert answer.status_code in {400, 403}, (body, answer.text)
    assert team.server.team("blue").directory.agents == {}
    made = await register(admin(team, address="203.0.113.5"), name="grace", team="blue", kind="human")
    assert made.json()["agent"]["access"] == "owner"


async def test_whoever_polls_for_a_team_that_is_made_gets_nothing(team: TestTeam) -> None:
    mallory = team.client()
    going = True

    async def poll() -> list[int]:
        statuses = []
        while going:
            statuses.append((await register(mallory, name="mallory", team="blue", kind="human")).status_code)
            await asyncio.sleep(0)
        return statuses

    polling = asyncio.create_task(poll())
    await asyncio.sleep(0.05)
    made = await admin(team).post("/api/teams", json={"name": "blue", "owner": "grace"})
    for _ in range(20):
        await asyncio.sleep(0)
    going = False
    assert made.status_code == 201
    agents = team.server.team("blue").directory.agents
    assert agents["grace"].access.name == "owner"
    assert [agent.name for agent in agents.values() if agent.access.name == "owner"] == ["grace"]
    assert set(await polling) <= {403, 404}


async def test_a_team_is_made_with_its_owner_in_one_step(team: TestTeam) -> None:
    made = (await admin(team).post("/api/teams", json={"name": "blue", "owner": "Grace"})).json()
    assert (made["name"], made["owner"], made["agents"]) == ("blue", "Grace", 1)
    me = (await team.client(key=made["apiKey"]).get("/api/me")).json()
    assert (me["team"], me["name"], me["access"], me["kind"]) == ("blue", "Grace", "owner", "human")


@pytest.mark.parametrize("owner", ["", "system", "a b", "x" * 65, 5, "no:name"])
async def test_with_an_owner_that_cannot_be_no_team_is_made(team: TestTeam, owner: Any) -> None:
    answer = await admin(team).post("/api/teams", json={"name": "blue", "owner": owner})
    assert answer.status_code == 400
    assert "blue" not in team.server.teams
    assert (await admin(team).post("/api/teams", json={"name": "blue", "owner": "grace"})).status_code == 201


class Hesitant:
    """A plugin that makes registrations wait."""

    @hookimpl
    def before_operation(self, context: Any, operation: Any) -> Any:
        waits = operation.name == "register_agent" and context.team.name == "blue"
        return Deferred({"waiting": True}) if waits else None


@pytest.mark.teammcp(install={"hesitant": Hesitant()})
async def test_without_its_owner_a_team_is_not_made_either(team: TestTeam) -> None:
    answer = await admin(team).post("/api/teams", json={"name": "blue", "owner": "grace"})
    assert answer.status_code == 403
    assert "blue" not in team.server.teams


async def test_the_admins_word_makes_no_further_members(team: TestTeam) -> None:
    far = admin(team, address="203.0.113.5")
    answer = await register(far, name="mallory", access="owner")
    assert (answer.status_code, answer.json()["error"]) == (403, "registration_closed")
    for path in ("/api/me", "/api/agents"):
        assert (await far.get(path)).status_code == 401


async def test_only_the_admins_word_makes_an_owner_that_is_no_person(tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path, disabled_plugins=all_plugins_but(LOOK), **NO_LIMITS)
    async with serve(settings) as app:
        team = TestTeam(app, app.server, "default")  # type: ignore[attr-defined]
        for kind in ("agent", "service"):
            answer = await register(team.client(), name="robot", kind=kind)
            assert (answer.status_code, "kind: " in answer.json()["detail"]) == (403, True)
        made = await register(admin(team), name="robot", kind="agent")
        assert (made.json()["agent"]["access"], made.json()["agent"]["kind"]) == ("owner", "agent")
        await team.close()


@pytest.mark.parametrize(("url", "open_"), [(None, True), ("https://team.example.org", False)])
async def test_a_fresh_server_is_for_the_person_at_its_machine_if_it_is_for_this_machine_alone(
    tmp_path: Path, url: str | None, open_: bool
) -> None:
    settings = load_settings(home=tmp_path, url=url, disabled_plugins=all_plugins_but(LOOK), **NO_LIMITS)
    async with serve(settings) as app:
        team = TestTeam(app, app.server, "default")  # type: ignore[attr-defined]
        page = await team.client().get("/setup")
        assert (page.status_code == 200) is open_
        assert ("TEAMMCP_ADMIN_KEY" in page.text) is not open_
        answer = await register(team.client(), name="ada")
        assert (answer.status_code == 200) is open_
        if not open_:
            assert "TEAMMCP_ADMIN_KEY" in answer.json()["detail"]
            far = admin(team, address="203.0.113.5")
            assert (await register(far, name="ada")).json()["agent"]["access"] == "owner"
        await team.close()


async def test_a_team_without_members_stays_reserved_when_the_server_comes_back(tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path, disabled_plugins=all_plugins_but(LOOK), **NO_LIMITS)
    async with serve(settings) as app:
        team = TestTeam(app, app.server, "default")  # type: ignore[attr-defined]
        await team.register_owner()
        key = team.server.identity.new_admin_key
        await admin(team).post("/api/teams", json={"name": "blue"})
        await team.close()
    async with serve(settings) as app:
        team = TestTeam(app, app.server, "default")  # type: ignore[attr-defined]
        assert (await register(team.client(), name="mallory", team="blue")).status_code == 403
        assert (await register(team.client(key=key), name="grace", team="blue")).status_code == 200
        await team.close()
