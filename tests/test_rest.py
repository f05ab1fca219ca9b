"""Operations over REST: where arguments come from, what answers look like, who may call."""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path
from typing import Any

import pytest

from teammcp import Server
from teammcp.config import load_settings
from teammcp.http.connection import WhileConnected
from teammcp.testing import MovedClock, TestTeam, serve
from tests import rest_plugin
from tests.rest_plugin import RestPlugin

plugin = RestPlugin()
pytestmark = pytest.mark.teammcp(install={"rest_plugin": plugin})


async def test_every_operation_is_at_its_path_and_under_its_name(team: TestTeam) -> None:
    by_path = await team.owner.http.post("/api/things", json={"name": "chair", "size": 4})
    by_name = await team.owner.http.post("/api/call/make_thing", json={"name": "chair", "size": 4})
    assert by_path.status_code == by_name.status_code == 201
    assert by_path.json()["size"] == by_name.json()["size"] == 4
    assert by_path.headers["content-type"] == "application/json"
    assert by_path.json().keys() == {"id", "reply_to", "tags", "size", "name", "at"}
    assert by_path.json()["at"] == "1970-01-01T00:00:00.000Z"


async def test_a_list_is_a_bare_array(team: TestTeam) -> None:
    answer = await team.owner.http.get("/api/things")
    assert [thing["id"] for thing in answer.json()] == [0, 1, 2]


@pytest.mark.parametrize("query", ["tags=a&tags=b,c", "tags=a,b,c", "tags=a%2Cb&tags=c"])
async def test_lists_in_queries_are_repeated_or_separated_by_commas(team: TestTeam, query: str) -> None:
    answer = await team.owner.http.get(f"/api/things?{query}&limit=1&deep=true")
    assert answer.json() == [
        {
            "id": 0,
            "reply_to": None,
            "tags": ["a", "b", "c"],
            "size": 0,
            "name": "True",
            "at": "1970-01-01T00:00:00.000Z",
        }
    ]


async def test_paths_hold_numbers_although_bodies_are_strict(team: TestTeam) -> None:
    assert (await team.owner.http.get("/api/things/12")).json()["id"] == 12
    changed = await team.owner.http.put("/api/things/12", json={"name": "table"})
    assert (changed.json()["id"], changed.json()["name"]) == (12, "table")


async def test_a_body_is_strict(team: TestTeam) -> None:
    answer = await team.owner.http.post("/api/things", json={"name": "chair", "size": "4"})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "size"


async def test_head_is_get_without_its_body(team: TestTeam) -> None:
    answer = await team.owner.http.head("/api/things/12")
    assert answer.status_code == 200
    assert answer.headers["content-length"] != "0"


async def test_options_tells_the_methods(team: TestTeam) -> None:
    answer = await team.owner.http.options("/api/things/12")
    assert answer.status_code == 204
    assert answer.headers["allow"] == "DELETE, GET, HEAD, PUT, OPTIONS"
    assert not [name for name in answer.headers if name.startswith("access-control")]


async def test_a_multipart_file_is_the_content_and_names_itself(team: TestTeam) -> None:
    answer = await team.owner.http.post("/api/parcels", files={"content": ("grüße.txt", b"\x00\xff hello")})
    assert answer.status_code == 201
    assert (answer.json()["name"], answer.json()["size"]) == ("grüße.txt", 8)
    renamed = await team.owner.http.post("/api/parcels", data={"name": "x"}, files={"content": ("y", b"1")})
    assert renamed.json()["name"] == "x"


async def test_base64_is_the_other_way_to_send_bytes(team: TestTeam) -> None:
    body = {"name": "x", "content": base64.b64encode(b"12345").decode()}
    assert (await team.owner.http.post("/api/parcels", json=body)).json()["size"] == 5


async def test_a_file_larger_than_the_body_limit_comes_through(team: TestTeam) -> None:
    data = b"x" * (team.server.settings.max_body * 3)
    answer = await team.owner.http.post("/api/parcels", files={"content": ("big", data)})
    assert answer.json()["size"] == len(data)


async def test_files_are_downloads_whatever_is_in_them(team: TestTeam) -> None:
    answer = await team.owner.http.get("/api/parcels/1")
    assert answer.content == (Path(__file__).parent / "rest_plugin.py").read_bytes()
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "html" not in answer.headers["content-type"]
    assert int(answer.headers["content-length"]) == len(answer.content)


