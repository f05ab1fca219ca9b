"""A whole server whose disk is full: 507 for what would write, answers for what reads, and no restart afterwards."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from teammcp.testing import TestTeam

LONG = "word " * 1900


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 8 MiB where the server of the test has its data; needs root."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("mounting a small disk needs root on Linux")
    home = tmp_path / "teammcp"
    home.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", home], capture_output=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"this machine mounts nothing: {done.stderr.decode().strip()}")
    yield home
    subprocess.run(["umount", "-l", home], check=True)


def files_on(disk: Path) -> list[Path]:
    """What is kept of uploads."""
    return [path for path in (disk / "teams/default/files").rglob("*") if path.is_file()]


async def send_until_full(http: httpx2.AsyncClient) -> tuple[int, httpx2.Response]:
    """Send until the server refuses; how many messages it took, and how it said no."""
    for sent in range(5000):
        answer = await http.post("/api/send", json={"channel": "general", "content": LONG})
        if answer.status_code != 200:
            return sent, answer
    raise AssertionError("the disk never became full")


async def check_full(team: TestTeam, sent: int, refusal: httpx2.Response) -> None:
    assert refusal.status_code == 507, refusal.text
    assert refusal.json()["error"] == "storage_full"
    assert refusal.headers["Content-Type"] == "application/problem+json"
    http = team.owner.http
    history = await http.get("/api/history", params={"channel": "general", "limit": 1})
    assert history.status_code == 200
    assert history.json()["messages"][0]["content"].startswith("word")
    found = await http.get("/api/search", params={"q": "word"})
    assert found.status_code == 200
    count = await team.team.database.read(lambda reader: reader.value("SELECT count(*) FROM messages"))
    assert count == sent
    for path in ("/api/channels", "/api/agents", "/api/inbox", "/api/me", "/api/health"):
        assert (await http.get(path)).status_code == 200, path


async def test_a_database_at_its_limit(team: TestTeam) -> None:
    database = team.team.database
    pages = await database.read(lambda reader: reader.value("PRAGMA page_count"))
    await database.write(lambda tx: tx.value(f"PRAGMA max_page_count = {pages + 100}"))
    sent, refusal = await send_until_full(team.owner.http)
    assert sent > 0
    await check_full(team, sent, refusal)
    await database.write(lambda tx: tx.value("PRAGMA max_page_count = 1000000"))
    answer = await team.owner.http.post("/api/send", json={"channel": "general", "content": "room again"})
    assert answer.status_code == 200


async def test_a_disk_that_is_really_full(small_disk: Path, team: TestTeam) -> None:
    await team.owner.call("send_message", channel="general", content="first")
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(shutil.disk_usage(small_disk).free - 600_000))
    sent, refusal = await send_until_full(team.owner.http)
    await check_full(team, sent + 1, refusal)
    upload = {"data": {"channel": "general"}, "files": {"content": ("a.bin", os.urandom(700_000))}}
    answer = await team.owner.http.post("/api/files", **upload)
    assert answer.status_code == 507, answer.text
    assert files_on(small_disk) == []
    ballast.unlink()
    answer = await team.owner.http.post("/api/files", **upload)
    assert answer.status_code == 201, answer.text
    answer = await team.owner.http.post("/api/send", json={"channel": "general", "content": "room again"})
    assert answer.status_code == 200
