"""Parts are checked by a real runner in a real repository."""

from __future__ import annotations

import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from plugins.claude_launcher.tests.keeping import Stage, until
from plugins.claude_launcher.tests.scripted import Puppets
from teammcp.testing import TestTeam

pytestmark = pytest.mark.teammcp(plugins={"claude_launcher": {"local_runner": False}})


@pytest.fixture
def installed_plugins() -> set[str]:
    return {"theme-base", "projects", "claude_launcher"}


@pytest.fixture
async def stage(team: TestTeam, tmp_path: Path) -> AsyncIterator[Stage]:
    stage = Stage(team, tmp_path / "runner", Puppets())
    await stage.up()
    await stage.connected()
    yield stage
    await stage.down()


def git(folder: Path, *arguments: str) -> str:
    who = ("-c", "user.name=t", "-c", "user.email=t@example.org")
    done = subprocess.run(["git", "-C", str(folder), *who, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


async def test_what_is_said_of_code_is_held_against_it(team: TestTeam, stage: Stage, tmp_path: Path) -> None:
    folder = tmp_path / "backend"
    folder.mkdir()
    git(folder, "init", "-q")
    (folder / "a.py").write_text("x = 1\ny = 2\n", "utf-8")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "first")
    commit = git(folder, "rev-parse", "HEAD")
    places = [{"machine": "box", "folder": str(folder)}]
    await team.owner.call("add_project", name="backend", folders=places)
    of = {"project": "backend", "commit": commit}
    parts = [
        {"kind": "commit", **of},
        {"kind": "snippet", "path": "a.py", "first_line": 2, "code": "y = 2", **of},
        {"kind": "snippet", "path": "a.py", "code": "y = 2", **of},
        {"kind": "reference", "path": "a.py", "line": 3, **of},
        {"kind": "commit", "project": "backend", "commit": "0123456789"},
    ]
    sent = await team.owner.call("send_message", channel="general", content="look", parts=parts)

    async def standings() -> list[str] | None:
        message = await team.owner.call("get_message", message_id=sent.id)
        found = [part.standing for part in message.parts]
        return None if None in found else found

    found = await until(standings, "the checks")
    assert found == ["verified", "verified", "differs", "differs", "unknown"]
