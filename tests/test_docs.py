"""The documentation says what is there: generated pages are fresh, links lead somewhere, commands exist."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from scripts.make_docs import pages
from tests.live import clean_environment

ROOT = Path(__file__).parent.parent
TEXTS = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")


def names(paths: list[Path]) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in paths]


GENERATED = pages()


@pytest.mark.parametrize("path", GENERATED, ids=names(list(GENERATED)))
def test_generated_pages_are_what_the_code_says(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == GENERATED[path], "run 'make docs'"


@pytest.mark.parametrize("path", TEXTS, ids=names(TEXTS))
def test_links_lead_to_files_and_headings_that_are_there(path: Path) -> None:
    text = without_code(path.read_text(encoding="utf-8"))
    dead = []
    for target in [link or picture for link, picture in LINK.findall(text)]:
        if "://" in target:
            continue
        file, _, heading = target.partition("#")
        found = (path.parent / file).resolve() if file else path
        if not found.exists() or (heading and heading not in anchors(found)):
            dead.append(target)
    assert dead == []


@pytest.mark.parametrize("path", TEXTS, ids=names(TEXTS))
def test_commands_that_are_named_exist(path: Path) -> None:
    named = set(re.findall(r"(?:^    |`|\$ )teammcp ([a-z][a-z-]*)", path.read_text(encoding="utf-8"), re.MULTILINE))
    assert named - commands() - {"greet"} == set()  # the example of a plugin's command


@cache
def commands() -> set[str]:
    """What ``teammcp --help`` names: asked of a process of its own, because another test's may lack the plugins'."""
    command = [sys.executable, "-m", "teammcp", "--help"]
    shown = subprocess.run(
        command, env=clean_environment(ROOT / "nowhere", disabled_plugins="[]"), capture_output=True, text=True
    )
    return set(re.findall(r"^  ([a-z][a-z-]*) ", shown.stdout.partition("Commands:")[2], re.MULTILINE))


def test_the_readme_leads_to_every_page_of_the_guide() -> None:
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    assert "docs/README.md" in (ROOT / "README.md").read_text(encoding="utf-8")
    linked = {target.partition("#")[0] for target, _ in LINK.findall(index)}
    pages_there = {str(path.relative_to(ROOT / "docs")) for path in TEXTS if path.is_relative_to(ROOT / "docs")}
    assert pages_there - linked == {"README.md"}


def anchors(path: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", without_code(path.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def without_code(text: str) -> str:
    return re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
