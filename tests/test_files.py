"""Files: who may read them, what is kept where, folders, and files that travel with messages."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
from pathlib import Path
from typing import Any

import pytest

from teammcp.errors import Conflict, Forbidden, InvalidInput, NotFound, StorageFull, TooLarge
from teammcp.storage.folder_files import FolderFiles
from teammcp.testing import Member, MovedClock, TestTeam, serve


def kept(team: TestTeam) -> list[Path]:
    """The bytes on disk."""
    return sorted(path for path in (team.team.folder / "files").rglob("*") if path.is_file())


# -- what is kept ------------------------------------------------------------------------------------------------------


async def test_a_file_is_kept_by_its_content_and_comes_back_unchanged(team: TestTeam) -> None:
    data = bytes(range(256)) * 300
    meta = await team.owner.call("upload_file", name="data.bin", content=data, channel="general")
    digest = hashlib.sha256(data).hexdigest()
    assert (meta.file_name, meta.file_size, meta.sha256, meta.channel) == ("data.bin", len(data), digest, "general")
    assert (meta.uploaded_by, meta.folder_id, meta.created_at) == ("owner", None, team.server.clock.now())
    assert kept(team) == [team.team.folder / "files" / digest[:2] / digest]
    found = await team.owner.call("download_file", file_id=meta.file_id)
    assert await found.read() == data
    assert "open" not in found.model_dump()


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="only Linux tells what a descriptor is of")
async def test_bytes_and_their_names_are_flushed_before_the_row_is_there(
    team: TestTeam, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[str] = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        flushed.append(os.readlink(f"/proc/self/fd/{descriptor}"))
        real(descriptor)

    monkeypatch.setattr("teammcp.storage.folder_files.os.fsync", fsync)
    meta = await team.owner.call("upload_file", name="a.txt", content=b"x", channel="general")
    folder = team.team.folder
    assert flushed[0].startswith(str(folder / "files" / "incoming"))
    assert flushed[1:] == [str(folder / "files" / meta.sha256[:2]), str(folder / "files"), str(folder)]


async def test_the_same_bytes_are_kept_once_and_go_with_the_last_file(team: TestTeam) -> None:
    one, two = [await team.owner.call("upload_file", name=f"{n}.txt", content=b"same", channel="general") for n in "ab"]
    assert len(kept(team)) == 1
    await team.owner.call("delete_file", file_id=one.file_id)
    await team.server.settle()
    assert len(kept(team)) == 1
    await team.owner.call("delete_file", file_id=two.file_id)
    await team.server.settle()
    assert kept(team) == []


async def test_uploading_and_deleting_the_same_bytes_at_once_never_loses_them(team: TestTeam) -> None:
    async def come_and_go(number: int) -> None:
        meta = await team.owner.call("upload_file", name=f"{number}.txt", content=b"same", channel="general")
        assert await (await team.owner.call("download_file", file_id=meta.file_id)).read() == b"same"
        await team.owner.call("delete_file", file_id=meta.file_id)

    for _ in range(5):
        await asyncio.gather(*(come_and_go(number) for number in range(8)))
    await team.server.settle()
    assert kept(team) == []


async def test_bytes_that_vanish_between_upload_and_commit_are_written_again(
    team: TestTeam, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = FolderFiles.stage

    async def stage_and_lose(store: FolderFiles, digest: str, data: bytes) -> None:
        await stage(store, digest, data)
        await team.team.database.write(lambda tx: store.remove(tx, digest))  # as the last file with these bytes goes

    monkeypatch.setattr(FolderFiles, "stage", stage_and_lose)
    meta = await team.owner.call("upload_file", name="a.txt", content=b"bytes", channel="general")
    assert await (await team.owner.call("download_file", file_id=meta.file_id)).read() == b"bytes"


async def test_what_a_crash_has_left_is_swept_at_the_next_start(settings: Any, clock: MovedClock) -> None:
    async with serve(settings, clock) as app:
        team = TestTeam(app, app.server, "default")
        await team.register_owner()
        meta = await team.owner.call("upload_file", name="a.txt", content=b"kept", channel="general")
        await team.team.files.stage(hashlib.sha256(b"orphan").hexdigest(), b"orphan")
        (team.team.folder / "files" / "incoming" / "half").write_bytes(b"hal")
        assert len(kept(team)) == 3
        key = team.owner.key
        await team.close()
    async with serve(settings, clock) as app:
        team = TestTeam(app, app.server, "default")
        await app.server.settle()
        assert [path.name for path in kept(team)] == [meta.sha256]
        found = await team.member("owner", key).call("download_file", file_id=meta.file_id)
        assert await found.read() == b"kept"
        await team.close()


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
async def test_a_full_disk_refuses_the_file_and_leaves_nothing_behind(
    team: TestTeam, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patched:
        patched.setattr("teammcp.storage.folder_files.os.fsync", full)
        with pytest.raises(StorageFull):
            await team.owner.call("upload_file", name="a.txt", content=b"text", channel="general")
    assert kept(team) == []
    assert (await team.owner.call("list_files", channel="general")).files == []
    assert await team.owner.call("upload_file", name="a.txt", content=b"text", channel="general")


@pytest.mark.teammcp(max_file=1000)
async def test_a_file_beyond_the_limit_is_refused(team: TestTeam) -> None:
    assert await team.owner.call("upload_file", name="a.bin", content=b"x" * 1000, channel="general")
    with pytest.raises(TooLarge) as caught:
        await team.owner.call("upload_file", name="a.bin", content=b"x" * 1001, channel="general")
    assert caught.value.data == {"limit": 1000}


async def test_an_empty_file_is_a_file(team: TestTeam) -> None:
    meta = await team.owner.call("upload_file", name="empty", content=b"", channel="general")
    assert (meta.file_size, meta.mime_type) == (0, "text/plain")
    assert (await (await team.owner.call("download_file", file_id=meta.file_id)).inlined()).content == ""


# -- names and types ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ann\\report.pdf", "report.pdf"),
        ("a\x00b\n.txt", "ab.txt"),
        ("\u202egnp.exe", "gnp.exe"),
        ("  报告 2026.docx  ", "报告 2026.docx"),
        (".gitignore", ".gitignore"),
        ("trailing... ", "trailing"),
        ("e\u0301.txt", "é.txt"),
    ],
)
async def test_names_are_cleaned(team: TestTeam, given: str, stored: str) -> None:
    meta = await team.owner.call("upload_file", name=given, content=b"x", channel="general")
    assert meta.file_name == stored


@pytest.mark.parametrize("name", ["", "..", "/", "a/", "\x00", " . ", "长" * 100, "x" * 201])
async def test_names_that_are_none_are_refused(team: TestTeam, name: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        await team.owner.call("upload_file", name=name, content=b"x", channel="general")
    assert caught.value.data["errors"][0]["field"] == "name"


@pytest.mark.parametrize(
    ("name", "data", "mime_type", "served"),
    [
        ("a.txt", b"x", "text/plain", "text/plain; charset=utf-8"),
        ("a.html", b"<script>", "text/html", "text/plain; charset=utf-8"),
        ("a.svg", b"<svg/>", "image/svg+xml", "text/plain; charset=utf-8"),
        ("a.ts", b"let x", "text/plain", "text/plain; charset=utf-8"),
        ("a.yml", b"a: 1", "application/yaml", "text/plain; charset=utf-8"),
        ("a.PNG", b"\x89PNG", "image/png", "image/png"),
        ("a.exe", b"MZ", None, "application/octet-stream"),
        ("a.txt.gz", b"\x1f\x8b", "application/gzip", "application/octet-stream"),
        ("Makefile", b"all:\n", "text/plain", "text/plain; charset=utf-8"),
        ("blob", b"\xff\x00", "application/octet-stream", "application/octet-stream"),
    ],
)
async def test_any_type_may_be_uploaded_and_none_is_served_that_could_run(
    team: TestTeam, name: str, data: bytes, mime_type: str | None, served: str
) -> None:
    meta = await team.owner.call("upload_file", name=name, content=data, channel="general")
    assert mime_type in (None, meta.mime_type)
    headers = (await team.owner.call("download_file", file_id=meta.file_id)).headers()
    assert headers["Content-Type"] == served
    assert headers["Content-Disposition"].startswith("attachment;")
    assert headers["X-Content-Type-Options"] == "nosniff"


async def test_a_file_comes_inline_as_text_or_base64(team: TestTeam) -> None:
    async def inline(name: str, data: bytes) -> Any:
        meta = await team.owner.call("upload_file", name=name, content=data, channel="general")
        return await (await team.owner.call("download_file", file_id=meta.file_id)).inlined()

    text = await inline("a.txt", "grüße 你好".encode())
    about = "file 1 by owner in general, 2026-01-01T12:00 (text/plain, 14 bytes): a.txt"
    assert (text.encoding, text.content, text.text()) == ("utf-8", "grüße 你好", f"{about}\n| grüße 你好")
    mislabelled = await inline("b.txt", b"\xff\xfe")
    assert (mislabelled.encoding, mislabelled.content) == ("base64", "//4=")
    picture = await inline("c.png", b"\x89PNG")
    assert (picture.encoding, picture.content) == ("base64", "iVBORw==")
    assert picture.text().endswith(" (image/png, 4 bytes): c.png")
    with pytest.raises(TooLarge):
        await inline("d.bin", bytes(1024 * 1024 + 1))


async def test_content_in_json_is_base64(team: TestTeam) -> None:
    meta = await team.owner.call("upload_file", name="a.txt", content="aGVs\nbG8=", channel="general")
    assert meta.file_size == 5
    for wrong in ("hello", "aGVsbG8", "aGV$bG8=", 5):
        with pytest.raises(InvalidInput) as caught:
            await team.owner.call("upload_file", name="a.txt", content=wrong, channel="general")
        assert caught.value.data["errors"][0]["field"] == "content"


async def test_text_needs_no_base64(team: TestTeam) -> None:
    meta = await team.owner.call("upload_file", name="a.md", text="# grüße 你好", channel="general")
    found = await team.owner.call("download_file", file_id=meta.file_id)
    assert (await found.read()).decode() == "# grüße 你好"
    assert (await team.owner.call("upload_file", name="empty.md", text="")).file_size == 0
    for wrong in ({}, {"text": "a", "content": b"a"}):
        with pytest.raises(InvalidInput, match="either"):
            await team.owner.call("upload_file", name="a.md", **wrong)


async def test_a_preview_is_the_beginning_of_a_text(team: TestTeam) -> None:
    async def preview(name: str, data: bytes) -> Any:
        meta = await team.owner.call("upload_file", name=name, content=data, channel="general")
        return await team.owner.call("get_file_preview", file_id=meta.file_id)

    short = await preview("a.md", b"# title")
    assert (short.preview, short.truncated, short.file.file_name) == ("# title", False, "a.md")
    long = await preview("b.txt", "é".encode() * 40_000)
    assert (long.truncated, len(long.preview.encode())) == (True, 65_536)
    assert (await preview("c.png", b"\x89PNG")).preview is None
    assert "\ufffd" in (await preview("d.txt", b"\xff\xfe")).preview


# -- who may -----------------------------------------------------------------------------------------------------------


async def everything(member: Any, file_id: int, channel: str, folder_id: int) -> list[Any]:
    """What comes of each way to reach a file, a folder or the list of a channel."""
    calls: list[tuple[str, dict[str, Any]]] = [
        ("get_file", {"file_id": file_id}),
        ("download_file", {"file_id": file_id}),
        ("get_file_preview", {"file_id": file_id}),
        ("move_file", {"file_id": file_id}),
        ("delete_file", {"file_id": file_id}),
        ("rename_folder", {"folder_id": folder_id, "name": "mine"}),
        ("delete_folder", {"folder_id": folder_id}),
        ("list_files", {"channel": channel}),
        ("list_folders", {"channel": channel}),
        ("upload_file", {"name": "a.txt", "content": b"x", "channel": channel}),
        ("create_folder", {"name": "b", "channel": channel}),
    ]
    return await asyncio.gather(*(member.call(name, **given) for name, given in calls), return_exceptions=True)


@pytest.mark.parametrize("channel", ["plans", "dm:ann:bob"])
async def test_only_the_readers_of_its_channel_reach_a_file(team: TestTeam, channel: str) -> None:
    ann, eve = await team.agent("ann"), await team.agent("eve", access="manager")
    await team.agent("bob")
    await ann.call("create_channel", id="plans", type="topic")
    meta = await ann.call("upload_file", name="a.txt", content=b"secret", channel=channel)
    folder = await ann.call("create_folder", name="inner", channel=channel)
    outcomes = await everything(eve, meta.file_id, channel, folder.id)
    of_channel = NotFound if channel == "plans" else Forbidden
    assert [type(outcome) for outcome in outcomes] == [NotFound] * 7 + [of_channel] * 4
    assert await ann.call("get_file", file_id=meta.file_id) == meta
    assert (await ann.call("list_folders", channel=channel)).folders == [folder]


async def test_a_file_that_may_not_be_read_looks_like_one_that_is_not_there(team: TestTeam) -> None:
    ann, eve = await team.agent("ann"), await team.agent("eve")
    meta = await ann.call("upload_file", name="a.txt", content=b"x")
    with pytest.raises(NotFound) as hidden:
        await eve.call("get_file", file_id=meta.file_id)
    with pytest.raises(NotFound) as missing:
        await eve.call("get_file", file_id=999)
    assert hidden.value.detail.replace(str(meta.file_id), "999") == missing.value.detail


async def test_a_file_without_a_channel_is_its_uploaders_alone(team: TestTeam) -> None:
    ann = await team.agent("ann")
    mine = await ann.call("upload_file", name="a.txt", content=b"x")
    await team.owner.call("upload_file", name="b.txt", content=b"x")
    assert (await ann.call("list_files")).files == [mine]
    with pytest.raises(NotFound):
        await team.owner.call("download_file", file_id=mine.file_id)
    (event,) = [event for event in await team.events("file.uploaded") if event.subject == str(mine.file_id)]
    assert (event.channel, event.agents) == (None, ("ann",))


async def test_an_unknown_channel_is_not_found(team: TestTeam) -> None:
    for name, given in (
        ("upload_file", {"name": "a.txt", "content": b"x"}),
        ("list_files", {}),
        ("list_folders", {}),
        ("create_folder", {"name": "a"}),
    ):
        with pytest.raises(NotFound):
            await team.owner.call(name, channel="nowhere", **given)


async def test_only_the_uploader_or_a_manager_deletes_a_file(team: TestTeam) -> None:
    ann, bob = await team.agent("ann"), await team.agent("bob")
    meta = await ann.call("upload_file", name="a.txt", content=b"x", channel="general")
    with pytest.raises(Forbidden):
        await bob.call("delete_file", file_id=meta.file_id)
    await team.owner.call("delete_file", file_id=meta.file_id)
    with pytest.raises(NotFound):
        await ann.call("get_file", file_id=meta.file_id)


async def test_an_observer_reads_and_changes_nothing(team: TestTeam) -> None:
    meta = await team.owner.call("upload_file", name="a.txt", content=b"x", channel="general")
    folder = await team.owner.call("create_folder", name="a", channel="general")
    observer = await team.agent("olga", access="observer")
    outcomes = await everything(observer, meta.file_id, "general", folder.id)
    refused = [isinstance(outcome, Forbidden) for outcome in outcomes]
    assert refused == [False, False, False, True, True, True, True, False, False, True, True]


async def test_an_archived_channel_takes_no_files(team: TestTeam) -> None:
    await team.owner.call("create_channel", id="old")
    meta = await team.owner.call("upload_file", name="a.txt", content=b"x", channel="old")
    await team.owner.call("archive_channel", channel="old")
    assert (await team.owner.call("list_files", channel="old")).files == [meta]
    with pytest.raises(Conflict):
        await team.owner.call("upload_file", name="b.txt", content=b"x", channel="old")


async def test_every_change_is_told_to_the_readers_of_the_channel(team: TestTeam) -> None:
    folder = await team.owner.call("create_folder", name="a", channel="general")
    meta = await team.owner.call("upload_file", name="a.txt", content=b"x", channel="general")
    await team.owner.call("move_file", file_id=meta.file_id, folder_id=folder.id)
    await team.owner.call("rename_folder", folder_id=folder.id, name="b")
    await team.owner.call("delete_folder", folder_id=folder.id)
    await team.owner.call("delete_file", file_id=meta.file_id)
    events = [event for event in await team.events() if event.kind.startswith(("file.", "folder."))]
    kinds = ["folder.created", "file.uploaded", "file.moved", "folder.renamed", "folder.deleted", "file.deleted"]
    assert [event.kind for event in events] == kinds
    assert {(event.channel, event.agents) for event in events} == {("general", None)}
    assert events[1].data == meta.model_dump(mode="json")


# -- lists and folders -------------------------------------------------------------------------------------------------


async def test_lists_come_in_pages_newest_first(team: TestTeam) -> None:
    for number in range(7):
        await team.owner.call("upload_file", name=f"{number}.txt", content=b"x", channel="general")
    names, cursor = [], None
    for _ in range(10):
        more = {} if cursor is None else {"cursor": cursor}
        page = await team.owner.call("list_files", channel="general", limit=3, **more)
        names.append([file.file_name[0] for file in page.files])
        cursor = page.next
        if cursor is None:
            break
    assert names == [["6", "5", "4"], ["3", "2", "1"], ["0"]]


async def test_a_folder_shows_its_files_and_0_those_in_none(team: TestTeam) -> None:
    owner = team.owner
    outer = await owner.call("create_folder", name="outer", channel="general")
    inner = await owner.call("create_folder", name="inner", channel="general", parent_id=outer.id)
    ids = {
        place: (await owner.call("upload_file", name="a.txt", content=b"x", channel="general", folder_id=place)).file_id
        for place in (None, outer.id, inner.id)
    }

    async def listed(**where: Any) -> tuple[list[int], list[str]]:
        found = await owner.call("list_files", channel="general", **where)
        return [file.file_id for file in found.files], [folder.name for folder in found.folders]

    assert await listed() == (sorted(ids.values(), reverse=True), ["inner", "outer"])
    assert await listed(folder_id=0) == ([ids[None]], ["outer"])
    assert await listed(folder_id=outer.id) == ([ids[outer.id]], ["inner"])
    assert await listed(folder_id=inner.id) == ([ids[inner.id]], [])
    assert (await owner.call("move_file", file_id=ids[inner.id])).folder_id is None
    assert await listed(folder_id=0) == ([ids[inner.id], ids[None]], ["outer"])
    gone = await owner.call("delete_folder", folder_id=outer.id)
    assert (gone.deleted_folders, gone.moved_files) == (2, 1)
    assert await listed(folder_id=0) == (sorted(ids.values(), reverse=True), [])


async def test_a_folder_belongs_to_one_channel(team: TestTeam) -> None:
    owner = team.owner
    await owner.call("create_channel", id="other")
    folder = await owner.call("create_folder", name="a", channel="other")
    meta = await owner.call("upload_file", name="a.txt", content=b"x", channel="general")
    private = await owner.call("upload_file", name="a.txt", content=b"x")
    for name, given in (
        ("upload_file", {"name": "a.txt", "content": b"x", "channel": "general", "folder_id": folder.id}),
        ("move_file", {"file_id": meta.file_id, "folder_id": folder.id}),
        ("create_folder", {"name": "b", "channel": "general", "parent_id": folder.id}),
        ("list_files", {"channel": "general", "folder_id": folder.id}),
    ):
        with pytest.raises(NotFound, match=f"no folder {folder.id} in general"):
            await owner.call(name, **given)
    for name, given in (
        ("upload_file", {"name": "a.txt", "content": b"x", "folder_id": folder.id}),
        ("move_file", {"file_id": private.file_id, "folder_id": folder.id}),
        ("list_files", {"folder_id": folder.id}),
    ):
        with pytest.raises(InvalidInput):
            await owner.call(name, **given)


async def test_folders_go_five_levels_deep(team: TestTeam) -> None:
    parent = None
    for level in range(5):
        more = {} if parent is None else {"parent_id": parent}
        parent = (await team.owner.call("create_folder", name=str(level), channel="general", **more)).id
    with pytest.raises(InvalidInput, match="5 levels"):
        await team.owner.call("create_folder", name="6", channel="general", parent_id=parent)


async def test_folders_side_by_side_have_different_names(team: TestTeam) -> None:
    owner = team.owner
    one = await owner.call("create_folder", name="a", channel="general")
    two = await owner.call("create_folder", name="b", channel="general")
    await owner.call("create_folder", name="a", channel="general", parent_id=one.id)
    for name, given in (
        ("create_folder", {"name": "a", "channel": "general"}),
        ("rename_folder", {"folder_id": two.id, "name": "a"}),
        ("create_folder", {"name": "a", "channel": "general", "parent_id": one.id}),
    ):
        with pytest.raises(Conflict):
            await owner.call(name, **given)
    assert (await owner.call("rename_folder", folder_id=one.id, name="a")).name == "a"


@pytest.mark.parametrize("name", ["", " ", "a/b", "a\\b", "..", "x" * 101, "\n"])
async def test_folder_names_are_no_paths(team: TestTeam, name: str) -> None:
    with pytest.raises(InvalidInput):
        await team.owner.call("create_folder", name=name, channel="general")


# -- messages ----------------------------------------------------------------------------------------------------------


async def test_a_message_carries_files_of_its_channel(team: TestTeam) -> None:
    ann = await team.agent("ann")
    await ann.call("create_channel", id="plans", type="topic")
    one, two = [await ann.call("upload_file", name=f"{n}.txt", content=b"x", channel="general") for n in "ab"]
    elsewhere = await ann.call("upload_file", name="c.txt", content=b"x", channel="plans")
    private = await team.owner.call("upload_file", name="d.txt", content=b"x")
    files = [two.file_id, one.file_id, one.file_id]
    sent = await ann.call("send_message", channel="general", content="see these", files=files)
    await ann.call("send_message", channel="general", content="see nothing")
    history = await team.owner.call("get_history", channel="general")
    carried = {message.content: [file.file_name for file in message.files] for message in history.messages}
    assert sorted(carried["see these"]) == ["a.txt", "b.txt"]
    assert carried["see nothing"] == []
    found = await team.owner.call("search_messages", query="has:file")
    assert [message.id for message in found.results] == [sent.id]
    for wrong in (elsewhere.file_id, private.file_id, 999):
        with pytest.raises(InvalidInput, match="files: there is no file"):
            await ann.call("send_message", channel="general", content="no", files=[wrong])
    await ann.call("delete_file", file_id=one.file_id)
    history = await team.owner.call("get_history", channel="general")
    assert [file.file_name for message in history.messages for file in message.files] == ["b.txt"]


async def test_a_private_file_that_is_sent_becomes_the_channels(team: TestTeam) -> None:
    ann, bob = await team.agent("ann"), await team.agent("bob")
    mine = await ann.call("upload_file", name="a.txt", content=b"x")
    with pytest.raises(NotFound):
        await bob.call("download_file", file_id=mine.file_id)
    await ann.call("send_dm", recipient="bob", content="for you", files=[mine.file_id])
    assert (await bob.call("get_file", file_id=mine.file_id)).channel == "dm:ann:bob"
    with pytest.raises(NotFound):
        await team.owner.call("get_file", file_id=mine.file_id)
    with pytest.raises(InvalidInput):  # from a direct message it goes nowhere else
        await bob.call("send_message", channel="general", content="look", files=[mine.file_id])
    assert (await ann.call("list_files")).files == []


async def test_a_file_goes_with_the_last_message_that_carries_it(team: TestTeam) -> None:
    ann, bob = await team.agent("ann"), await team.agent("bob")

    async def upload(member: Member, name: str, **more: Any) -> int:
        file_id: int = (await member.call("upload_file", name=name, text=name, channel="general", **more)).file_id
        return file_id

    async def send(member: Member, *files: int) -> int:
        sent: int = (await member.call("send_message", channel="general", content="see", files=list(files))).id
        return sent

    folder = (await ann.call("create_folder", channel="general", name="kept")).id
    alone, shared, foreign = await upload(ann, "alone"), await upload(ann, "shared"), await upload(bob, "foreign")
    filed = await upload(ann, "filed", folder_id=folder)
    first, second = await send(ann, alone, shared, foreign, filed), await send(ann, shared)
    await ann.call("delete_message", id=first)
    there = {file.file_id for file in (await bob.call("list_files", channel="general")).files}
    assert there == {shared, foreign, filed}
    with pytest.raises(NotFound):
        await bob.call("download_file", file_id=alone)
    await team.owner.call("delete_message", id=second)
    assert {file.file_id for file in (await bob.call("list_files", channel="general")).files} == {foreign, filed}
    assert [event.subject for event in await team.events("file.deleted")] == [str(alone), str(shared)]
    digest = hashlib.sha256(b"alone").hexdigest()
    await team.server.settle()
    assert digest not in await team.team.files.digests()


async def test_a_message_whose_files_are_gone_is_not_found_by_them(team: TestTeam) -> None:
    one = (await team.owner.call("upload_file", name="a", text="a", channel="general")).file_id
    two = (await team.owner.call("upload_file", name="b", text="b", channel="general")).file_id
    both = (await team.owner.call("send_message", channel="general", content="two here", files=[one, two])).id
    single = (await team.owner.call("send_message", channel="general", content="one here", files=[one])).id

    async def found(query: str) -> list[int]:
        return [each.id for each in (await team.owner.call("search_messages", query=query)).results]

    assert await found("has:file here") == [single, both]
    await team.owner.call("delete_file", file_id=one)
    assert await found("has:file") == [both]
    await team.owner.call("delete_file", file_id=two)
    assert await found("has:file") == []
    assert await found("here") == [single, both]
    await team.owner.call("edit_message", id=single, content="edited here")
    await team.owner.call("delete_message", id=both)
    assert await found("here") == [single]
    assert await found("one") == await found("two") == []
