"""The documentation says what is there: generated pages are fresh, links lead somewhere, commands exist."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from scripts.documents import GUIDE, HOME, ROOT, anchors, contents, documents, linked_file, links
from scripts.make_docs import pages
from scripts.make_site import files
from tests.live import clean_environment

DOCUMENTS = documents()
PICTURES = {".png", ".svg"}


def names(paths: list[Path]) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in paths]


GENERATED = pages()


@pytest.mark.parametrize("path", GENERATED, ids=names(list(GENERATED)))
def test_generated_pages_are_what_the_code_says(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == GENERATED[path], "run 'make docs'"


@pytest.mark.parametrize("document", DOCUMENTS, ids=names(DOCUMENTS))
def test_a_link_leads_to_a_file_and_a_heading_that_are_there(document: Path) -> None:
    assert [target for target in links(document) if not leads_somewhere(document, target)] == []


def leads_somewhere(document: Path, target: str) -> bool:
    file, anchor = linked_file(document, target), target.partition("#")[2]
    return file.is_file() and file.is_relative_to(ROOT) and (not anchor or anchor in anchors(file))


@pytest.mark.parametrize("document", DOCUMENTS, ids=names(DOCUMENTS))
def test_commands_that_are_named_exist(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    named = set(re.findall(r"(?:^    |`|\$ )teammcp ([a-z][a-z-]*)", text, re.MULTILINE))
    assert named - commands() - {"greet"} == set()  # the example of a plugin's command


@cache
def commands() -> set[str]:
    """What ``teammcp --help`` names: asked of a process of its own, because another test's may lack the plugins'."""
    command = [sys.executable, "-m", "teammcp", "--help"]
    shown = subprocess.run(
        command, env=clean_environment(ROOT / "nowhere", disabled_plugins="[]"), capture_output=True, text=True
    )
    return set(re.findall(r"^  ([a-z][a-z-]*) ", shown.stdout.partition("Commands:")[2], re.MULTILINE))


def test_the_guide_leads_to_every_page() -> None:
    listed = [page for _, pages_listed in contents() for _, page in pages_listed]
    assert len(listed) == len(set(listed))
    assert {page for page in DOCUMENTS if page.is_relative_to(ROOT / "docs")} - {GUIDE} <= set(listed)
    assert {linked_file(HOME, target) for target in links(HOME)} >= {GUIDE, ROOT / "CONTRIBUTING.md"}


def test_every_picture_of_the_guide_is_shown_somewhere() -> None:
    assert {path for path in (ROOT / "docs").rglob("*") if path.suffix in PICTURES} <= files()


def test_headings_have_the_anchors_that_readers_are_sent_to(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A `call`, and *what* follows\n\n## Part\n\n## Part\n\n```\n# no heading\n```\n\n## 数据_1\n")
    assert anchors(page) == {"a-call-and-what-follows", "part", "part-1", "数据_1"}