async def test_errors_are_problems_with_the_data_that_resolve_them(team: TestTeam) -> None:
    answer = await team.owner.http.delete("/api/things/1")
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {
        "type": "about:blank",
        "title": "Conflict",
        "status": 409,
        "detail": "It is in use.",
        "error": "in_use",
        "taken_by": "alice",
        "current_version": 7,
    }


async def test_the_unexpected_is_told_without_details(team: TestTeam, caplog: pytest.LogCaptureFixture) -> None:
    answer = await team.owner.http.get("/api/things/13")
    assert answer.status_code == 500
    assert answer.json()["error"] == "internal_error"
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert "secret" not in answer.text
    assert any(record.exc_info for record in caplog.records)


async def test_a_deferred_change_is_accepted_and_not_done(team: TestTeam, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugin, "deferring", True)
    answer = await team.owner.http.post("/api/things", json={"name": "chair"})
    assert answer.status_code == 202
    assert answer.json()["name"] == "waits"
    assert not await team.events("thing.made")


async def test_a_call_with_the_same_idempotency_key_is_done_once(team: TestTeam) -> None:
    headers = {"Idempotency-Key": "k-1"}
    first = await team.owner.http.post("/api/things", json={"name": "chair"}, headers=headers)
    again = await team.owner.http.post("/api/things", json={"name": "chair"}, headers=headers)
    other = await team.owner.http.post("/api/things", json={"name": "table"}, headers=headers)
    assert first.json() == again.json()
    assert (again.status_code, other.status_code) == (201, 409)
    assert len(await team.events("thing.made")) == 1


@pytest.mark.parametrize("key", ["", "x" * 129, "\u00e9"])
async def test_an_idempotency_key_is_short_printable_text(team: TestTeam, key: str) -> None:
    headers = {"Idempotency-Key": key.encode("latin-1")}
    assert (await team.owner.http.post("/api/things", json={"name": "chair"}, headers=headers)).status_code == 400


