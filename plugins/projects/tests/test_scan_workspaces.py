"""The members of workspaces, as each tool means what it is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from teammcp_projects.scan import patterns, scan, yaml_parts

from plugins.projects.tests.trees import grow

PLACES = ["apps/web", "apps/api", "apps/api/plugin", "libs/ui", "libs/old", "libs/test/ui", "tools", "docs"]


def members(folder: Path, root: dict[str, Any], manifest: str) -> set[str]:
    """Which of `PLACES` a scan takes for members of the workspace that these files declare."""
    grow(folder, {**root, **{f"{place}/{manifest}": "{}" for place in PLACES if place != "docs"}, "docs/": ""})
    return {
        each.folder.relative_to(folder.resolve()).as_posix()
        for each in scan(folder).found
        if any(mark.startswith("member of") for mark in each.marks)
    }


@pytest.mark.parametrize(
    ("globs", "expected"),
    [
        (["apps/*"], ["apps/api", "apps/web"]),
        (["./apps/*/"], ["apps/api", "apps/web"]),
        (["apps/web", "tools"], ["apps/web", "tools"]),
        (["*"], ["tools"]),
        (["apps/**"], ["apps/api", "apps/api/plugin", "apps/web"]),
        (["**"], sorted(place for place in PLACES if place != "docs")),
        (["{apps,libs}/{web,ui}"], ["apps/web", "libs/ui"]),
        (["apps/w?b", "libs/[a-t]*"], ["apps/web", "libs/old"]),
        (["libs/[^o]*"], ["libs/ui"]),
        (["libs/*", "!libs/old"], ["libs/ui"]),
        (["libs/**", "!**/test/**"], ["libs/old", "libs/ui"]),
        (["docs", "none", "../outside", "/etc", ""], []),
        (["!apps/*"], []),
    ],
    ids=str,
)
@pytest.mark.parametrize("tool", ["npm", "yarn", "pnpm", "pnpm in one line"])
def test_globs_of_javascript(tmp_path: Path, tool: str, globs: list[str], expected: list[str]) -> None:
    quoted = ", ".join(f"'{each}'" for each in globs)
    root = {
        "npm": {"package.json": {"workspaces": globs}},
        "yarn": {"package.json": {"workspaces": {"packages": globs, "nohoist": ["**"]}}},
        "pnpm": {"pnpm-workspace.yaml": "packages:\n" + "".join(f'  - "{each}"\n' for each in globs)},
        "pnpm in one line": {"pnpm-workspace.yaml": f"packages: [{quoted}]\n"},
    }[tool]
    assert sorted(members(tmp_path, root, "package.json")) == expected


@pytest.mark.parametrize(("tool", "expected"), [("npm", ["libs/old", "libs/ui"]), ("pnpm", ["libs/ui"])])
def test_what_is_excluded_comes_back_with_npm_alone(tmp_path: Path, tool: str, expected: list[str]) -> None:
    globs = ["libs/*", "!libs/old", "libs/old"]
    listed = "".join(f"- '{each}'\n" for each in globs)
    root = {"npm": {"package.json": {"workspaces": globs}}, "pnpm": {"pnpm-workspace.yaml": f"packages:\n{listed}"}}
    assert sorted(members(tmp_path, root[tool], "package.json")) == expected


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ('members = ["apps/*", "tools"]', ["apps/api", "apps/web", "tools"]),
        ('members = ["libs/*"]\nexclude = ["libs/o*"]', ["libs/ui"]),
        ('members = ["libs/old"]\nexclude = ["libs/old"]', []),
        ("members = [1, {}]", []),
        ("", []),
    ],
    ids=str,
)
def test_members_of_uv(tmp_path: Path, table: str, expected: list[str]) -> None:
    root = {"pyproject.toml": f"[tool.uv.workspace]\n{table}\n"}
    assert sorted(members(tmp_path, root, "pyproject.toml")) == expected


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ('members = ["apps/*", "tools"]', ["apps/api", "apps/web", "tools"]),
        ('members = ["libs/*"]\nexclude = ["libs/old"]', ["libs/ui"]),
        ('members = ["libs/**"]\nexclude = ["libs/test"]', ["libs/old", "libs/ui"]),
        ('members = ["libs/old"]\nexclude = ["libs"]', ["libs/old"]),
        ("", []),
    ],
    ids=str,
)
def test_members_of_cargo(tmp_path: Path, table: str, expected: list[str]) -> None:
    assert sorted(members(tmp_path, {"Cargo.toml": f"[workspace]\n{table}\n"}, "Cargo.toml")) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("go 1.25\n\nuse ./apps/web\nuse ./tools // ours\n", ["apps/web", "tools"]),
        ("use (\n\t./apps/web\n\t// ./apps/api\n\t./libs/ui\n)\n", ["apps/web", "libs/ui"]),
        ("use (./tools)\nuse ../outside\n", ["tools"]),
        ("use ./none\nreplace x => ./apps/web\n", []),
    ],
    ids=str,
)
def test_folders_of_go(tmp_path: Path, text: str, expected: list[str]) -> None:
    assert sorted(members(tmp_path, {"go.work": text}, "go.mod")) == expected


def test_a_member_is_found_where_the_scan_itself_does_not_get(tmp_path: Path) -> None:
    grow(tmp_path, {"package.json": {"workspaces": ["a/b/c/*"]}, "a/b/c/d/package.json": "{}"})
    assert [each.name for each in scan(tmp_path, 0).found][1:] == ["d"]


def test_no_member_is_looked_for_where_others_code_lies(tmp_path: Path) -> None:
    grow(tmp_path, {"package.json": {"workspaces": ["**"]}})
    for place in ("a/node_modules/b", ".hidden", "a/1/2/3/4/5/6/7"):
        grow(tmp_path, {f"{place}/package.json": "{}"})
    assert len(scan(tmp_path).found) == 1


def test_a_hostile_pattern_takes_no_time(tmp_path: Path) -> None:
    """It would take years if each star were tried in each way."""
    grow(tmp_path, {f"{'a' * 200}/{'a' * 200}/x": "", "package.json": {"workspaces": []}})
    hostile = ["**/" * 80 + "b", "*a" * 100 + "b", "{a,b}" * 60, "[" * 100, "{" * 300]
    grow(tmp_path, {"package.json": {"workspaces": hostile}})
    assert len(scan(tmp_path).found) == 1


# -- patterns --------------------------------------------------------------------------------------------------------

names = st.text("ab", min_size=1, max_size=3)
paths = st.lists(names, max_size=5)


def meant(pattern: list[str], path: list[str]) -> bool:
    """What a pattern of names, ``*`` and ``**`` matches, said as simply as can be."""
    if not pattern:
        return not path
    if pattern[0] == "**":
        return any(meant(pattern[1:], path[number:]) for number in range(len(path) + 1))
    return bool(path) and pattern[0] in ("*", path[0]) and meant(pattern[1:], path[1:])


@given(st.lists(names | st.sampled_from(["*", "**"]), max_size=5), paths)
def test_a_pattern_matches_what_it_means(pattern: list[str], path: list[str]) -> None:
    assert patterns.matches(tuple(pattern), path) is meant(pattern, path)


@given(st.text("ab{},*!/[]", max_size=30))
def test_any_text_is_a_pattern_or_none(text: str) -> None:
    for each in patterns.choices(text):
        pattern = patterns.split(each)
        assert pattern is None or patterns.matches(pattern, ["a", "b"]) in (True, False)


# -- lists in YAML ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("packages:\n  - 'a/*'\n  - \"!b\"\n  - c/d # why\n", ["a/*", "!b", "c/d"]),
        ("packages:\n- a\n\n# between\n- b\ncatalog:\n  - c\n", ["a", "b"]),
        ("catalog:\n  packages:\n    - a\n", []),
        ("packages: ['a', \"b\", c]\n", ["a", "b", "c"]),
        ("packages: [\n  a, # why\n  'b[x]',\n]\nother: [c]\n", ["a", "b[x]"]),
        ("packages: []\n", []),
        ("packages: # all\n  - a\n", ["a"]),
        ("packages:\n  - 'it''s'\n  - \"tab\\t\"\n  - 'open\n", ["it's", "tab\t"]),
        ("packages:\n  - key: value\n  - &anchor\n  - |\n    text\n", []),
        ("packages:\r\n  - a\r\n", ["a"]),
        ("packages", []),
    ],
    ids=str,
)
def test_a_list_of_texts_is_read_in_either_style(document: str, expected: list[str]) -> None:
    assert yaml_parts.texts_under(document, "packages") == expected


@given(st.text("packages:-[]'\", \n#ab\\", max_size=60))
def test_whatever_a_document_is_a_list_of_texts_comes_of_it(document: str) -> None:
    found = yaml_parts.texts_under(f"packages:{document}", "packages")
    assert all(isinstance(each, str) and each for each in found)
