"""Routes of plugins: raw requests under /hooks/, with an authentication of the plugin's own."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
import re
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from teammcp import Context, Forbidden, RawRequest, RawResponse, Route, Server, hookimpl
from teammcp.config import Settings
from teammcp.testing import MovedClock, TestTeam, serve

SECRET = b"s3cret-of-the-webhook"


async def signed(request: RawRequest) -> dict[str, Any]:
    expected = hmac.new(SECRET, request.body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(request.headers.get("X-Signature", ""), expected):
        raise Forbidden("The signature does not fit.", code="wrong_signature")
    context = request.context("default")
    sent = await context.call("send_message", channel="general", content=request.text())
    return {"id": sent.id, "event": request.headers["x-event"]}


async def secret_path(request: RawRequest, secret: str, number: str) -> str:
    return f"{request.method} {number} {request.query.get('q')} {request.query.getlist('many')} {request.address}"


async def whoever(request: RawRequest) -> str:
    context: Context = request.authenticate()
    return f"{context.actor.name} of {context.team.name}"


async def answer(request: RawRequest, kind: str) -> Any:
    answers: dict[str, Any] = {
        "none": None,
        "text": "é",
        "bytes": b"\x00\xff",
        "list": [1],
        "teapot": RawResponse("short", 418, "text/plain", {"X-More": "yes", "cache-control": "max-age=5"}),
        "odd": 3.5,
    }
    if kind == "fault":
        raise RuntimeError("broken")
    return answers[kind]


async def numbers(request: RawRequest) -> RawResponse:
    async def parts() -> AsyncGenerator[bytes, None]:
        for number in range(3):
            yield b"%d\n" % number
            await asyncio.sleep(0)
        if request.query.get("fail"):
            raise RuntimeError("in the middle")

    return RawResponse(parts(), content_type="text/csv")


class Hooks:
    """Contributes the routes above."""

    @hookimpl
    def register_routes(self) -> list[Route]:
        return [
            Route("/signed", signed, max_body=200),
            Route("/in/{secret}/x.{number}", secret_path, ("GET", "POST")),
            Route("/whoever", whoever, ("GET",)),
            Route("/answer/{kind}", answer, ("GET",)),
            Route("/numbers", numbers, ("GET",)),
        ]


pytestmark = pytest.mark.teammcp(install={"polls": Hooks()})


def signature(body: bytes) -> dict[str, str]:
    return {"X-Signature": hmac.new(SECRET, body, hashlib.sha256).hexdigest(), "X-Event": "push"}


async def test_a_route_authenticates_by_itself_over_the_raw_body(team: TestTeam) -> None:
    http = team.client()
    body = b'{"odd":  "spacing", "stays": 1}'
    refused = await http.post("/hooks/polls/signed", content=body, headers={"X-Signature": "0", "X-Event": "push"})
    assert (refused.status_code, refused.json()["error"]) == (403, "wrong_signature")
    taken = await http.post("/hooks/polls/signed", content=body, headers=signature(body))
    assert (taken.status_code, taken.json()["event"]) == (200, "push")
    history = await team.owner.call("get_history", channel="general")
    assert [message.content for message in history.messages] == [body.decode()]
    assert history.messages[0].from_agent == "system"


async def test_no_session_and_no_csrf_token_is_looked_for(team: TestTeam) -> None:
    await team.owner.log_in()
    answer = await team.owner.http.post("/hooks/polls/in/a/x.1")
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers


async def test_a_route_gets_path_query_method_and_address(team: TestTeam) -> None:
    http = team.client(address="203.0.113.7")
    text = (await http.get("/hooks/polls/in/a%20b/x.7?q=%C3%A9&many=1&many=2")).text
    assert text == "GET 7 é ['1', '2'] 203.0.113.7"
    assert (await http.get("/hooks/polls/in/a/xy7")).status_code == 404


async def test_a_body_beyond_the_limit_is_refused_before_the_view_is_asked(team: TestTeam) -> None:
    body = b"x" * 201
    answer = await team.client().post("/hooks/polls/signed", content=body, headers=signature(body))
    assert (answer.status_code, answer.json()["error"]) == (413, "too_large")


async def test_every_kind_of_answer_is_sent_as_what_it_is(team: TestTeam) -> None:
    http = team.client()
    kinds = {
        "none": (204, None, b""),
        "text": (200, "text/plain; charset=utf-8", "é".encode()),
        "bytes": (200, "application/octet-stream", b"\x00\xff"),
        "list": (200, "application/json", b"[1]"),
        "teapot": (418, "text/plain", b"short"),
    }
    for kind, expected in kinds.items():
        found = await http.get(f"/hooks/polls/answer/{kind}")
        shown = None if kind == "none" else found.headers["content-type"]
        assert (found.status_code, shown, found.content) == expected, kind
    assert (found.headers["x-more"], found.headers["cache-control"]) == ("yes", "max-age=5")
    assert found.headers["x-content-type-options"] == "nosniff"
    assert found.headers["content-security-policy"].startswith("default-src 'none'")


async def test_a_stream_is_sent_as_it_comes(team: TestTeam) -> None:
    answer = await team.client().get("/hooks/polls/numbers")
    assert (answer.text, answer.headers["content-type"]) == ("0\n1\n2\n", "text/csv")


async def test_a_fault_is_told_with_the_request_and_counted(team: TestTeam, server: Server) -> None:
    http = team.client()
    for count, kind in enumerate(("fault", "odd"), start=1):
        broken = await http.get(f"/hooks/polls/answer/{kind}")
        assert (broken.status_code, broken.json()["error"]) == (500, "plugin_failed")
        assert broken.json()["request_id"] == broken.headers["x-request-id"]
        assert "broken" not in broken.text
        assert server.plugins.plugins["polls"].faults == count
    assert "register_routes" in (server.plugins.plugins["polls"].last_fault or "")


async def test_a_stream_that_fails_is_broken_off_and_counted(team: TestTeam, server: Server) -> None:
    sent: list[Any] = []
    scope = {"type": "http", "method": "GET", "path": "/hooks/polls/numbers", "query_string": b"fail=1"}
    never: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    async def receive() -> Any:
        return {"type": "http.request"} if not sent else await never

    async def send(message: Any) -> None:
        sent.append(message)

    await team.app({**scope, "headers": [(b"host", b"localhost")]}, receive, send)  # type: ignore[arg-type]
    assert [message.get("body") for message in sent] == [None, b"0\n", b"1\n", b"2\n"]
    assert all(message["more_body"] for message in sent[1:])
    assert server.plugins.plugins["polls"].faults == 1


async def test_a_member_is_known_by_its_key(team: TestTeam) -> None:
    alice = await team.agent("alice")
    assert (await alice.http.get("/hooks/polls/whoever")).text == "alice of default"
    nobody = await team.client().get("/hooks/polls/whoever")
    assert (nobody.status_code, nobody.json()["error"]) == (401, "missing_key")


async def test_other_paths_and_methods_are_told_apart(team: TestTeam) -> None:
    http = team.client()
    for path in ("/hooks/polls/nothing", "/hooks/none/signed", "/hooks/polls", "/hooks/"):
        assert (await http.post(path)).status_code == 404
    wrong = await http.get("/hooks/polls/signed")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "POST, OPTIONS")
    assert (await http.options("/hooks/polls/numbers")).headers["allow"] == "GET, HEAD, OPTIONS"
    assert (await http.head("/hooks/polls/answer/text")).headers["content-length"] == "2"


async def test_the_guard_of_hosts_and_origins_stands_before_routes(team: TestTeam) -> None:
    http = team.client()
    assert (await http.post("/hooks/polls/in/a/x.1", headers={"Host": "evil.example"})).status_code == 421
    foreign = await http.post("/hooks/polls/in/a/x.1", headers={"Origin": "https://evil.example"})
    assert foreign.json()["error"] == "wrong_origin"
    assert (await http.post("/hooks/polls/in/a/x.1?token=x")).json()["error"] == "key_in_url"


@pytest.mark.teammcp(install={"polls": Hooks()}, address_rate=0.001, address_burst=3)
async def test_an_address_may_not_ask_too_often(team: TestTeam) -> None:
    http = team.client(address="203.0.113.7")
    statuses = [(await http.get("/hooks/polls/answer/text")).status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    assert (await team.client(address="203.0.113.8").get("/hooks/polls/answer/text")).status_code == 200


async def test_no_log_shows_what_a_path_holds(team: TestTeam, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    http = team.client()
    await http.get("/hooks/polls/in/hunter2/x.1")
    await http.get("/hooks/polls/in/hunter2")
    await http.get("/hooks/polls/in/hunter2/x.1", headers={"Host": "evil.example"})
    assert "GET /hooks/polls/in/{secret}/x.{number} 200" in caplog.text
    assert "GET /hooks/polls/… 404" in caplog.text
    assert "GET /hooks/polls/… 421" in caplog.text
    ours = [record for record in caplog.records if not record.name.startswith("httpx2")]
    assert [record for record in ours if "hunter2" in record.getMessage()] == []


def contributing(*routes: Any) -> Any:
    class Broken:
        @hookimpl
        def register_routes(self) -> list[Any]:
            return list(routes)

    return Broken()


async def other(request: RawRequest, name: str) -> None:
    """Takes one name."""


@pytest.mark.parametrize(
    ("routes", "why"),
    [
        ([Route("signed", signed)], "must look like"),
        ([Route("/a b", signed)], "must look like"),
        ([Route("/{x}y}", signed)], "must look like"),
        ([Route("/x", signed, ("FETCH",))], "methods are"),
        ([Route("/x", signed, ())], "methods are"),
        ([Route("/x", signed), Route("/x", signed, ("GET", "POST"))], "twice for POST"),
        ([Route("/{a}", other)], r"its view must take \(request, a\)"),
        (["/x"], "is no Route"),
    ],
)
async def test_a_plugin_with_a_route_that_cannot_be_is_switched_off(
    routes: list[Any], why: str, settings: Settings, clock: MovedClock
) -> None:
    async with serve(settings, clock, {"broken": contributing(*routes), "polls": Hooks()}) as app:
        plugins = app.server.plugins  # type: ignore[attr-defined]
        assert plugins.failed() == ["broken"]
        assert re.search(why, plugins.plugins["broken"].error)


async def test_the_refusal_of_a_large_body_comes_at_once(app: Any) -> None:
    waiting = [{"type": "http.request", "body": b"x" * 201, "more_body": True}, {"type": "http.request", "body": b""}]
    sent: list[Any] = []

    async def receive() -> Any:
        if waiting:
            return waiting.pop(0)
        return await asyncio.Event().wait()  # as a server does whose client waits for the answer

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/hooks/polls/signed",
        "raw_path": b"/hooks/polls/signed",
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"localhost")],
        "client": ("127.0.0.1", 1),
        "server": ("localhost", 80),
    }
    async with asyncio.timeout(2):
        await app(scope, receive, send)
    assert sent[0]["status"] == 413


UNSENDABLE = {
    "status": RawResponse("x", status=99_999),
    "line": RawResponse("x", headers={"X-A": "a\r\nSet-Cookie: b=c"}),
    "letters": RawResponse("x", headers={"X-A": "日本"}),
    "name": RawResponse("x", headers={"X A": "a"}),
    "type": RawResponse("x", content_type="text/plain\n"),
    "half": RawResponse("a\ud800b"),
}


async def unsendable(_: RawRequest, kind: str) -> RawResponse:
    return UNSENDABLE[kind]


class Unsendable:
    @hookimpl
    def register_routes(self) -> list[Route]:
        return [Route("/{kind}", unsendable, ("GET",))]


@pytest.mark.teammcp(install={"odd": Unsendable()})
@pytest.mark.parametrize("kind", UNSENDABLE)
async def test_an_answer_that_cannot_be_sent_is_a_fault_of_its_plugin(team: TestTeam, kind: str) -> None:
    answer = await team.client().get(f"/hooks/odd/{kind}")
    assert (answer.status_code, answer.json()["error"]) == (500, "plugin_failed")
    assert team.server.plugins.plugins["odd"].faults == 1
