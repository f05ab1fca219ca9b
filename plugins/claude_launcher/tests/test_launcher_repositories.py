"""Looking into repositories: what is there is found, and nothing of a hostile one is run or told."""

from __future__ import annotations

import subprocess
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from teammcp_claude_launcher.protocol import LookIntoRepository
from teammcp_claude_launcher.runner import repositories
from teammcp_claude_launcher.runner.repositories import look

from teammcp import Children, Conflict, Context
from teammcp.testing import TestTeam

from .keeping import Stage
from .scripted import Puppets

PROGRAMS = (
    *("core.fsmonitor", "core.pager", "core.sshCommand", "core.gitProxy"),
    *("filter.x.smudge", "filter.x.process", "diff.x.textconv", "diff.external"),
)
"""Settings that name a program."""
MISSING = "0123456789abcdef0123456789abcdef01234567"


def git(folder: Path, *arguments: str) -> str:
    who = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "protocol.file.allow=always")
    done = subprocess.run(["git", "-C", str(folder), *who, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def digest(*lines: str) -> str:
    return sha256("\n".join(lines).encode()).hexdigest()


@pytest.fixture
def children(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Children:
    home = tmp_path / "user"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    return Children(home, "test")


@pytest.fixture
def shop(tmp_path: Path, children: Children) -> Path:
    """A repository with a folder, a link, a file with a hostile name, a large one, and one that is no text."""
    folder = tmp_path / "shop"
    (folder / "part").mkdir(parents=True)
    git(folder, "init", "-q", "-b", "main")
    (folder / "part" / "a.py").write_bytes(b"one\r\ntwo\nthree\n")
    (folder / "-x").write_text("dash\n")
    (folder / "*.py").write_text("star\n")
    (folder / "link").symlink_to("/etc/passwd")
    (folder / "large").write_text("x" * (repositories.LARGEST + 1))
    (folder / "picture").write_bytes(b"\x00\x01\n")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "all")
    return folder


async def found(children: Children, folder: Path, commit: str, path: str = "", *lines: str, first: int = 1) -> Any:
    last = first + max(len(lines), 1) - 1
    said = digest(*lines) if lines else ""
    asked = LookIntoRepository(folder=str(folder), commit=commit, path=path, first=first, last=last, digest=said)
    answer = await look(children, asked)
    return (answer["found"], answer["same"]) if lines else answer["found"]


async def test_a_commit_and_lines_are_found(children: Children, shop: Path) -> None:
    commit = git(shop, "rev-parse", "HEAD")
    assert await found(children, shop, commit) == "commit"
    assert await found(children, shop, commit[:8]) == "commit"
    assert await found(children, shop, MISSING) == "no_commit"
    assert await found(children, shop, commit, "part/a.py", "one", "two") == ("lines", True)
    assert await found(children, shop, commit, "part/a.py", "two", "three", first=2) == ("lines", True)
    assert await found(children, shop, commit, "part/a.py", "two") == ("lines", False)
    assert await found(children, shop, commit, "part/a.py", "three", "four", first=3) == ("no_lines", None)
    assert await found(children, shop, commit, "part/a.py", first=3) == "lines"
    assert await found(children, shop, commit, "nothing") == "no_file"
    assert await found(children, shop / "part", commit, "a.py", "one") == ("lines", True)
    assert await found(children, shop / "part", commit, "part/a.py", "one") == ("lines", True)


PATHS = {
    "-x": "lines",
    "*.py": "lines",
    "link": "unreadable",
    "large": "unreadable",
    "picture": "unreadable",
    "part": "unreadable",
    "part/": "unreadable",
    "--help": "no_file",
    ":(glob)**": "no_file",
    "a\n": "no_file",
}


@pytest.mark.parametrize(("path", "what"), PATHS.items())
async def test_a_path_is_never_anything_but_the_name_of_a_file(
    children: Children, shop: Path, path: str, what: str
) -> None:
    assert await found(children, shop, git(shop, "rev-parse", "HEAD"), path) == what


async def test_a_name_that_looks_like_a_hash_is_none(children: Children, shop: Path) -> None:
    git(shop, "branch", "deadbee")
    git(shop, "tag", "cafebabe")
    for name in ("deadbee", "cafebabe"):
        assert await found(children, shop, name) == "no_commit"
    tree = git(shop, "rev-parse", "HEAD^{tree}")
    assert await found(children, shop, tree) == "no_commit"


async def test_what_git_reads_is_the_folder_whoever_has_started_the_runner(
    children: Children, shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = git(shop, "rev-parse", "HEAD")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_CONFIG_PARAMETERS", "'core.bare=true'")
    assert await found(children, shop, commit, "part/a.py", "one") == ("lines", True)


async def test_a_folder_without_a_repository_is_none(children: Children, tmp_path: Path) -> None:
    assert await found(children, tmp_path, MISSING) == "no_repository"
    assert await found(children, tmp_path / "nowhere", MISSING) == "no_repository"


async def test_nothing_of_a_hostile_repository_is_run_and_nothing_is_fetched(
    children: Children, shop: Path, tmp_path: Path
) -> None:
    commit = git(shop, "rev-parse", "HEAD")
    ran = tmp_path / "ran"
    script = tmp_path / "script"
    script.write_text(f"#!/bin/sh\necho ran >> {ran}\ncat\n")
    script.chmod(0o755)
    for name in (
        "core.fsmonitor",
        "core.pager",
        "core.sshCommand",
        "core.gitProxy",
        "filter.x.smudge",
        "diff.x.textconv",
    ):
        git(shop, "config", name, str(script))
    git(shop, "config", "core.hooksPath", str(tmp_path))
    git(shop, "config", "remote.origin.url", f"ext::{script}")
    git(shop, "config", "remote.origin.promisor", "true")
    git(shop, "config", "extensions.partialClone", "origin")
    git(shop, "config", "protocol.ext.allow", "always")
    git(shop, "config", "core.repositoryformatversion", "1")
    (shop / ".gitattributes").write_text("* filter=x diff=x\n")
    assert await found(children, shop, commit, "part/a.py", "one") == ("lines", True)
    assert await found(children, shop, MISSING) == "no_commit"
    assert not ran.exists()


async def test_what_is_missing_or_elsewhere_is_not_readable(children: Children, shop: Path, tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    git(inner, "init", "-q")
    git(inner, "commit", "-q", "--allow-empty", "-m", "empty")
    git(shop, "submodule", "--quiet", "add", str(inner), "module")
    git(shop, "commit", "-qm", "module")
    commit = git(shop, "rev-parse", "HEAD")
    assert await found(children, shop, commit, "module") == "unreadable"
    assert await found(children, shop, commit, "module/a") == "no_file"
    blob = git(shop, "rev-parse", "HEAD:part/a.py")
    (shop / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    assert await found(children, shop, commit, "part/a.py", "one") == ("unreadable", None)


async def test_git_that_does_not_end_is_no_answer(
    children: Children, shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = tmp_path / "bin" / "git"
    slow.parent.mkdir()
    slow.write_text("#!/bin/sh\nexec sleep 60\n")
    slow.chmod(0o755)
    monkeypatch.setenv("PATH", str(slow.parent), prepend=":")
    monkeypatch.setattr(repositories, "SECONDS", 0.2)
    assert await found(children, shop, MISSING) == "unreadable"


# -- through the runner ------------------------------------------------------------------------------------------------


@pytest.fixture
async def stage(team: TestTeam, tmp_path: Path) -> AsyncIterator[Stage]:
    stage = Stage(team, tmp_path / "runner", Puppets())
    await stage.up()
    yield stage
    await stage.down()


async def test_the_server_asks_the_machine(team: TestTeam, stage: Stage, shop: Path) -> None:
    await stage.connected()
    asked = {"machine": "box", "folder": str(shop), "commit": git(shop, "rev-parse", "HEAD")}
    inside = Context.inside(team.team)
    assert (await inside.call("look_into_repository", **asked)).found == "commit"
    place = {"path": "part/a.py", "first": 2, "last": 2, "digest": digest("two")}
    assert (await inside.call("look_into_repository", **asked, **place)).same
    with pytest.raises(Conflict, match="is not connected"):
        await inside.call("look_into_repository", **{**asked, "machine": "nowhere"})
