"""What comes in wrong is told to the client, names the field, and is never the server's own error."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from teammcp.testing import TestTeam
from tests.rest_plugin import RestPlugin

pytestmark = pytest.mark.teammcp(install={"rest_plugin": RestPlugin()}, max_body=4096)

JSON = {"Content-Type": "application/json"}


WRONG_BODIES = [
    (b"{", "invalid_json"),
    (b"nonsense", "invalid_json"),
    (b"[]", "invalid_json"),
    (b'"text"', "invalid_json"),
    (b"null", "invalid_json"),
    (b'{"name": "\\ud800"}', "invalid_json"),
    (b'{"name": "\xff\xfe"}', "invalid_json"),
    (b'{"name": "x"} trailing', "invalid_json"),
    (b'{"name": "x", "size": NaN}', "invalid_json"),
    (b'{"name": "x", "size": Infinity}', "invalid_json"),
    (b'{"name": "x", "data": ' + b'{"a":' * 100 + b"1" + b"}" * 100 + b"}", "invalid_json"),
    (b'{"name": "x", "data": {"a": ' + b"[" * 1000 + b"]" * 1000 + b"}}", "invalid_json"),
    (b"\xef\xbb\xbf{}", "invalid_json"),
    (b"", "invalid_input"),
    (b"{}", "invalid_input"),
    (b'{"name": 5}', "invalid_input"),
    (b'{"name": "x", "size": 1.5}', "invalid_input"),
    (b'{"name": "x", "size": true}', "invalid_input"),
    (b'{"name": "x", "size": "1"}', "invalid_input"),
    (b'{"name": "x", "kind": "huge"}', "invalid_input"),
    (b'{"name": "x", "unknown": 1}', "invalid_input"),
    (b'{"name": "x", "idem_key": ""}', "invalid_input"),
]


async def test_a_wrong_body_is_a_problem(team: TestTeam) -> None:
    for body, code in WRONG_BODIES:
        answer = await team.owner.http.post("/api/things", content=body, headers=JSON)
        assert (answer.status_code, answer.json()["error"]) == (400, code), body


async def test_a_wrong_field_is_named_and_its_value_is_not_repeated(team: TestTeam) -> None:
    answer = await team.owner.http.post("/api/things", json={"name": "x", "size": "a private text"})
    assert [error["field"] for error in answer.json()["errors"]] == ["size"]
    assert answer.json()["detail"].startswith("size: ")
    assert "private" not in answer.text


CONTENT_TYPES = [
    ("text/plain", 415),
    ("application/x-www-form-urlencoded", 415),
    ("application/json; charset=utf-16", 415),
    ("application/json;charset=UTF-8", 201),
    ("Application/JSON", 201),
    ("application/vnd.things+json", 201),
    ("", 415),
    ("multipart/form-data", 400),
    ("multipart/form-data; boundary=x", 400),
    ("\u00ff; ;=;", 415),
]


async def test_where_a_list_is_wanted_the_error_shows_one(team: TestTeam) -> None:
    body = {"channel": "general", "content": "Yes.", "mentions": "bob"}
    answer = await team.owner.http.post("/api/send", json=body)
    assert answer.json()["detail"] == 'mentions: must be a list, such as ["one", "two"], also where it has one entry'


async def test_the_content_type_decides(team: TestTeam) -> None:
    for content_type, status in CONTENT_TYPES:
        headers = {"Content-Type": content_type.encode("latin-1")}
        answer = await team.owner.http.post("/api/things", content=b'{"name": "x"}', headers=headers)
        assert answer.status_code == status, (answer.request, answer.text)


WRONG_QUERIES = [
    "limit=x",
    "limit=",
    "limit=0",
    "limit=1&limit=2",
    "limit=1.5",
    "deep=maybe",
    "nope=1",
    "%ff=1",
    "tags=%ed%a0%80",
    "a=1&" * 200,
]


async def test_a_wrong_query_is_a_problem(team: TestTeam) -> None:
    for query in WRONG_QUERIES:
        answer = await team.owner.http.get(f"/api/things?{query}")
        assert answer.status_code == 400, query
        assert answer.headers["content-type"] == "application/problem+json"


WRONG_PATHS = [
    ("GET", "/api/", 404),
    ("GET", "/api/nothing", 404),
    ("GET", "/api/things/", 404),
    ("GET", "/api//things", 404),
    ("GET", "/api/%00", 404),
    ("GET", "/api/things/%00", 400),
    ("GET", "/api/things/%ff", 400),
    ("GET", "/api/things/1/2", 404),
    ("GET", "/api/things/x", 400),
    ("GET", "/api/things/..%2f..%2fetc", 404),
    ("PATCH", "/api/things/1", 405),
    ("POST", "/api/health", 405),
    ("TRACE", "/api/things", 405),
    ("BREW", "/api/things", 405),
    ("OPTIONS", "/api/nothing", 404),
    ("POST", "/api/call/nothing", 404),
    ("GET", "/api/call/make_thing", 405),
    ("POST", "/api/things?name=x", 400),
    ("GET", "/api/things?" + "x" * 9000, 414),
]


async def test_a_wrong_path_or_method_is_a_problem(team: TestTeam) -> None:
    for method, path, status in WRONG_PATHS:
        answer = await team.owner.http.request(method, path)
        assert answer.status_code == status, (answer.request, answer.text)
        assert answer.json()["status"] == status
        assert answer.headers["content-type"] == "application/problem+json"
        assert ("allow" in answer.headers) == (status == 405)


async def test_an_argument_of_the_path_stands_nowhere_else(team: TestTeam) -> None:
    answer = await team.owner.http.put("/api/things/1", json={"id": 2, "name": "x"})
    assert (answer.status_code, answer.json()["detail"].partition(":")[0]) == (400, "id")


async def test_a_body_beyond_the_limit_is_refused(team: TestTeam) -> None:
    answer = await team.owner.http.post("/api/things", json={"name": "x" * 5000})
    assert (answer.status_code, answer.json()["limit"]) == (413, 4096)


async def test_a_body_of_unknown_length_is_not_read_beyond_its_limit(team: TestTeam) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 65536
            yield b" " * 65536

    async with asyncio.timeout(20):
        answer = await team.owner.http.post("/api/things", content=endless(), headers=JSON)
    assert answer.status_code == 413
    assert sent < 8 * 1024 * 1024


async def test_a_form_with_a_field_twice_is_refused(team: TestTeam) -> None:
    files = [("content", ("a", b"1")), ("content", ("b", b"2"))]
    answer = await team.owner.http.post("/api/parcels", files=files)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_form")


@pytest.mark.parametrize("content", ["not base64!", "YQ", 5, None])
async def test_bytes_must_be_base64_in_json(team: TestTeam, content: Any) -> None:
    answer = await team.owner.http.post("/api/parcels", json={"name": "x", "content": content})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "content")


async def test_the_length_of_a_text_is_told_in_characters(team: TestTeam) -> None:
    for path, arguments, said in (
        ("send_message", {"channel": "general", "content": ""}, "content: must not be empty"),
        ("create_task", {"title": "x" * 201}, "title: must have at most 200 characters, not 201"),
    ):
        answer = await team.owner.http.post(f"/api/call/{path}", json=arguments)
        assert (answer.status_code, answer.json()["detail"]) == (400, said)
