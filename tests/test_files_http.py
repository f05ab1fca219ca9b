"""Files over REST, MCP and pages: the same operations, and bytes that do nothing in a browser."""

from __future__ import annotations

import base64
import re
from typing import Any

import httpx2
import pytest

from teammcp.app import TeamApp
from teammcp.testing import Member, TestTeam
from tests.mcp_support import ERAS, Era, listening, mcp_client

EVIL = "<script>alert(1)</script>\"'.html"


async def log_in(team: TestTeam, member: Member) -> httpx2.AsyncClient:
    """A browser of a member: with cookies and no key."""
    browser = team.client()
    page = await browser.get("/login")
    answer = await browser.post("/login", data={"csrf": csrf(page), "key": member.key})
    assert answer.status_code == 303, answer.text
    return browser


def csrf(page: httpx2.Response) -> str:
    found = re.search(r'name="csrf" value="([0-9a-f]+)"', page.text)
    assert found is not None
    return found[1]


# -- REST --------------------------------------------------------------------------------------------------------------


async def test_a_multipart_upload_comes_back_as_it_was(team: TestTeam) -> None:
    data = bytes(range(256)) * 100
    answer = await team.owner.http.post(
        "/api/files", data={"channel": "general"}, files={"content": ("données 数据.bin", data, "text/html")}
    )
    assert answer.status_code == 201, answer.text
    meta = answer.json()
    assert (meta["file_name"], meta["file_size"], meta["channel"]) == ("données 数据.bin", len(data), "general")
    answer = await team.owner.http.get(f"/api/files/{meta['file_id']}")
    assert answer.content == data
    headers = answer.headers
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Length"] == str(len(data))
    assert headers["Content-Disposition"] == (
        "attachment; filename=\"donn_es __.bin\"; filename*=UTF-8''donn%C3%A9es%20%E6%95%B0%E6%8D%AE.bin"
    )


async def test_a_browser_may_ask_for_a_range_and_keep_what_it_has(team: TestTeam) -> None:
    data = bytes(range(256)) * 3000  # several parts
    meta = await team.owner.call("upload_file", name="a.bin", content=data, channel="general")
    browser, path = await log_in(team, team.owner), f"/files/{meta.file_id}"
    whole = await browser.get(path)
    assert (whole.status_code, whole.content) == (200, data)
    assert whole.headers["Content-Length"] == str(len(data))
    for wanted, expected in (("0-9", data[:10]), ("300000-600000", data[300000:600001]), ("-5", data[-5:])):
        part = await browser.get(path, headers={"Range": f"bytes={wanted}"})
        assert (part.status_code, part.content) == (206, expected)
        assert part.headers["Content-Disposition"].startswith("attachment;")
    assert (await browser.get(path, headers={"Range": f"bytes={len(data)}-"})).status_code == 416
    kept = await browser.get(path, headers={"If-None-Match": whole.headers["ETag"]})
    assert (kept.status_code, kept.content) == (304, b"")
    await team.team.database.write(lambda tx: team.team.files.remove(tx, meta.sha256))
    assert (await team.owner.http.get(f"/api{path}")).status_code == 500


async def test_a_file_may_be_larger_than_other_bodies(team: TestTeam) -> None:
    data = bytes(3 * team.server.settings.max_body)
    for request in (
        {"data": {"channel": "general"}, "files": {"content": ("a.bin", data)}},
        {"json": {"name": "a.bin", "content": base64.b64encode(data).decode(), "channel": "general"}},
    ):
        answer = await team.owner.http.post("/api/files", **request)
        assert (answer.status_code, answer.json().get("file_size")) == (201, len(data))


async def test_a_base64_upload_lists_moves_and_goes(team: TestTeam) -> None:
    http = team.owner.http
    body = {"name": "a.txt", "content": base64.b64encode(b"hello").decode(), "channel": "general"}
    meta = (await http.post("/api/files", json=body)).json()
    folder = (await http.post("/api/folders", json={"name": "f", "channel": "general"})).json()
    moved = await http.put(f"/api/files/{meta['file_id']}/move", json={"folder_id": folder["id"]})
    assert moved.json() == {**meta, "folder_id": folder["id"]}
    listed = (await http.get("/api/files", params={"channel": "general"})).json()
    assert listed == {"files": [moved.json()], "folders": [folder], "next": None}
    assert (await http.get(f"/api/files/{meta['file_id']}/meta")).json() == moved.json()
    assert (await http.delete(f"/api/folders/{folder['id']}")).json()["moved_files"] == 1
    assert (await http.delete(f"/api/files/{meta['file_id']}")).status_code == 200
    gone = await http.get(f"/api/files/{meta['file_id']}")
    assert (gone.status_code, gone.json()["error"]) == (404, "file_not_found")


