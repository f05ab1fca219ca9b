"""Host and Origin: what keeps pages of other sites away, on every surface."""

from __future__ import annotations

import pytest

from teammcp.testing import TestTeam

pytestmark = pytest.mark.teammcp(url="https://team.example.org", allowed_hosts=["alias.example.org"])

KNOWN = [
    "localhost",
    "127.0.0.1:3100",
    "127.9.9.9",
    "[::1]:80",
    "LOCALHOST:1",
    "team.example.org",
    "alias.example.org:443",
]
FOREIGN = [
    "evil.example",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "",
    "192.168.1.5",
    "[::1",
    "a b",
    "::1@x",
    "evil@127.0.0.1",
    "localhost#evil",
    "localhost/evil",
    "localhost:80:80",
    "localhost:",
    "127.0.0.1\\x",
]


async def test_the_servers_own_names_are_answered(team: TestTeam) -> None:
    for host in KNOWN:
        assert (await team.owner.http.get("/api/me", headers={"Host": host})).status_code == 200, host


async def test_no_other_name_is_answered_anywhere(team: TestTeam) -> None:
    for path in ("/api/me", "/api/health", "/", "/mcp", "/static/x.css"):
        answer = await team.owner.http.get(path, headers={"Host": "evil.example"})
        assert (answer.status_code, answer.json()["error"]) == (421, "wrong_host"), path


async def test_no_trick_makes_a_foreign_name_known(team: TestTeam) -> None:
    for host in FOREIGN:
        assert (await team.owner.http.get("/api/me", headers={"Host": host})).status_code == 421, host


async def test_a_page_of_another_site_changes_nothing(team: TestTeam) -> None:
    for origin in ("https://evil.example", "null", "", "https://localhost.evil.example"):
        for path in ("/api/heartbeat", "/login", "/mcp"):
            answer = await team.owner.http.post(path, headers={"Origin": origin})
            assert (answer.status_code, answer.json()["error"]) == (403, "wrong_origin"), (origin, path)


async def test_the_servers_own_pages_may(team: TestTeam) -> None:
    for origin in ("http://127.0.0.1:3100", "https://team.example.org"):
        answer = await team.owner.http.post("/api/heartbeat", headers={"Origin": origin})
        assert answer.status_code == 200, origin


async def test_a_page_of_another_port_or_scheme_changes_nothing(team: TestTeam) -> None:
    foreign = ["http://localhost:1", "http://127.0.0.1", "https://127.0.0.1:3100", "https://team.example.org:8443"]
    for origin in (*foreign, "http://team.example.org", "ftp://team.example.org", "https://alias.example.org"):
        answer = await team.owner.http.post("/api/heartbeat", headers={"Origin": origin})
        assert (answer.status_code, answer.json()["error"]) == (403, "wrong_origin"), origin


async def test_a_page_under_the_name_and_port_that_it_was_asked_by_may(team: TestTeam) -> None:
    for host, origin in (
        ("alias.example.org", "https://alias.example.org"),
        ("alias.example.org:8443", "https://alias.example.org:8443"),
        ("alias.example.org:443", "https://alias.example.org"),
        ("team.example.org", "https://TEAM.example.org"),
        ("127.0.0.1:4000", "http://127.0.0.1:4000"),  # a tunnel
        ("[::1]:4000", "http://[::1]:4000"),
    ):
        answer = await team.owner.http.post("/api/heartbeat", headers={"Host": host, "Origin": origin})
        assert answer.status_code == 200, origin


async def test_a_request_that_two_programs_could_read_in_two_ways_is_refused(team: TestTeam) -> None:
    key = f"Bearer {team.owner.key}"
    twice = [("Authorization", "Bearer x"), ("Authorization", key)]
    assert (await team.client().get("/api/me", headers=twice)).status_code == 400
    both = {"Content-Length": "2", "Transfer-Encoding": "chunked"}
    assert (await team.owner.http.post("/api/heartbeat", content=b"{}", headers=both)).status_code == 400


@pytest.mark.parametrize("path", ["/api/register", "/api/heartbeat", "/api/send", "/api/teams"])
async def test_no_body_is_taken_that_a_page_of_another_site_could_send_unasked(team: TestTeam, path: str) -> None:
    body = b'{"name": "mallory", "channel": "general", "content": "x"}'
    key = (
        team.server.identity.new_admin_key
        if path == "/api/teams"
        else None
        if path == "/api/register"
        else team.owner.key
    )
    client = team.client(key=key)
    for kind in (None, "text/plain", "application/x-www-form-urlencoded", ""):
        headers = {} if kind is None else {"Content-Type": kind}
        answer = await client.post(path, content=body, headers=headers)
        assert (answer.status_code, answer.json()["error"]) == (415, "unsupported_media_type"), kind
    form = await client.post(path, files={"name": (None, "mallory")})
    assert (form.status_code, form.json()["error"]) == (415, "unsupported_media_type")
    assert (await client.post(path, content=b"")).status_code != 415  # no body needs no kind


async def test_reading_by_a_foreign_page_needs_no_refusal(team: TestTeam) -> None:
    answer = await team.owner.http.get("/api/health", headers={"Origin": "https://evil.example"})
    assert answer.status_code == 200  # the browser keeps the answer from the page: there is no CORS header
    assert "access-control-allow-origin" not in answer.headers


async def test_every_answer_has_a_request_id_of_its_own(team: TestTeam) -> None:
    paths = ["/api/health", "/api/nothing", "/", "/mcp"]
    ids = [(await team.owner.http.get(path)).headers["x-request-id"] for path in paths]
    assert len(set(ids)) == len(paths)
