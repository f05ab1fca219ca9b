"""Who gets into the dashboard, and that no other site acts in somebody's name."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
from quart import Quart

from teammcp import Server
from teammcp.testing import MovedClock, TestTeam
from tests.webkit import Page, visiting, visitor


@pytest.fixture
async def fresh(app: Quart, server: Server) -> AsyncIterator[TestTeam]:
    """A server on which nobody is registered yet."""
    team = TestTeam(app, server, "default")
    yield team
    await team.close()


# -- first start -----------------------------------------------------------------------------------------------------


async def test_a_new_server_asks_for_its_owner_and_logs_them_in(fresh: TestTeam) -> None:
    browser = visitor(fresh)
    page = await browser.get("/")
    assert page.path == "/setup"
    done = await browser.send(page, "/setup", name="Maya", role="Lead")
    key = re.search(r"tmcp_default_[\w-]{43}", done.text)
    assert done.status == 200
    assert key is not None
    assert done.response.headers["cache-control"] == "no-store"
    owner = fresh.team.directory.agents["Maya"]
    assert (owner.kind, owner.access.name) == ("human", "owner")
    assert (await browser.get("/")).path == "/channels/general"


async def test_only_the_machine_itself_may_set_up(fresh: TestTeam) -> None:
    far = visitor(fresh, "203.0.113.7")
    page = await far.get("/setup")
    assert page.status == 403
    assert "machine the server runs on" in page.text
    near = await visitor(fresh).get("/setup")
    forged = await far.http.post("/setup", data={**near.form("/setup").values, "name": "Eve"})
    assert forged.status_code == 403
    assert not fresh.team.directory.agents


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP"])
async def test_who_comes_through_a_proxy_may_not_set_up(fresh: TestTeam, header: str) -> None:
    page = await visitor(fresh).get("/setup", **{header: "203.0.113.7"})
    assert page.status == 403
    assert not page.elements("input", name="name")


async def test_set_up_is_over_once_there_is_an_owner(team: TestTeam) -> None:
    assert (await visitor(team).get("/setup")).path == "/login"


async def test_a_bad_name_is_explained_beside_what_was_typed(fresh: TestTeam) -> None:
    browser = visitor(fresh)
    page = await browser.send(await browser.get("/setup"), "/setup", name="no spaces please", role="Lead")
    assert page.status == 400
    assert "name:" in page.text
    assert page.form("/setup").values["name"] == "no spaces please"


# -- logging in and out ----------------------------------------------------------------------------------------------


async def test_a_key_opens_a_session_and_logging_out_ends_it(team: TestTeam) -> None:
    browser = visitor(team)
    asked = await browser.get("/agents?retired=1")
    assert asked.path == "/login?next=/agents%3Fretired%3D1"
    page = await browser.send(asked, "/login", key=f" {team.owner.key}\n")
    assert page.path == "/agents?retired=1"
    token = browser.session
    left = await browser.send(page, "/logout")
    assert left.path == "/login"
    browser.http.cookies.set(f"teammcp_session_{team.server.settings.port}", token)
    assert (await browser.get("/agents")).path.startswith("/login")


async def test_the_cookie_is_out_of_reach_and_its_token_is_kept_as_a_hash(team: TestTeam) -> None:
    browser = visitor(team)
    page = await browser.get("/login")
    answer = await browser.http.post(
        "/login", data={**page.form("/login").values, "key": team.owner.key}, follow_redirects=False
    )
    cookie = next(value for value in answer.headers.get_list("set-cookie") if "session" in value)
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= {part.strip() for part in cookie.split(";")}
    assert "Secure" not in cookie
    database = team.team.folder / "team.db"
    kept = database.read_bytes() + (database.parent / "team.db-wal").read_bytes()
    assert browser.session.encode() not in kept
    assert team.owner.key.encode() not in kept


@pytest.mark.teammcp(url="https://team.example.org")
async def test_behind_tls_the_cookie_is_secure(team: TestTeam) -> None:
    browser = visitor(team)
    page = await browser.get("/login")
    answer = await browser.http.post(
        "/login", data={**page.form("/login").values, "key": team.owner.key}, follow_redirects=False
    )
    assert all("Secure" in cookie for cookie in answer.headers.get_list("set-cookie"))


async def test_a_session_of_an_attacker_is_not_taken_over(team: TestTeam) -> None:
    planted = visitor(team)
    planted.http.cookies.set(f"teammcp_visitor_{team.server.settings.port}", "chosen-by-the-attacker")
    page = await planted.get("/login")
    before = page.form("/login").values["csrf"]
    after = await planted.send(page, "/login", key=team.owner.key)
    assert after.form("/logout").values["csrf"] != before
    assert "chosen-by-the-attacker" not in planted.session


async def test_sessions_end_by_themselves(team: TestTeam, clock: MovedClock) -> None:
    browser = await visiting(team, team.owner.key)
    clock.advance(days=29)
    assert (await browser.get("/agents")).path == "/agents"
    clock.advance(days=2)
    asked = await browser.get("/agents")
    assert asked.path.startswith("/login")
    assert "Your session has ended" in asked.text
    refused = await browser.send(asked, "/login", key="tmcp_default_wrong")
    assert "Your session has ended" in refused.text
    assert (await browser.send(refused, "/login", key=team.owner.key)).path == "/agents"
    assert "Your session has ended" not in (await visitor(team).get("/agents")).text


async def test_a_new_key_and_retiring_end_the_sessions_of_the_old_one(team: TestTeam) -> None:
    alice, bob = await team.agent("alice"), await team.agent("bob")
    first, second = await visiting(team, alice.key), await visiting(team, bob.key)
    await team.owner.call("rotate_key", name="alice")
    await team.owner.call("retire_agent", name="bob")
    for browser in (first, second):
        assert (await browser.get("/agents")).path.startswith("/login")


async def test_somebody_who_takes_a_new_key_stays_logged_in_here_only(team: TestTeam) -> None:
    here, elsewhere = await visiting(team, team.owner.key), await visiting(team, team.owner.key)
    asked = await here.get("/agents/owner/rotate-key")
    shown = await here.send(asked, "/agents/owner/rotate-key")
    assert re.search(r"tmcp_default_[\w-]{43}", shown.text)
    assert (await here.get("/agents")).path == "/agents"
    assert (await elsewhere.get("/agents")).path.startswith("/login")


@pytest.mark.teammcp(register_rate=3)
async def test_guessing_over_rest_is_throttled_too(team: TestTeam) -> None:
    client = team.client(address="198.51.100.10")
    answers = [await client.post("/api/sessions", json={"key": "tmcp_default_" + "x" * 43}) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429]
    opened = await client.post("/api/sessions", json={"key": team.owner.key})
    assert opened.json()["token"].startswith("default.")


@pytest.mark.teammcp(register_rate=3)
async def test_wrong_keys_are_throttled(team: TestTeam) -> None:
    browser = visitor(team, "198.51.100.9")
    wrong = "tmcp_default_" + "x" * 43
    answers = [await browser.log_in(wrong) for _ in range(4)]
    assert [page.status for page in answers] == [401, 401, 401, 429]
    assert wrong not in "".join(page.response.text for page in answers)
    assert (await browser.log_in(team.owner.key)).status == 200


async def test_a_key_of_another_team_opens_that_team(team: TestTeam, server: Server) -> None:
    await server.create_team("north")
    north = TestTeam(team.app, server, "north")
    await north.register_owner()
    browser = await visiting(team, north.owner.key)
    page = await browser.get("/channels/general")
    assert "north" in page.text
    assert browser.session.startswith("north.")
    await north.close()


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil.example", "/a\r\nX: y"])
async def test_logging_in_leads_nowhere_else(team: TestTeam, target: str) -> None:
    browser = visitor(team)
    page = await browser.get("/login")
    answer = await browser.http.post(
        "/login",
        data={**page.form("/login").values, "key": team.owner.key, "next": target},
        follow_redirects=False,
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


# -- forms from elsewhere ----------------------------------------------------------------------------------------------


async def messages_of(team: TestTeam) -> list[str]:
    history = await team.owner.call("get_history", channel="general")
    return [message.content for message in history.messages]


@pytest.mark.parametrize("sent", [{}, {"csrf": ""}, {"csrf": "0" * 64}, {"csrf": "ü"}])
async def test_a_form_without_its_token_does_nothing(team: TestTeam, sent: dict[str, str]) -> None:
    browser = await visiting(team, team.owner.key)
    answer = await browser.http.post("/channels/general/send", data={"content": "forged", **sent})
    assert answer.status_code == 403
    assert "out of date" in answer.text
    assert await messages_of(team) == []


async def test_the_token_of_somebody_else_does_nothing(team: TestTeam) -> None:
    browser, other = await visiting(team, team.owner.key), await visiting(team, (await team.agent("mallory")).key)
    stolen = (await other.get("/channels/general")).form("/channels/general/send").values["csrf"]
    answer = await browser.http.post("/channels/general/send", data={"content": "forged", "csrf": stolen})
    assert answer.status_code == 403
    assert await messages_of(team) == []


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}]
)
async def test_a_form_of_another_site_does_nothing_even_with_the_token(team: TestTeam, headers: dict[str, str]) -> None:
    browser = await visiting(team, team.owner.key)
    values = (await browser.get("/channels/general")).form("/channels/general/send").values
    answer = await browser.http.post("/channels/general/send", data={**values, "content": "forged"}, headers=headers)
    assert answer.status_code == 403
    assert await messages_of(team) == []


async def test_every_form_has_a_token(team: TestTeam) -> None:
    browser = await visiting(team, team.owner.key)
    await team.agent("alice")
    sent = await team.owner.call("send_message", channel="general", content="hello")
    await team.owner.call("add_reaction", message_id=sent.id, emoji="👍")
    for path in PLACES:
        page = await browser.get(path.format(id=sent.id))
        assert page.status == 200, path
        posts = [form for form in page.forms if form.method == "post"]
        assert posts, path
        assert all(re.fullmatch("[0-9a-f]{64}", form.values["csrf"]) for form in posts), path


PLACES = [
    "/channels/general",
    "/channels/general?panel=thread&message={id}",
    "/channels/general?panel=members",
    "/channels/general?panel=pins",
    "/channels/general?panel=files",
    "/channels/general?panel=about",
    "/channels?list=1",
    "/channels/new",
    "/dm/new",
    "/go",
    "/inbox",
    "/search?q=hello",
    "/agents",
    "/agents/new",
    "/agents/alice",
    "/agents/alice/retire",
    "/agents/alice/rotate-key",
    "/messages/{id}/edit",
    "/messages/{id}/delete",
    "/messages/{id}/receipt",
    "/plugins",
    "/shortcuts",
]


async def test_pages_run_no_script_and_no_style_but_ours(team: TestTeam) -> None:
    browser = await visiting(team, team.owner.key)
    sent = await team.owner.call("send_message", channel="general", content="hello")
    await team.agent("alice")
    for path in [*(place.format(id=sent.id) for place in PLACES), "/nothing-here"]:
        page = await browser.get(path)
        policy = page.response.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert page.response.headers["x-content-type-options"] == "nosniff"
        assert page.response.headers["x-frame-options"] == "DENY"
        assert_nothing_inline(page)


def assert_nothing_inline(page: Page) -> None:
    for tag, attributes in page.tags:
        assert tag != "style"
        assert tag != "script" or attributes.get("src", "").startswith("/static/")
        assert not any(name == "style" or name.startswith("on") for name in attributes), (page.path, attributes)


# -- keys -------------------------------------------------------------------------------------------------------------


async def test_a_key_is_shown_once_and_never_again(team: TestTeam) -> None:
    browser = await visiting(team, team.owner.key)
    shown = await browser.send(await browser.get("/agents/new"), "/agents/new", name="coder", role="", access="member")
    found = re.search(r"tmcp_default_[\w-]{43}", shown.text)
    assert found is not None
    key = found[0]
    assert shown.response.headers["cache-control"] == "no-store"
    assert "TEAMMCP_KEY" in shown.text
    assert "mcpServers" in shown.text
    assert (await team.member("coder", key).call("get_me")).name == "coder"
    for path in ("/agents", "/agents/coder", "/channels/general", "/plugins"):
        page = await browser.get(path)
        assert key not in page.response.text
        assert team.owner.key not in page.response.text


async def test_a_key_in_an_address_is_refused(team: TestTeam) -> None:
    answer = await visitor(team).http.get(f"/login?key={team.owner.key}")
    assert answer.status_code == 400
    assert team.owner.key not in answer.text


async def test_observers_and_strangers_see_what_they_may(team: TestTeam) -> None:
    watcher = await visiting(team, (await team.agent("watcher", access="observer")).key)
    page = await watcher.get("/channels/general")
    assert "you can read, but not write" in page.text
    assert (await watcher.get("/agents/new")).status == 403
    assert (await watcher.get("/channels/new")).status == 403
    forged = await watcher.http.post(
        "/channels/general/send", data={"csrf": page.form("/logout").values["csrf"], "content": "no"}
    )
    assert forged.status_code == 403
    assert await messages_of(team) == []


async def test_private_channels_stay_private(team: TestTeam) -> None:
    alice, bob = await team.agent("alice"), await team.agent("bob")
    await alice.call("create_channel", id="secret", type="topic")
    sent = await alice.call("send_message", channel="secret", content="the plan")
    direct = await alice.call("send_dm", recipient="owner", content="between us")
    browser = await visiting(team, bob.key)
    for path in (
        "/channels/secret",
        "/channels/secret/stream",
        "/channels/secret/names",
        "/channels/dm:alice:owner",
        f"/messages/{sent.id}",
        f"/messages/{sent.id}/edit",
        f"/messages/{sent.id}/receipt",
        f"/messages/{direct.id}/edits",
        f"/channels/general?panel=thread&message={sent.id}",
    ):
        page = await browser.get(path)
        assert page.status in {403, 404}, path
        assert "the plan" not in page.text
        assert "between us" not in page.text
