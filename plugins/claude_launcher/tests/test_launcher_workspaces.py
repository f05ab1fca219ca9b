"""Workspaces: the folders in which agents' programs work."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from teammcp_claude_launcher.protocol import Home, Limits
from teammcp_claude_launcher.runner import workspaces
from teammcp_claude_launcher.runner.workspaces import worktrees

from teammcp import Children, StartFailed

LIMITS = Limits(
    idle_seconds=1, quiet_seconds=1, sign_seconds=1, stop_seconds=1, memory_mb=0, restarts=0, cost_usd=0, tokens=0
)


def home(workspace: Any = "own", folder: Path | str = "", *, agent: str = "bob", wide: bool = False) -> Home:
    return Home(
        agent=agent,
        key="",
        runtime="command",
        options={},
        model="",
        workspace=workspace,
        folder=str(folder),
        wide=wide,
        environment={},
        guide="",
        policy="ask",
        answers="reply",
        limits=LIMITS,
        wanted=True,
        held="",
        conversation=None,
        version=1,
    )


@pytest.fixture
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home of the user as whom the runner runs."""
    user = tmp_path / "user"
    user.mkdir()
    monkeypatch.setenv("HOME", str(user))
    return user


@pytest.fixture
def host(user: Path) -> Any:
    folder = user / "data" / "runner"
    folder.mkdir(parents=True)
    return SimpleNamespace(folder=folder, machine="here", children=Children(folder, "test"))