@pytest.mark.teammcp(max_file=1000)
async def test_a_file_beyond_the_limit_is_refused(team: TestTeam) -> None:
    http = team.owner.http
    for size, status in ((1000, 201), (1001, 413), (3_000_000, 413)):
        answer = await http.post("/api/files", data={"channel": "general"}, files={"content": ("a", b"x" * size)})
        assert answer.status_code == status, answer.text
        encoded = base64.b64encode(b"x" * size).decode()
        answer = await http.post("/api/files", json={"name": "a", "content": encoded, "channel": "general"})
        assert answer.status_code == status, answer.text


@pytest.mark.parametrize("path", ["/api/files/0", "/api/files/-1", "/api/files/x", "/api/files/..%2f..%2fteam.db"])
async def test_absurd_ids_are_refused(team: TestTeam, path: str) -> None:
    answer = await team.owner.http.get(path)
    assert answer.status_code in (400, 404)


async def test_the_bytes_are_nowhere_below_the_static_files(team: TestTeam) -> None:
    meta = await team.owner.call("upload_file", name="a.txt", content=b"x", channel="general")
    digest = meta.sha256
    for path in (f"/files/{digest}", f"/static/x/{digest}", f"/static/x/..%2f..%2ffiles/{digest[:2]}/{digest}"):
        assert (await team.owner.http.get(path)).status_code in (302, 404)


async def test_a_retried_upload_makes_one_file(team: TestTeam) -> None:
    for _ in range(2):
        answer = await team.owner.http.post(
            "/api/files",
            data={"channel": "general"},
            files={"content": ("a.bin", b"\xff\xfe")},
            headers={"Idempotency-Key": "once"},
        )
        assert answer.status_code == 201
    assert len((await team.owner.call("list_files", channel="general")).files) == 1


# -- MCP ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("era", ERAS)
async def test_an_agent_gets_text_as_text_and_other_bytes_as_base64(app: TeamApp, team: TestTeam, era: Era) -> None:
    async with listening(app) as url, mcp_client(url, team.owner.key, era) as client:
        given = {"name": "notes.md", "text": "# grüße", "channel": "general"}
        notes = (await client.call_tool("upload_file", given)).structured_content
        assert notes is not None
        found = await client.call_tool("download_file", {"file_id": notes["file_id"]})
        assert found.structured_content == {
            "file_name": "notes.md",
            "mime_type": "text/markdown",
            "file_size": 9,
            "encoding": "utf-8",
            "content": "# grüße",
        }
        assert "# grüße" in str(found.content)
        given = {"name": "dot.png", "content": base64.b64encode(b"\x89PNG").decode(), "channel": "general"}
        picture = (await client.call_tool("upload_file", given)).structured_content
        assert picture is not None
        found = await client.call_tool("download_file", {"file_id": picture["file_id"]})
        assert (found.structured_content or {})["content"] == given["content"]
        large = await team.owner.call("upload_file", name="a.bin", content=bytes(2_000_000), channel="general")
        refused = await client.call_tool("download_file", {"file_id": large.file_id})
        assert refused.is_error
        assert "REST" in str(refused.content)
        assert str(team.server.settings.home) not in str([notes, found, refused])


# -- pages -------------------------------------------------------------------------------------------------------------


