"""No request makes more work than it is worth: bodies, fields, names and blocks have limits."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from teammcp.arguments.checking import ARGUMENTS, NAMED
from teammcp.http.asgi import STRANGERS_BODY
from teammcp.testing import TestTeam
from teammcp.web.bodies import FIELDS
from teammcp.web.rendering import BLOCKS

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
MIB = 1024 * 1024


class Pieces:
    """A body without a length, that counts how much of it was taken."""

    def __init__(self, piece: bytes, number: int) -> None:
        self.piece = piece
        self.number = number
        self.taken = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for _ in range(self.number):
            self.taken += len(self.piece)
            yield self.piece


# -- bodies of strangers ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "status"),
    [("/login", 413), ("/preferences", 413), ("/setup", 413), ("/channels/general/send", 302), ("/agents/new", 302)],
)
async def test_of_a_strangers_form_little_is_read_with_and_without_a_length(
    team: TestTeam, path: str, status: int
) -> None:
    """A page for members sends to the login without reading the form, so that a long one is not lost there."""
    stranger = team.client()
    body = Pieces(b"a=1&" * 4096, 1280)  # 20 MiB
    answer = await stranger.post(path, content=body, headers=FORM)  # type: ignore[arg-type]
    assert answer.status_code == status
    assert body.taken < 10 * STRANGERS_BODY
    answer = await stranger.post(path, content=b"a=" + b"1" * STRANGERS_BODY, headers=FORM)
    assert answer.status_code == status


async def test_nothing_is_read_where_there_is_no_page(team: TestTeam) -> None:
    body = Pieces(b"x" * MIB, 20)
    answer = await team.client().post("/no/such/page", content=body, headers=FORM)  # type: ignore[arg-type]
    assert (answer.status_code, body.taken) == (404, 0)


@pytest.mark.parametrize("path", ["/api/register", "/api/call/register_agent", "/api/sessions"])
async def test_of_a_strangers_json_little_is_read(team: TestTeam, path: str) -> None:
    body = {"name": "mallory", **{f"field{number}": 1 for number in range(60_000)}}
    answer = await team.client().post(path, json=body)
    assert answer.status_code == 413
    assert len(answer.content) < 1000


# -- forms of members ------------------------------------------------------------------------------------------------


async def test_a_member_sends_no_more_than_the_page_takes(team: TestTeam) -> None:
    alice = await team.agent("alice")
    await alice.log_in()
    body = Pieces(b"a" * MIB, 20)
    answer = await alice.http.post("/channels/general/send", content=body, headers=FORM)  # type: ignore[arg-type]
    assert answer.status_code == 413
    assert body.taken <= 3 * MIB  # that page takes files, but not in a form of this kind
    fields = "&".join(f"f{number}=1" for number in range(FIELDS + 1))
    assert (await alice.http.post("/preferences", content=fields.encode(), headers=FORM)).status_code == 413


async def test_who_may_not_use_a_page_sends_no_more_than_a_stranger(team: TestTeam) -> None:
    observer = await team.agent("olaf", access="observer")
    await observer.log_in()
    body = Pieces(b"a" * STRANGERS_BODY, 1000)
    answer = await observer.http.post(
        "/channels/general/send",
        content=body,  # type: ignore[arg-type]
        headers={"Content-Type": "multipart/form-data; boundary=x"},
    )
    assert answer.status_code in {403, 413}
    assert body.taken < 10 * STRANGERS_BODY


async def test_files_are_taken_by_pages_for_files_alone(team: TestTeam) -> None:
    alice = await team.agent("alice")
    await alice.log_in()
    page = await alice.http.get("/channels/general")
    token = page.text.partition('name="csrf-token" content="')[2].partition('"')[0]
    picture = {"files": ("big.bin", b"\0" * 3 * MIB)}
    sent = await alice.http.post("/channels/general/send", data={"csrf": token, "content": "here"}, files=picture)
    assert sent.status_code == 303, sent.text
    shown = await alice.http.get("/api/files", params={"channel": "general"})
    assert [file["file_size"] for file in shown.json()["files"]] == [3 * MIB]
    changed = await alice.http.post("/agents/alice/change", data={"csrf": token, "role": "x"}, files=picture)
    assert changed.status_code == 403  # as a form without its token


# -- errors ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        {f"field{number}": 1 for number in range(60_000)},
        {"channel": "general", "content": "x", "mentions": [1] * 60_000},
        {"channel": "general", "content": "x", "files": ["x"] * 60_000},
        {"x" * 900_000: 1},
    ],
    ids=["arguments", "items", "texts", "one name"],
)
async def test_an_error_is_short_however_much_is_wrong(team: TestTeam, body: dict[str, Any]) -> None:
    started = time.process_time()
    answer = await team.owner.http.post("/api/send", json=body)
    assert answer.status_code == 400
    assert len(answer.content) < 8000
    assert len(answer.json()["errors"]) <= NAMED
    assert time.process_time() - started < 3


async def test_as_many_arguments_as_anybody_needs_are_looked_at(team: TestTeam) -> None:
    body = {f"field{number}": 1 for number in range(ARGUMENTS - 2)}
    answer = await team.owner.http.post("/api/send", json={**body, "channel": "general", "content": "x"})
    assert (answer.status_code, len(answer.json()["errors"])) == (400, NAMED)
    assert f"and {ARGUMENTS - 2 - 5} more" in answer.json()["detail"]


# -- blocks ----------------------------------------------------------------------------------------------------------


async def test_a_page_is_not_rendered_again_and_again_for_one_request(team: TestTeam) -> None:
    await team.owner.log_in()
    once = await team.owner.http.get("/channels/general", headers={"X-Fragment": "content"})
    often = await team.owner.http.get("/channels/general", headers={"X-Fragment": ",".join(["content"] * 4000)})
    assert (once.status_code, often.status_code) == (200, 200)
    assert len(often.text) < len(once.text) + 500
    many = ",".join(f"block{number}" for number in range(BLOCKS)) + ",content"
    assert "content" not in (await team.owner.http.get("/channels/general", headers={"X-Fragment": many})).text


def test_what_the_pages_ask_for_is_within_that() -> None:
    root = Path(__file__).resolve().parents[1]
    pages = [*root.glob("teammcp/**/*.html"), *root.glob("plugins/**/*.html")]
    lists = [found for page in pages for found in re.findall(r'data-blocks="([^"{]+)"', page.read_text("utf-8"))]
    assert lists
    assert max(len(re.split(r"[ ,]+", found)) for found in lists) <= BLOCKS
