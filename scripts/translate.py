"""Bring the catalogues in the folders ``locale`` up to date with the texts in the code, and compile them.

    python -m scripts.translate

New texts are added empty in Chinese, to be filled in there, and with themselves in English. Texts that nobody says any
more are taken out. Run it again after filling in; ``tests/test_web_theme.py`` holds that nothing is missing.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import IO, Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parent.parent
PACKAGES = [ROOT / "teammcp", *sorted(path.parent for path in ROOT.glob("plugins/*/teammcp_*/__init__.py"))]
"""Each package has the catalogues of its own texts."""
LANGUAGES = ("en", "zh")


def heads(file: IO[bytes], *_keywords: object, options: object) -> Iterator[tuple[int, None, str, list[str]]]:
    """What stands at the head of a role's file, for Babel; its guide is for agents, who read it as it is."""
    for number, line in enumerate(file.read().decode().split("---\n")[1].splitlines(), 2):
        name, text = line.split(": ", 1)
        if name != "name":
            yield number, None, text, []


METHODS: list[tuple[str, Any]] = [
    ("**.py", "python"),
    ("**/templates/**.html", "jinja2"),
    ("**/roles/gallery/*.md", heads),
]
COMMENT = "# The texts of TeamMCP's dashboard. Written by scripts/translate.py; fill in the empty ones."
# Always the same, so that the files change only when a text does.
HEADER: dict[str, Any] = {
    "project": "TeamMCP",
    "version": "1",
    "creation_date": datetime(2026, 1, 1, tzinfo=UTC),
    "revision_date": datetime(2026, 1, 1, tzinfo=UTC),
    "last_translator": "TeamMCP",
    "language_team": "TeamMCP",
    "msgid_bugs_address": "TeamMCP",
}
ONE: dict[str, None] = dict.fromkeys(("_", "gettext", "mark", "Reason", "Sentence"))
KEYWORDS = {**ONE, "ngettext": (1, 2), "mark_many": (1, 2)}


def texts(package: Path) -> Catalog:
    """Every text of a package that is marked for translation, in the order of the files."""
    found = Catalog(fuzzy=False)
    options = {"**/templates/**.html": {"trimmed": "true"}}
    for file, _, message, _, _ in extract_from_dir(package, METHODS, options, keywords=KEYWORDS):
        found.add(message, locations=[(file, 0)])
    return found


def po_file(package: Path, language: str) -> Path:
    """Where a language's texts are."""
    return package / "locale" / language / "LC_MESSAGES" / "messages.po"


def read(package: Path, language: str) -> Catalog:
    """A language's texts as they are now."""
    path = po_file(package, language)
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def update(package: Path, language: str) -> Catalog:
    """A language's texts, with what is new and without what is gone."""
    before, after = read(package, language), Catalog(locale=language, fuzzy=False, header_comment=COMMENT, **HEADER)
    for message in texts(package):
        if message.id:
            after.add(message.id, _string(before, message, language), locations=message.locations)
    return after


def _string(before: Catalog, message: Message, language: str) -> Any:
    old = before.get(_key(message))
    if old is not None and old.string:
        return old.string
    return message.id if language == "en" else None


def _key(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def main() -> None:
    """Write and compile every catalogue; say what is missing."""
    for package, language in product(PACKAGES, LANGUAGES):
        catalogue = update(package, language)
        path = po_file(package, language)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as po:
            write_po(po, catalogue, include_lineno=False, width=110)
        with path.with_suffix(".mo").open("wb") as mo:
            write_mo(mo, catalogue)
        for message in catalogue:
            if message.id and not (all(message.string) if isinstance(message.string, tuple) else message.string):
                print(f"{package.name}, {language}: {_key(message)}")


if __name__ == "__main__":
    main()