async def test_pages_show_upload_sort_and_delete_files(team: TestTeam) -> None:
    browser = await log_in(team, team.owner)
    page = await browser.get("/channels/general/files")
    assert page.status_code == 200
    token = csrf(page)
    await browser.post("/channels/general/folders?folder=0", data={"csrf": token, "change": "create", "name": "Plans"})
    (folder,) = (await team.owner.call("list_folders", channel="general")).folders
    chosen = [("files", ("a.txt", b"first", "text/plain")), ("files", ("b.txt", b"second", "text/plain"))]
    url = f"/channels/general/files/upload?folder={folder.id}"
    answer = await browser.post(url, data={"csrf": token}, files=chosen)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/channels/general/files?folder={folder.id}")
    page = await browser.get(answer.headers["Location"])
    assert all(text in page.text for text in ("a.txt", "b.txt", "Plans"))
    files = (await team.owner.call("list_files", channel="general", folder_id=folder.id)).files
    assert [file.file_name for file in files] == ["b.txt", "a.txt"]
    view = f"/files/{files[0].file_id}/view"
    assert "second" in (await browser.get(view)).text
    change = f"/files/{files[0].file_id}/change"
    assert (await browser.post(change, data={"csrf": token, "folder_id": ""})).headers["Location"] == view
    assert (await team.owner.call("get_file", file_id=files[0].file_id)).folder_id is None
    await browser.post(change, data={"csrf": token, "delete": "yes"})
    assert (await browser.get(view)).status_code == 404
    url = f"/channels/general/folders?folder={folder.id}"
    await browser.post(url, data={"csrf": token, "change": "rename", "name": "Old plans"})
    assert "Old plans" in (await browser.get("/channels/general/files")).text
    await browser.post(url, data={"csrf": token, "change": "delete"})
    assert (await team.owner.call("list_folders", channel="general")).folders == []
    assert len((await team.owner.call("list_files", channel="general", folder_id=0)).files) == 1


async def test_what_a_form_got_wrong_is_said_on_the_page(team: TestTeam) -> None:
    browser = await log_in(team, team.owner)
    token = csrf(await browser.get("/channels/general/files"))
    form = {"csrf": token, "change": "create", "name": "a/b"}
    answer = await browser.post("/channels/general/folders?folder=0", data=form)
    assert answer.status_code == 400
    assert "must not contain /" in answer.text


async def test_names_and_contents_are_text_on_every_page(team: TestTeam) -> None:
    meta = await team.owner.call("upload_file", name=EVIL.replace("/", ""), content=EVIL.encode(), channel="general")
    await team.owner.call("create_folder", name="<b>bold", channel="general")
    await team.owner.call("send_message", channel="general", content="see", files=[meta.file_id])
    browser = await log_in(team, team.owner)
    for path in ("/channels/general/files", f"/files/{meta.file_id}/view", "/channels/general"):
        page = await browser.get(path)
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert "<b>bold" not in page.text


async def test_a_browser_gets_bytes_that_do_nothing(team: TestTeam) -> None:
    browser = await log_in(team, team.owner)
    for name in ("a.html", "a.svg", "a.js", "a.xml", "a.png"):
        meta = await team.owner.call("upload_file", name=name, content=b"<script>alert(1)</script>", channel="general")
        answer = await browser.get(f"/files/{meta.file_id}")
        assert answer.content == b"<script>alert(1)</script>"
        assert answer.headers["Content-Type"] in ("text/plain; charset=utf-8", "image/png")
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer.headers["Content-Security-Policy"]


async def test_pages_keep_to_the_same_readers(team: TestTeam) -> None:
    ann, eve = await team.agent("ann"), await team.agent("eve")
    await ann.call("create_channel", id="plans", type="topic")
    meta = await ann.call("upload_file", name="a.txt", content=b"secret", channel="plans")
    stranger, visitor = await log_in(team, eve), team.client()
    paths = [f"/files/{meta.file_id}", f"/files/{meta.file_id}/view", "/channels/plans/files"]
    for path, status in zip(paths, (404, 404, 404), strict=True):
        assert (await stranger.get(path)).status_code == status
        answer: Any = await visitor.get(path)
        assert (answer.status_code, answer.headers["Location"].partition("?")[0]) == (302, "/login")
    token = csrf(await stranger.get("/channels/general/files"))
    answer = await stranger.post(f"/files/{meta.file_id}/change", data={"csrf": token, "delete": "yes"})
    assert answer.status_code == 404
    answer = await stranger.post(f"/files/{meta.file_id}/change", data={"delete": "yes"})
    assert (answer.status_code, (await ann.call("get_file", file_id=meta.file_id))) == (403, meta)
