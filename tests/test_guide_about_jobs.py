"""The plugins that the guide shows do what it says, as they stand."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

GUIDES = Path(__file__).parent.parent / "docs" / "plugins"

TESTS = """
import asyncio

import pytest

import counts
import keeper
import reminders
from teammcp import Server
from teammcp.testing import MovedClock, TestTeam

pytestmark = pytest.mark.teammcp(install={"reminders": reminders, "counts": counts, "keeper": keeper})


async def test_messages_are_counted(team: TestTeam) -> None:
    for _ in range(3):
        await team.owner.call("send_message", channel="general", content="hello")
    await counts.COUNTER.catch_up(team.team)
    sql = "SELECT messages FROM counts WHERE channel = 'general'"
    assert await team.team.database.read(lambda reader: reader.value(sql)) == 3


async def test_the_program_runs(server: Server) -> None:
    [service] = server.services.of("keeper", "default")
    await asyncio.sleep(0)
    assert service.state == "running"
"""


def blocks(page: str) -> list[str]:
    """The Python of a page."""
    text = (GUIDES / page).read_text(encoding="utf-8")
    return re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def test_the_plugins_of_the_guide_about_jobs_work_and_their_tests_pass(tmp_path: Path) -> None:
    reminders, service, counts, keeper = blocks("jobs.md")
    for name, code in (("reminders", reminders), ("counts", counts), ("keeper", keeper)):
        (tmp_path / f"{name}.py").write_text(code, "utf-8")
    (tmp_path / "test_guide.py").write_text(TESTS + blocks("testing.md")[0], "utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-o", "asyncio_mode=auto", "-p", "no:cacheprovider", "."]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert "3 passed" in done.stdout, done.stdout + done.stderr
    compile(service, "jobs.md", "exec")