def git(folder: Path, *arguments: str) -> str:
    who = ("-c", "user.name=t", "-c", "user.email=t@example.org")
    done = subprocess.run(["git", "-C", str(folder), *who, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def commit(folder: Path, name: str = "file") -> None:
    (folder / name).write_text("x")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", name)


@pytest.fixture
def shop(user: Path) -> Path:
    """A repository with a commit."""
    folder = user / "shop"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    commit(folder)
    return folder


# -- folders ---------------------------------------------------------------------------------------------------------


async def test_an_agent_has_a_folder_of_its_own_that_only_its_user_opens(host: Any) -> None:
    place = await workspaces.prepare(host, home())
    assert place.folder == host.folder / "agents" / "bob"
    assert place.folder.stat().st_mode & 0o777 == 0o700
    assert str(place.folder) in place.note
    assert (await workspaces.prepare(host, home())).folder == place.folder


async def test_an_existing_folder_is_taken_as_it_is(host: Any, user: Path) -> None:
    folder = user / "project"
    folder.mkdir()
    place = await workspaces.prepare(host, home("folder", folder))
    assert place.folder == folder
    assert "existing folder" in place.note
    assert await workspaces.tidy(host, home("folder", folder)) == ""
    assert folder.is_dir()


async def test_a_folder_that_is_not_there_is_not_made(host: Any, user: Path) -> None:
    with pytest.raises(StartFailed, match="is not on here"):
        await workspaces.prepare(host, home("folder", user / "nowhere"))
    (user / "file").write_text("")
    with pytest.raises(StartFailed, match="is no folder"):
        await workspaces.prepare(host, home("folder", user / "file"))
    with pytest.raises(StartFailed, match="no whole path"):
        await workspaces.prepare(host, home("folder", "project"))


async def test_a_folder_that_holds_far_more_than_a_project_has_to_be_meant(host: Any, user: Path) -> None:
    (user / ".ssh").mkdir()
    (user / "link").symlink_to(user)
    wide = ["/", "/etc", user, user.parent, user / ".ssh", user / "link", user / "data", user / ".ssh" / ".."]
    for folder in wide:
        with pytest.raises(StartFailed, match="wide=true"):
            await workspaces.prepare(host, home("folder", folder))
    assert (await workspaces.prepare(host, home("folder", user, wide=True))).folder == user


async def test_the_runners_own_data_are_no_workspace_even_if_somebody_means_it(host: Any) -> None:
    (host.folder / "enrolments").mkdir()
    for folder in (host.folder, host.folder / "enrolments"):
        with pytest.raises(StartFailed, match="keeps its keys"):
            await workspaces.prepare(host, home("folder", folder, wide=True))


async def test_a_folder_of_its_own_goes_with_its_agent_only_if_it_is_empty(host: Any) -> None:
    place = await workspaces.prepare(host, home())
    (place.folder / "work").write_text("x")
    assert "something in it" in await workspaces.tidy(host, home())
    (place.folder / "work").unlink()
    assert await workspaces.tidy(host, home()) == ""
    assert not place.folder.exists()


# -- worktrees -------------------------------------------------------------------------------------------------------


async def test_an_agent_gets_a_worktree_on_a_branch_of_its_own_and_keeps_it(host: Any, shop: Path) -> None:
    place = await workspaces.prepare(host, home("worktree", shop))
    assert git(place.folder, "branch", "--show-current") == "agent/bob"
    assert "agent/bob" in place.note
    assert (place.folder / "file").read_text() == "x"
    (place.folder / "draft").write_text("y")
    again = await workspaces.prepare(host, home("worktree", shop))
    assert (again.folder / "draft").read_text() == "y"
    other = await workspaces.prepare(host, home("worktree", shop, agent="eve"))
    assert other.folder != place.folder
    assert git(shop, "branch", "--show-current") == "main"


async def test_one_of_a_folder_inside_of_a_repository_is_entered_there(host: Any, shop: Path) -> None:
    (shop / "web").mkdir()
    commit(shop, "web/page")
    place = await workspaces.prepare(host, home("worktree", shop / "web"))
    assert (place.folder / "page").is_file()


async def test_a_name_that_git_takes_for_no_branch_gets_one(host: Any, shop: Path) -> None:
    place = await workspaces.prepare(host, home("worktree", shop, agent="a..b.lock"))
    assert git(place.folder, "branch", "--show-current") == "agent/a.%2eb%2elock"


async def test_what_is_in_no_repository_is_refused_with_what_to_do(host: Any, user: Path) -> None:
    (user / "plain").mkdir()
    with pytest.raises(StartFailed, match="in no git repository"):
        await workspaces.prepare(host, home("worktree", user / "plain"))


async def test_something_else_in_the_place_of_a_worktree_is_left_alone(host: Any, shop: Path) -> None:
    place = await workspaces.prepare(host, home("worktree", shop))
    git(shop, "worktree", "remove", str(place.folder))
    place.folder.mkdir()
    (place.folder / "mine").write_text("x")
    with pytest.raises(StartFailed, match="is no worktree of"):
        await workspaces.prepare(host, home("worktree", shop))
    assert "stays" in await workspaces.tidy(host, home("worktree", shop))
    assert (place.folder / "mine").is_file()


@pytest.fixture
def sleeper() -> Iterator[list[subprocess.Popen[bytes]]]:
    """Programs that a test has started; they are ended with it."""
    started: list[subprocess.Popen[bytes]] = []
    yield started
    for each in started:
        each.kill()
        each.wait()


async def test_a_worktree_in_which_a_program_works_is_neither_taken_nor_removed(
    host: Any, shop: Path, sleeper: list[subprocess.Popen[bytes]]
) -> None:
    place = await workspaces.prepare(host, home("worktree", shop))
    sleeper.append(subprocess.Popen(["sleep", "600"], cwd=place.folder))  # noqa: ASYNC220
    with pytest.raises(StartFailed, match=r"in use by .*sleep"):
        await workspaces.prepare(host, home("worktree", shop))
    assert "sleep works in it" in await workspaces.tidy(host, home("worktree", shop))
    assert place.folder.is_dir()


async def test_a_persons_shell_in_a_worktree_keeps_it_from_being_removed_but_not_its_agent_out(
    host: Any, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = await workspaces.prepare(host, home("worktree", shop))
    monkeypatch.setattr(worktrees, "working_in", lambda folder: ["77 zsh"])
    assert (await workspaces.prepare(host, home("worktree", shop))).folder == place.folder
    assert "77 zsh works in it" in await workspaces.tidy(host, home("worktree", shop))


async def test_a_worktree_goes_with_its_agent_only_when_all_of_it_is_committed_and_merged(
    host: Any, shop: Path
) -> None:
    place = await workspaces.prepare(host, home("worktree", shop))
    (place.folder / "new").write_text("x")
    assert "not committed" in await workspaces.tidy(host, home("worktree", shop))
    commit(place.folder, "new")
    assert "'agent/bob' is not merged" in await workspaces.tidy(host, home("worktree", shop))
    git(place.folder, "checkout", "-q", "--detach", "main")
    assert "'agent/bob' is not merged" in await workspaces.tidy(host, home("worktree", shop))
    git(shop, "merge", "-q", "agent/bob")
    assert await workspaces.tidy(host, home("worktree", shop)) == ""
    assert not place.folder.exists()
    assert git(shop, "branch", "--list", "agent/*") == ""


async def test_hooks_of_a_repository_are_not_run_by_the_runner(host: Any, shop: Path) -> None:
    hook = shop / ".git" / "hooks" / "post-checkout"
    hook.write_text("#!/bin/sh\ntouch hooked\n")
    hook.chmod(0o700)
    place = await workspaces.prepare(host, home("worktree", shop))
    assert not (place.folder / "hooked").exists()
