"""A new key is shown to the browser that made it until it is saved, and to nobody else."""

from __future__ import annotations

import re

import pytest
from quart import Quart

from teammcp.config import Settings
from teammcp.server import Server
from teammcp.testing import TestTeam
from teammcp.web.new_keys import MOST, SECONDS, NewKeys
from tests.webkit import Page, visiting, visitor

KEY = re.compile(r"tmcp_default_[\w-]{43}")


def shown(page: Page) -> str | None:
    found = KEY.search(page.response.text)
    return found[0] if found else None


async def test_a_new_key_survives_reloads_until_it_is_saved(team: TestTeam) -> None:
    browser = await visiting(team, team.owner.key)
    made = await browser.send(await browser.get("/agents/new"), "/agents/new", name="coder", role="", access="member")
    key = shown(made)
    assert key
    assert (await team.member("coder", key).call("get_me")).name == "coder"
    assert made.path == "/agents/coder/key"
    again = await browser.get(made.path)
    assert shown(again) == key
    assert again.response.headers["cache-control"] == "no-store"
    saved = await browser.send(again, "/agents/coder/key")
    assert saved.path == "/agents"
    gone = await browser.get("/agents/coder/key")
    assert shown(gone) is None
    assert gone.links["New key…"] == "/agents/coder/rotate-key"


async def test_a_replaced_key_is_shown_the_same_way(team: TestTeam) -> None:
    await team.agent("ann")
    browser = await visiting(team, team.owner.key)
    for name in ("ann", "owner"):
        made = await browser.send(await browser.get(f"/agents/{name}/rotate-key"), f"/agents/{name}/rotate-key")
        assert made.path == f"/agents/{name}/key"
        assert shown(made)
        assert shown(await browser.get(made.path)) == shown(made)


async def test_only_the_browser_that_made_a_key_is_shown_it(team: TestTeam) -> None:
    boss = await team.agent("boss", access="owner")
    browser, same, other = (
        await visiting(team, team.owner.key),
        await visiting(team, team.owner.key),
        await visiting(team, boss.key),
    )
    made = await browser.send(await browser.get("/agents/new"), "/agents/new", name="coder", role="", access="member")
    assert shown(made)
    for somebody in (same, other):
        assert shown(await somebody.get(made.path)) is None


@pytest.mark.parametrize("ending", ["rotate_key", "retire_agent"])
async def test_a_key_that_opens_nothing_is_not_shown(team: TestTeam, ending: str) -> None:
    browser = await visiting(team, team.owner.key)
    made = await browser.send(await browser.get("/agents/new"), "/agents/new", name="coder", role="", access="member")
    assert shown(made)
    await team.owner.call(ending, name="coder")
    assert shown(await browser.get(made.path)) is None


async def test_a_key_is_nowhere_but_on_its_page(
    team: TestTeam, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    browser = await visiting(team, team.owner.key)
    made = await browser.send(await browser.get("/agents/new"), "/agents/new", name="coder", role="", access="member")
    key = shown(made)
    assert key
    await browser.get(made.path)
    assert key not in caplog.text
    assert key not in str([response.headers for response in made.response.history])
    for path in ("/agents", "/agents/coder", "/channels/general"):
        assert key not in (await browser.get(path)).response.text
    kept = [file for file in settings.home.rglob("*") if file.is_file()]
    assert kept
    assert not [file for file in kept if key.encode() in file.read_bytes()]


async def test_keys_are_kept_for_a_short_time_and_not_without_end(team: TestTeam, server: Server) -> None:
    now = 0.0
    keys = NewKeys(server, lambda: now)
    keys.keep("session", "owner", team.owner.key)
    now = SECONDS - 1
    assert keys.find("session", "owner") == team.owner.key
    assert keys.find("session", "ann") is None
    now = SECONDS
    assert keys.find("session", "owner") is None
    for number in range(MOST + 1):
        keys.keep(f"session {number}", "owner", team.owner.key)
    assert keys.find("session 0", "owner") is None
    assert keys.find(f"session {MOST}", "owner") == team.owner.key


async def test_the_owner_s_first_key_survives_reloads_too(app: Quart, server: Server) -> None:
    fresh = TestTeam(app, server, "default")
    browser = visitor(fresh)
    made = await browser.send(await browser.get("/setup"), "/setup", name="Maya", role="Lead")
    assert made.path == "/welcome"
    assert shown(made)
    again = await browser.get("/welcome")
    assert shown(again) == shown(made)
    assert (await browser.send(again, "/welcome")).path == "/channels/general"
    assert shown(await browser.get("/welcome")) is None
    await fresh.close()
