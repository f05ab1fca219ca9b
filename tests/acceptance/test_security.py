"""What an attacker may try against a real server: hosts, origins, keys, paths, names and ids of others."""

from __future__ import annotations

import re
import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.live import LiveServer

pytestmark = pytest.mark.acceptance

SECRET = "xyzzy-plugh"


@pytest.fixture
def team(live: LiveServer) -> dict[str, str]:
    """Keys by name: the owner, two agents with a secret between them, and a foreigner."""
    keys = {name: live.register(name) for name in ("owner", "alice", "bob", "mallory")}
    with live.client(keys["alice"]) as alice:
        assert alice.post("/api/send", json={"channel": "dm:bob", "content": SECRET}).status_code == 200
    return keys


def raw(live: LiveServer, request: str) -> str:
    """The answer to bytes that no client library would send."""
    with socket.create_connection(("127.0.0.1", live.port), timeout=10) as connection:
        connection.sendall(request.encode())
        answer = b""
        while part := connection.recv(65536):
            answer += part
        return answer.decode(errors="replace")


def files_below(folder: Path) -> Iterator[Path]:
    yield from (path for path in folder.rglob("*") if path.is_file())


def test_foreign_hosts_and_origins_are_refused(live: LiveServer, team: dict[str, str]) -> None:
    with live.client(team["alice"]) as client:
        for host in ("evil.example", f"evil.example:{live.port}", "127.0.0.1.evil.example", ""):
            for path in ("/api/me", "/api/health", "/", "/mcp"):
                assert client.get(path, headers={"Host": host}).status_code in {400, 421}, (host, path)
        body = {"channel": "general", "content": "forged"}
        for origin in (
            "http://evil.example",
            "null",
            "https://127.0.0.1.evil.example",
            "http://localhost@evil.example",
        ):
            assert client.post("/api/send", json=body, headers={"Origin": origin}).status_code == 403, origin
            assert client.post("/mcp", json={}, headers={"Origin": origin}).status_code == 403, origin
        assert client.post("/api/send", json=body, headers={"Origin": live.url}).status_code == 200
        answer = client.get("/api/me", headers={"Origin": "http://evil.example"})
        assert "access-control-allow-origin" not in answer.headers
        assert len(client.get("/api/history").json()["messages"]) == 1
    upgrade = (
        "GET /api/ws HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: http://evil.example\r\nConnection: Upgrade\r\n"
        "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        f"Authorization: Bearer {team['alice']}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", live.port), timeout=10) as connection:
        connection.sendall(upgrade.encode())
        assert " 403 " in connection.recv(65536).decode().split("\r\n", 1)[0]


def test_a_key_in_a_url_opens_nothing_and_no_key_is_ever_written_down(live: LiveServer, team: dict[str, str]) -> None:
    for name in ("key", "token", "api_key", "access_token", "KEY"):
        for path in ("/api/me", "/api/events", "/mcp", "/"):
            answer = httpx2.get(f"{live.url}{path}", params={name: team["alice"]}, trust_env=False)
            assert answer.status_code in {400, 401}, (name, path)
            assert team["alice"] not in answer.text
    with live.client(team["owner"]) as owner, live.client(team["alice"]) as alice:
        rotated = owner.post("/api/agents/bob/rotate-key", json={}).json()["apiKey"]
        for body in ({"channel": "general", "content": "x", "secret": team["alice"]}, {"nonsense": team["alice"]}):
            assert team["alice"] not in alice.post("/api/send", json=body).text
        alice.get(f"/api/agents/{team['bob']}")
        alice.post("/api/agents/bob/rotate-key", json={})
    with live.client(team["bob"]) as bob:
        assert bob.get("/api/me").status_code == 401
    httpx2.get(f"{live.url}/api/me", headers={"Authorization": f"Bearer {team['bob']}x"}, trust_env=False)
    raw(
        live,
        f"GET /api/me HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Basic {team['alice']}\r\nConnection: close\r\n\r\n",
    )
    keys = [*team.values(), rotated]
    assert live.stop() == 0
    assert len(set(keys)) == 5
    written = [(path, path.read_bytes()) for path in files_below(live.home)]
    assert any(path.name == "team.db" for path, _ in written)
    written.append((Path("the server's output"), "".join(live.output).encode()))
    for path, content in written:
        for key in keys:
            assert key.encode() not in content, path
            assert key.removeprefix("tmcp_default_").encode() not in content, path
    assert all(live.admin_key.encode() not in content for path, content in written[:-1])


def test_the_data_folder_is_the_owners_alone(live: LiveServer, team: dict[str, str]) -> None:
    assert stat.S_IMODE(live.home.stat().st_mode) == 0o700
    with live.client(team["alice"]) as alice:
        alice.post("/api/files", json={"name": "a.txt", "content": "YQ==", "channel": "general"})
    for path in files_below(live.home):
        assert not path.is_symlink()
        if "key" in path.name:
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_the_actor_is_whoever_has_the_key(live: LiveServer, team: dict[str, str]) -> None:
    with live.client(team["mallory"]) as mallory:
        for field in ("from", "from_agent", "sender", "actor", "agent", "author", "user", "as"):
            answer = mallory.post("/api/send", json={"channel": "general", "content": "x", field: "alice"})
            assert (answer.status_code, answer.json()["error"]) == (400, "invalid_input"), field
        for header in ("X-Agent-Name", "X-Forwarded-User", "Remote-User"):
            assert mallory.get("/api/me", headers={header: "alice"}).json()["name"] == "mallory"
        sent = mallory.post("/api/send", json={"channel": "general", "content": "x", "metadata": {"from": "alice"}})
        assert sent.status_code == 200
        (message,) = mallory.get("/api/history").json()["messages"]
        assert message["from_agent"] == "mallory"
    for key in (
        "x",
        "tmcp_default_",
        f"tmcp_default_{'A' * 43}",
        f"tmcp_other_{team['alice'][-43:]}",
        team["alice"][:-1],
    ):
        answer = httpx2.get(f"{live.url}/api/me", headers={"Authorization": f"Bearer {key}"}, trust_env=False)
        assert answer.status_code == 401, key


def test_a_taken_name_stays_taken(live: LiveServer, team: dict[str, str]) -> None:
    for name in ("alice", "ALICE", "Ａｌｉｃｅ", " alice", "owner"):
        answer = httpx2.post(f"{live.url}/api/register", json={"name": name}, trust_env=False)
        assert (answer.status_code, answer.json()["error"]) == (409, "name_taken"), name
        assert "tmcp_" not in answer.text
    with live.client(team["owner"]) as owner:
        assert owner.post("/api/agents/bob/retire", json={}).status_code == 200
    assert httpx2.post(f"{live.url}/api/register", json={"name": "bob"}, trust_env=False).status_code == 409


def test_foreign_direct_messages_stay_closed_by_any_id(live: LiveServer, team: dict[str, str]) -> None:
    with live.client(team["alice"]) as alice:
        history = alice.get("/api/history", params={"channel": "dm:alice:bob"}).json()
        message = history["messages"][0]["id"]
        upload = alice.post("/api/files", json={"name": "s.txt", "content": "eHl6enktcGx1Z2g=", "channel": "dm:bob"})
        file_id = upload.json()["file_id"]
        assert SECRET in alice.get(f"/api/files/{file_id}").text
    calls: list[tuple[str, str, dict[str, Any]]] = [
        ("GET", "/api/history?channel=dm:alice:bob", {}),
        ("GET", "/api/channels/dm:alice:bob/members", {}),
        ("GET", "/api/channels/dm%3Aalice%3Abob/pins", {}),
        ("GET", f"/api/messages/{message}", {}),
        ("GET", f"/api/messages/{message}/thread", {}),
        ("GET", f"/api/messages/{message}/receipt", {}),
        ("PUT", f"/api/messages/{message}", {"content": "mine"}),
        ("POST", f"/api/messages/{message}/reactions", {"emoji": "👍"}),
        ("POST", f"/api/messages/{message}/pin", {}),
        ("POST", "/api/send", {"channel": "dm:bob:alice", "content": "hello"}),
        ("POST", "/api/inbox/ack", {"items": [{"channel": "dm:alice:bob", "ack_id": message}]}),
        ("POST", "/api/call/get_history", {"channel": "dm:alice:bob"}),
        ("GET", f"/api/files/{file_id}", {}),
        ("GET", f"/api/files/{file_id}/meta", {}),
    ]
    for name in ("mallory", "owner"):
        with live.client(team[name]) as foreigner:
            for method, path, body in calls:
                answer = foreigner.request(method, path, **({} if method == "GET" else {"json": body}))
                assert answer.status_code in {403, 404}, (name, method, path, answer.text)
                assert SECRET not in answer.text
            assert foreigner.get("/api/search", params={"q": "xyzzy"}).json()["results"] == []
            events = foreigner.get("/api/sync", params={"since": 0}).text
            assert SECRET not in events


def test_no_file_name_leads_out_of_the_data_folder(live: LiveServer, team: dict[str, str]) -> None:
    before = {path for path in live.home.parent.rglob("*") if live.home not in path.parents}
    traps = ("../../escape.txt", "/etc/passwd", "..\\..\\escape.txt", "a/../../escape.txt", "....//escape.txt", "..")
    with live.client(team["alice"]) as alice:
        for name in (*traps, "\x00.txt", "."):
            answer = alice.post("/api/files", json={"name": name, "content": "Ym9vbQ==", "channel": "general"})
            assert answer.status_code in {201, 400}, answer.text
            if answer.status_code == 400:
                continue
            meta = answer.json()
            assert not set(meta["file_name"]) & set("/\\\0")
            download = alice.get(f"/api/files/{meta['file_id']}")
            assert download.content == b"boom"
            assert "/" not in download.headers["content-disposition"]
    assert {path for path in live.home.parent.rglob("*") if live.home not in path.parents} == before
    assert not {"escape.txt", "passwd"} & {path.name for path in files_below(live.home)}


def test_no_path_leads_to_the_servers_own_files(live: LiveServer, team: dict[str, str]) -> None:
    paths = [
        "/../admin-key.sha256", "/..%2fadmin-key.sha256", "/static/../../../../etc/passwd", "/api/files/../../team.db",
        "/api/files/%2e%2e%2fteam.db", "/static/..%2f..%2f..%2fpyproject.toml", "/static//etc/passwd", "/%2e%2e/",
        "/api/files/..%5c..%5cteam.db", "/static/%00", "//etc/passwd", "/api/files/1/../../../teams/default/team.db",
    ]  # fmt: skip
    for path in paths:
        head = f"Host: 127.0.0.1\r\nAuthorization: Bearer {team['alice']}\r\nConnection: close\r\n"
        answer = raw(live, f"GET {path} HTTP/1.1\r\n{head}\r\n")
        found = re.match(r"HTTP/1\.1 (\d+)", answer)
        assert found is not None, path
        assert 300 <= int(found[1]) < 500, (path, answer[:200])
        for leak in ("SQLite format", "root:", "[project]"):
            assert leak not in answer, path


def test_files_are_sent_so_that_no_browser_runs_them(live: LiveServer, team: dict[str, str]) -> None:
    with live.client(team["alice"]) as alice:
        page = "PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg=="
        for name in ("page.html", "image.svg", 'x";filename="evil.html', "a\r\nSet-Cookie: x=1.txt"):
            answer = alice.post("/api/files", json={"name": name, "content": page, "channel": "general"})
            if answer.status_code == 400:
                continue
            download = alice.get(f"/api/files/{answer.json()['file_id']}")
            assert download.headers["content-disposition"].startswith("attachment")
            assert download.headers["x-content-type-options"] == "nosniff"
            assert "set-cookie" not in download.headers
