"""What a scan of a folder finds, and what it leaves alone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from teammcp_projects.scan import scan, scanning

from plugins.projects.tests.trees import Tree, grow

PACKAGE = {"name": "x"}


def found(folder: Path, depth: int = 4) -> list[str]:
    """The folders in which a scan finds code bases, from the scanned one on."""
    return [each.folder.relative_to(folder.resolve()).as_posix() for each in scan(folder, depth).found]


# -- marks -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        ({}, []),
        ({"notes.txt": ""}, []),
        ({"package.json": PACKAGE}, []),
        ({".git/": ""}, ["."]),
        ({"a/.git/": ""}, ["a"]),
        ({"a/.git": "gitdir: /elsewhere/.git/worktrees/a"}, ["a"]),
        ({"a/.claude/": ""}, ["a"]),
        ({"a/AGENTS.md": ""}, ["a"]),
        ({"a/CLAUDE.md": ""}, ["a"]),
        ({"a/agents.md": ""}, []),
        ({"c/.git/": "", "a/.git/": "", "b/d/.git/": ""}, ["a", "b/d", "c"]),
        ({"a/.git/": "", "a/b/.git": ""}, ["a", "a/b"]),
        ({"a/.git/": "", "a/src/AGENTS.md": "", "a/tests/CLAUDE.md": ""}, ["a"]),
        ({"a/.git/": "", "a/src/go.mod": "module x", "a/src/AGENTS.md": ""}, ["a", "a/src"]),
        ({"a/.git/": "", "a/src/.claude/": ""}, ["a", "a/src"]),
    ],
    ids=str,
)
def test_a_code_base_is_known_by_its_marks(tmp_path: Path, tree: Tree, expected: list[str]) -> None:
    assert found(grow(tmp_path, tree)) == expected


def test_it_says_by_what_it_knew_a_code_base(tmp_path: Path) -> None:
    grow(tmp_path, {"CLAUDE.md": "", ".git/": "", "package.json": {"workspaces": ["a"]}, "a/package.json": PACKAGE})
    assert [each.marks for each in scan(tmp_path).found] == [
        (".git", "CLAUDE.md", "npm workspace"),
        ("member of npm workspace",),
    ]


@pytest.mark.parametrize(
    "folder",
    [".cache", "node_modules", "vendor", "third_party", "target", "venv", "dist", "a/node_modules/b", "a/b/c/d/e"],
)
def test_what_others_wrote_or_a_tool_made_or_lies_too_deep_is_left_alone(tmp_path: Path, folder: str) -> None:
    assert found(grow(tmp_path, {f"{folder}/.git/": "", "one/.git/": ""})) == ["one"]


def test_an_environment_is_known_whatever_it_is_called(tmp_path: Path) -> None:
    assert found(grow(tmp_path, {"mine/pyvenv.cfg": "", "mine/src/x/.git/": ""})) == []


def test_the_folder_itself_may_be_called_anything(tmp_path: Path) -> None:
    assert found(grow(tmp_path / ".hidden" / "target", {".git/": "", "a/.git/": ""})) == [".", "a"]


@pytest.mark.parametrize(("depth", "expected"), [(0, ["."]), (1, [".", "a"]), (2, [".", "a", "a/b"])])
def test_it_looks_as_deep_as_it_is_told(tmp_path: Path, depth: int, expected: list[str]) -> None:
    assert found(grow(tmp_path, {".git/": "", "a/.git/": "", "a/b/.git/": ""}), depth) == expected


def test_a_persons_own_settings_make_no_code_base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert found(grow(tmp_path, {".claude/": "", "work/.claude/": ""})) == ["work"]


# -- what is in the way ----------------------------------------------------------------------------------------------


def test_links_lead_nowhere(tmp_path: Path) -> None:
    tree = grow(tmp_path / "tree", {"a/.git/": "", "package.json": {"workspaces": ["*", "b/c"]}})
    grow(tmp_path / "elsewhere", {".git/": "", "package.json": PACKAGE, "c/package.json": PACKAGE})
    (tree / "a" / "loop").symlink_to(tree)
    (tree / "b").symlink_to(tmp_path / "elsewhere")
    assert found(tree) == [".", "a"]
    (tmp_path / "link").symlink_to(tree)
    assert found(tmp_path / "link") == [".", "a"]


def test_a_folder_that_cannot_be_read_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    grow(tmp_path, {"a/.git/": "", "b/.git/": ""})
    real = os.scandir

    def scandir(folder: Path) -> object:
        if folder.name == "a":
            raise PermissionError(13, "no")
        return real(folder)

    monkeypatch.setattr(os, "scandir", scandir)
    assert found(tmp_path) == ["b"]


@pytest.mark.parametrize("name", ["package.json", "pyproject.toml", "Cargo.toml", "go.mod", "go.work", "README.md"])
@pytest.mark.parametrize(
    "content", [b"", b"{", b"\xff\xfe\x00", b"[" * 100_000, b'{"name":' * 100_000, b"null", b"[]", b"name = 1", b"\x00"]
)
def test_a_broken_file_says_nothing_and_breaks_nothing(tmp_path: Path, name: str, content: bytes) -> None:
    [only] = scan(grow(tmp_path / "app", {".git/": "", name: content})).found
    assert (only.name, only.publishes) == ("app", ())


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    huge = b'{"name": "huge", "x": "' + b"x" * 2**20 + b'"}'
    [only] = scan(grow(tmp_path / "app", {".git/": "", "package.json": huge})).found
    assert only.name == "app"


def test_what_is_no_plain_file_is_not_read(tmp_path: Path) -> None:
    """A pipe would be waited for, and what a link leads to may be a secret."""
    folder = grow(tmp_path / "app", {".git/": "", "../secret": "The password is swordfish."})
    os.mkfifo(folder / "package.json")
    (folder / "README.md").symlink_to(tmp_path / "secret")
    [only] = scan(folder).found
    assert (only.name, only.description) == ("app", "")


def test_there_is_an_end_to_what_it_looks_at_and_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    grow(tmp_path, {f"{number:02}/.git/": "" for number in range(20)})
    assert scan(tmp_path).whole
    for limit, value in (("MOST_LOOKED_AT", 11), ("MOST_FOUND", 10)):
        with monkeypatch.context() as patch:
            patch.setattr(scanning, limit, value)
            some = scan(tmp_path)
            assert [each.name for each in some.found] == [f"{number:02}" for number in range(10)]
            assert not some.whole


@pytest.mark.parametrize("name", ["none", "file"])
def test_what_is_no_folder_is_an_error(tmp_path: Path, name: str) -> None:
    grow(tmp_path, {"file": ""})
    with pytest.raises(NotADirectoryError, match=f"{name} is no folder"):
        scan(tmp_path / name)


# -- names -----------------------------------------------------------------------------------------------------------


def test_no_name_is_there_twice(tmp_path: Path) -> None:
    tree = {f"{place}/.git/": "" for place in ("a/Web", "b/web", "b/x/web", "c/web")}
    grow(
        tmp_path,
        {**tree, "c/web/package.json": {"name": "@shop/WEB"}, "d/.git/": "", "d/package.json": {"name": "web"}},
    )
    names = {each.folder.relative_to(tmp_path).as_posix(): each.name for each in scan(tmp_path).found}
    assert names == {
        "a/Web": "Web",
        "b/web": "b-web",
        "b/x/web": "x-web",
        "c/web": "c-WEB",
        "d": f"{tmp_path.name}-web",
    }


def test_a_scan_of_the_same_says_the_same(tmp_path: Path) -> None:
    grow(tmp_path, {f"{place}/.git/": "" for place in ("b/app", "a/app", "app", "c/app/app")})
    assert scan(tmp_path) == scan(tmp_path)
