"""What a scan says of a code base: its name, a line about it, what it publishes."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter
from teammcp_projects.bounds import MOST_PUBLISHED, ProjectName
from teammcp_projects.registry.models import Publication
from teammcp_projects.scan import CodeBase, scan
from teammcp_projects.scan.naming import name_all, project_name

from plugins.projects.tests.trees import Tree, grow

RULE: TypeAdapter[str] = TypeAdapter(ProjectName)


def only(folder: Path, tree: Tree) -> CodeBase:
    """The one code base that is found in a folder ``app`` with these files."""
    [found] = scan(grow(folder / "app", {".git/": "", **tree})).found
    return found


@pytest.mark.parametrize(
    ("tree", "name", "description"),
    [
        ({}, "app", ""),
        ({"package.json": {"name": "shop", "description": "Sells  things"}}, "shop", "Sells things"),
        ({"package.json": {"name": "@acme/shop"}}, "shop", ""),
        ({"package.json": {"private": True}, "pyproject.toml": '[project]\nname = "shop"'}, "shop", ""),
        ({"pyproject.toml": '[project]\nname = "shop"\ndescription = "Sells"'}, "shop", "Sells"),
        ({"pyproject.toml": '[tool.poetry]\nname = "shop"\ndescription = "Sells"'}, "shop", "Sells"),
        ({"Cargo.toml": '[package]\nname = "shop"\ndescription = "Sells"'}, "shop", "Sells"),
        ({"Cargo.toml": '[package]\nname.workspace = true\ndescription = ["x"]'}, "app", ""),
        ({"go.mod": "// old\nmodule example.com/acme/shop/v2\n\ngo 1.25\n"}, "shop", ""),
        ({"package.json": {"name": 7, "description": {}}}, "app", ""),
        ({"package.json": {"name": "  "}}, "app", ""),
        ({"package.json": b'\xef\xbb\xbf{"name": "shop"}'}, "shop", ""),
        ({"README.md": "# Shop\n\nSells *things*,\nand `more`.\n\nMore.\n"}, "app", "Sells things, and more."),
        ({"README.md": "Shop\n====\n\n[![b](x.svg)](y)\n\n<p>\n<img>\n</p>\n\n- list\n\nSells.\n"}, "app", "Sells."),
        ({"readme.MD": "See [the guide](guide.md)."}, "app", "See the guide."),
        ({"README.rst": "Shop\n====\n\n.. image:: x\n\nSells.\n"}, "app", "Sells."),
        ({"README.md": "# Shop\n"}, "app", ""),
        ({"README": "Sells.", "package.json": {"name": "shop", "description": "From here"}}, "shop", "From here"),
        ({"README.md": "x" * 2**21}, "app", "x" * 499 + "…"),
        ({"README.md": "中" * 2**20}, "app", "中" * 499 + "…"),  # what is read of it may end within a character
        ({"README.md": b"\x89PNG\r\n\x1a\n\xff\xfe"}, "app", ""),
        ({"README.md": "Prix: 5 €".encode("cp1252"), "package.json": {"description": "Sells"}}, "app", "Sells"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_name_and_description_come_from_its_files(tmp_path: Path, tree: Tree, name: str, description: str) -> None:
    found = only(tmp_path, tree)
    assert (found.name, found.description) == (name, description)


API = "openapi: 3.1.0\ninfo:\n  contact:\n    title: no\n  title: 'Shop API' # ours\n  version: 1.4\npaths: {}\n"
MESSAGES = 'syntax = "proto3";\npackage acme.shop.v1;\nmessage Order {}\n'
PROTO = f"{MESSAGES}service Shop {{\n  rpc Buy (Order) returns (Order);\n}}\n"


@pytest.mark.parametrize(
    ("tree", "publishes"),
    [
        ({"package.json": {"name": "@acme/shop", "version": "1.2.0"}}, [("package", "@acme/shop", "1.2.0")]),
        ({"package.json": {"name": "shop", "private": True}}, []),
        ({"pyproject.toml": '[project]\nname = "shop"\ndynamic = ["version"]'}, [("package", "shop", "")]),
        ({"pyproject.toml": '[project]\nname = "shop"\n[tool.uv]\npackage = false'}, []),
        ({"pyproject.toml": '[project]\nname = "shop"\nclassifiers = ["Private :: Do Not Upload"]'}, []),
        ({"Cargo.toml": '[package]\nname = "shop"\nversion = "0.3.0"'}, [("package", "shop", "0.3.0")]),
        ({"Cargo.toml": '[package]\nname = "shop"\nversion.workspace = true'}, [("package", "shop", "")]),
        ({"Cargo.toml": '[package]\nname = "shop"\npublish = false'}, []),
        ({"go.mod": "module example.com/shop/v2"}, [("package", "example.com/shop/v2", "")]),
        ({"openapi.yaml": API}, [("api", "Shop API", "1.4")]),
        ({"api/openapi.yml": API}, [("api", "Shop API", "1.4")]),
        ({"docs/openapi.json": {"info": {"title": "Shop", "version": "2"}}}, [("api", "Shop", "2")]),
        ({"openapi.json": "{"}, [("api", "app API", "")]),
        ({"openapi.yaml": '{"info": {"title": "Shop", "version": "2"}}'}, [("api", "Shop", "2")]),
        ({"proto/shop/v1/a.proto": PROTO, "proto/shop/v1/b.proto": MESSAGES}, [("api", "acme.shop.v1", "")]),
        ({"a.proto": "/* package no; */\n" + MESSAGES}, [("schema", "acme.shop.v1", "")]),
        ({"a.proto": "message Order {}"}, []),
        ({"openapi.json": {"info": {"title": "x" * 201, "version": "1"}}}, []),
        ({"package.json": {"name": "sh\nop", "version": "1"}}, []),
        ({"package.json": {"name": "shop", "version": "1" * 65}}, []),
        (
            {"package.json": {"name": "shop", "version": "1"}, "openapi.yaml": "x"},
            [("package", "shop", "1"), ("api", "shop API", "")],
        ),
        (
            {"package.json": {"name": "shop", "version": "1"}, "pyproject.toml": '[project]\nname = "shop"'},
            [("package", "shop", "1")],
        ),
        (
            {"openapi.yaml": API, "docs/openapi.json": {"info": {"title": "Shop API", "version": "2"}}},
            [("api", "Shop API", "1.4")],
        ),
    ],
    ids=lambda value: str(value)[:60],
)
def test_what_it_publishes_is_guessed_from_its_files(
    tmp_path: Path, tree: Tree, publishes: list[tuple[str, str, str]]
) -> None:
    found = [tuple(each) for each in only(tmp_path, tree).publishes]
    assert found == publishes
    for each in only(tmp_path, tree).publishes:
        assert Publication.model_validate(each._asdict()).name == each.name


def test_of_many_publications_as_many_are_named_as_a_project_may_have(tmp_path: Path) -> None:
    protos = {f"proto/{number}.proto": f"package shop.v{number};" for number in range(60)}
    found = only(tmp_path, {"package.json": {"name": "shop"}, **protos}).publishes
    assert len(found) == MOST_PUBLISHED
    assert found[0] == ("package", "shop", "")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("shop", "shop"),
        ("Shop API (new)", "Shop-API-new"),
        ("..shop..", "shop"),
        ("@@@", ""),
        ("店铺", "店铺"),
        ("x" * 100, "x" * 64),
        ("a\u200bb\x00c", "a-b-c"),
    ],
)
def test_a_name_is_made_fit(text: str, name: str) -> None:
    assert project_name(text) == name


@given(st.text(max_size=100))
def test_a_name_that_is_made_fit_is_taken_as_it_is(text: str) -> None:
    name = project_name(text)
    assert not name or RULE.validate_python(name) == name


@given(st.lists(st.text("aAｂ/-.@", max_size=70), max_size=12))
def test_no_two_names_are_alike(texts: list[str]) -> None:
    names = name_all({Path(f"/x/{number}"): text for number, text in enumerate(texts)})
    assert len({name.casefold() for name in names.values()}) == len(texts)
    assert all(RULE.validate_python(name) == name for name in names.values())


@pytest.mark.parametrize(
    ("file", "text", "needs"),
    [
        (
            "package.json",
            '{"dependencies": {"@a/b": "1"}, "peerDependencies": {"c": "1"}, "devDependencies": 3}',
            {"@a/b", "c"},
        ),
        (
            "pyproject.toml",
            "[project]\ndependencies = ['A_b.c>=1', '  d[x]', '']\noptional-dependencies = {t = ['e']}\n"
            "[dependency-groups]\ndev = ['f', {include-group = 'g'}]\n",
            {"a-b-c", "d", "e", "f"},
        ),
        ("package.json", '{"dependencies": ["a"], "devDependencies": 3}', set()),
        ("pyproject.toml", "[tool.poetry.dependencies]\npython = '^3'\nh = '1'\n", {"python", "h"}),
        ("Cargo.toml", "[dependencies]\na_b = '1'\nc = {package = 'd', version = '1'}\n", {"a-b", "d"}),
        (
            "go.mod",
            "module x.org/y\n\nrequire z.org/a/v2 v2.1.0\nrequire (\n\tz.org/b v1.0.0 // indirect\n)\n",
            {"z.org/a/v2", "z.org/b"},
        ),
        ("go.mod", "module x.org/y\n\ngo 1.22\n", set()),
    ],
    ids=["npm", "python", "broken", "poetry", "cargo", "go", "none"],
)
def test_what_a_code_base_depends_on_is_read_from_its_manifest(
    tmp_path: Path, file: str, text: str, needs: set[str]
) -> None:
    [found] = scan(grow(tmp_path / "code", {".git/": "", file: text})).found
    assert found.needs == {each.replace(".", "-") if file == "go.mod" else each for each in needs}