async def test_a_call_that_waits_ends_when_its_client_goes_away(
    team: TestTeam, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(WhileConnected, "LOOK_AFTER", 0)
    messages = [{"type": "http.request", "body": b"", "more_body": False}]
    hung_up = asyncio.Event()
    sent = []

    async def receive() -> dict[str, Any]:
        if messages:
            return messages.pop()
        await hung_up.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/api/patience", "query_string": b"", "client": ("127.0.0.1", 1)}
    scope["headers"] = [(b"host", b"localhost"), (b"authorization", f"Bearer {team.owner.key}".encode())]
    app: Any = team.app
    rest_plugin.waiting.clear()
    request = asyncio.create_task(app(scope, receive, send))
    while not rest_plugin.waiting:  # noqa: ASYNC110 - a list tells nobody
        await asyncio.sleep(0)
    hung_up.set()
    async with asyncio.timeout(10):
        await rest_plugin.waiting[0]
        await request
    assert not sent


class TestIdentity:
    @pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
    async def test_the_scheme_has_no_case(self, team: TestTeam, scheme: str) -> None:
        client = team.client()
        answer = await client.get("/api/me", headers={"Authorization": f"{scheme} {team.owner.key}"})
        assert answer.json()["name"] == "owner"

    @pytest.mark.parametrize(
        "header", [{}, {"Authorization": "Basic b3duZXI6"}, {"Authorization": "Bearer tmcp_default_x"}]
    )
    async def test_without_a_valid_key_nothing_is_told(self, team: TestTeam, header: dict[str, str]) -> None:
        answer = await team.client().get("/api/me", headers=header)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")

    @pytest.mark.parametrize("name", ["key", "token", "KEY", "access_token"])
    async def test_a_key_in_the_url_is_refused(self, team: TestTeam, name: str) -> None:
        answer = await team.owner.http.get(f"/api/me?{name}={team.owner.key}")
        assert answer.status_code == 400
        assert answer.json()["error"] == "key_in_url"
        assert team.owner.key not in answer.text

    async def test_the_actor_is_never_an_argument(self, team: TestTeam) -> None:
        answer = await team.owner.http.post("/api/things", json={"name": "chair", "actor": "alice"})
        assert answer.status_code == 400

    async def test_an_anonymous_operation_takes_anybody(self, team: TestTeam) -> None:
        assert (await team.client().post("/api/hello", json={"name": "x"})).json()["name"] == "default//x"
        assert (await team.owner.http.post("/api/hello", json={})).json()["name"] == "default/owner/"
        wrong = await team.client("tmcp_default_wrong").post("/api/hello", json={})
        assert wrong.status_code == 401

    async def test_an_anonymous_caller_names_the_team(self, team: TestTeam, server: Server) -> None:
        await server.create_team("other")
        assert (await team.client().post("/api/hello", json={"team": "other"})).json()["name"] == "other//"
        assert (await team.client().post("/api/hello", json={"team": "none"})).status_code == 404
        assert (await team.client().post("/api/hello", json={"team": 5})).status_code == 400
        assert (await team.owner.http.post("/api/hello", json={"team": "other"})).status_code == 400

    @pytest.mark.teammcp(install={"rest_plugin": plugin}, register_rate=2)
    async def test_registrations_from_one_address_are_counted(self, team: TestTeam, clock: MovedClock) -> None:
        client = team.client()
        statuses = [(await client.post("/api/register", json={"name": f"a{i}"})).status_code for i in range(3)]
        assert statuses == [200, 200, 429]
        answer = await client.post("/api/register", json={"name": "b"})
        clock.advance(seconds=int(answer.headers["retry-after"]))
        assert (await client.post("/api/register", json={"name": "b"})).status_code == 200


class TestTeams:
    @pytest.fixture
    def admin(self, team: TestTeam) -> Any:
        return team.client(team.server.identity.new_admin_key)

    async def test_the_admin_key_makes_lists_and_deletes_teams(self, admin: Any, server: Server) -> None:
        made = await admin.post("/api/teams", json={"name": "blue"})
        assert (made.status_code, made.json()) == (201, {"name": "blue", "agents": 0, "online": 0})
        assert [team["name"] for team in (await admin.get("/api/teams")).json()] == ["blue", "default"]
        assert (await admin.post("/api/teams", json={"name": "blue"})).status_code == 409
        folder = server.team("blue").folder
        assert (await admin.delete("/api/teams/blue")).json() == {"name": "blue", "deleted": True}
        assert not folder.exists()
        assert (await admin.delete("/api/teams/blue")).status_code == 404

    @pytest.mark.parametrize("body", [{}, {"name": 5}, {"name": "Upper"}, {"name": "x", "y": 1}, {"name": "../x"}])
    async def test_a_wrong_team_is_refused(self, admin: Any, body: dict[str, Any]) -> None:
        answer = await admin.post("/api/teams", json=body)
        assert answer.status_code == 400
        assert answer.json()["errors"]

    async def test_nobody_else_may(self, team: TestTeam) -> None:
        assert (await team.client().get("/api/teams")).status_code == 401
        assert (await team.client("tmcpadmin_wrong").get("/api/teams")).status_code == 401
        assert (await team.owner.http.get("/api/teams")).status_code == 403

    async def test_a_key_opens_its_own_team_only(self, team: TestTeam, server: Server) -> None:
        await server.create_team("blue")
        forged = team.owner.key.replace("tmcp_default_", "tmcp_blue_")
        assert (await team.client(forged).get("/api/me")).status_code == 401


class Broken(RestPlugin):
    """Contributes an operation under a name that is taken."""

    def register_operations(self) -> list[Any]:
        return [*super().register_operations()[:1], *super().register_operations()[:1]]

    register_operations.teammcp_impl = RestPlugin.register_operations.teammcp_impl  # type: ignore[attr-defined]


async def test_a_plugin_with_a_bad_operation_is_switched_off_whole(tmp_path: Path, clock: MovedClock) -> None:
    settings = load_settings(home=tmp_path)
    async with serve(settings, clock, {"broken": Broken()}) as app:
        server: Server = app.server  # type: ignore[attr-defined]
        assert server.plugins.plugins["broken"].state == "failed"
        assert "list_things" in (server.plugins.plugins["broken"].error or "")
        assert "list_things" not in {operation.name for operation in server.registry}
        assert "get_me" in {operation.name for operation in server.registry}
