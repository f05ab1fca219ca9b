"""What the eyes need: contrast, and every text in both languages."""

from __future__ import annotations

import re
from functools import cache
from itertools import product
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

from scripts import translate

ROOT = Path(__file__).parent.parent
APP = ROOT / "teammcp/web/static/app.css"
STYLES = {"plain": APP, "base": ROOT / "themes/base/teammcp_theme_base/static/tokens.css"}

TEXT = 4.5
SHAPE = 3.0
PAIRS = [
    *((text, ground, TEXT) for text in ("text", "muted") for ground in ("ground", "raised", "side", "tint", "hover")),
    *((text, "ground", TEXT) for text in ("accent", "alert", "good", "warn")),
    *((text, "raised", TEXT) for text in ("accent", "alert", "good", "warn")),
    ("accent", "accent-tint", TEXT),
    ("accent", "side", TEXT),
    ("text", "accent-tint", TEXT),
    ("muted", "accent-tint", TEXT),
    ("accent-text", "accent", TEXT),
    ("alert-text", "alert", TEXT),
    ("alert", "alert-tint", TEXT),
    ("warn", "warn-tint", TEXT),
    ("text", "mention-tint", TEXT),
    ("muted", "mention-tint", TEXT),
    ("accent", "mention-tint", TEXT),
    ("rail-text", "rail", TEXT),
    *((f"code-{part}", "side", TEXT) for part in ("keyword", "string", "number", "comment", "name")),
    *((ground, "avatar-text", TEXT) for ground in (f"hue-{number}" for number in range(8))),
    *((part, "ground", SHAPE) for part in ("control", "online", "accent")),
    ("control", "raised", SHAPE),
    ("control", "side", SHAPE),
]


def tokens(path: Path) -> dict[str, tuple[str, str]]:
    found = re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)", path.read_text("utf-8"))
    return {name: (light, dark) for name, light, dark in found}


def luminance(colour: str) -> float:
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, two: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(two)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_is_measured_as_wcag_says() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("style", STYLES)
def test_every_text_has_enough_contrast(style: str, scheme: int) -> None:
    colours = tokens(APP) | tokens(STYLES[style])
    poor = {
        f"{one} on {two}": round(contrast(colours[one][scheme], colours[two][scheme]), 2)
        for one, two, least in PAIRS
        if contrast(colours[one][scheme], colours[two][scheme]) < least
    }
    assert poor == {}


def test_a_theme_sets_only_what_the_dashboard_uses() -> None:
    used = APP.read_text("utf-8")
    assert [name for name in tokens(STYLES["base"]) if f"--{name}:" not in used] == []


def test_style_sheets_use_only_tokens_that_exist() -> None:
    names = set(re.findall(r"--([\w-]+):", APP.read_text("utf-8")))
    sheets = [APP, *(ROOT / "teammcp/features").rglob("*.css"), *(ROOT / "themes").rglob("*.css")]
    for sheet in sheets:
        assert set(re.findall(r"var\(--([\w-]+)\)", sheet.read_text("utf-8"))) <= names, sheet


Place = tuple[Path, str]
PLACES = list(product(translate.PACKAGES, translate.LANGUAGES))
everywhere = pytest.mark.parametrize(
    "place", PLACES, ids=[f"{package.name}-{language}" for package, language in PLACES]
)


@cache
def texts(package: Path) -> set[str]:
    """Every text of a package that is marked for translation."""
    return {key(message.id) for message in translate.texts(package) if message.id}


def key(identifier: str | tuple[str, ...] | list[str]) -> str:
    return identifier if isinstance(identifier, str) else identifier[0]


def catalogue(place: Place) -> Catalog:
    with translate.po_file(*place).open("rb") as file:
        return read_po(file, locale=place[1])


@everywhere
def test_every_text_is_in_every_language(place: Place) -> None:
    found = catalogue(place)
    missing = [text for text in texts(place[0]) if text not in found or not has_text(found[text].string)]
    assert missing == []
    fuzzy = [message.id for message in found if message.fuzzy and message.id]
    assert fuzzy == []


def has_text(string: str | tuple[str, ...] | list[str]) -> bool:
    return bool(string) and (isinstance(string, str) or all(string))


@everywhere
def test_nothing_is_translated_that_nobody_says(place: Place) -> None:
    said = texts(place[0])
    assert [message.id for message in catalogue(place) if message.id and key(message.id) not in said] == []


@everywhere
def test_placeholders_are_the_same(place: Place) -> None:
    for message in catalogue(place):
        if not message.id:
            continue
        one = message.id if isinstance(message.id, str) else message.id[-1]
        strings = [message.string] if isinstance(message.string, str) else message.string
        wanted = set(re.findall(r"%\(\w+\)s", one))
        assert all(set(re.findall(r"%\(\w+\)s", string)) == wanted for string in strings), message.id


@everywhere
def test_the_compiled_catalogue_is_the_written_one(place: Place) -> None:
    with translate.po_file(*place).with_suffix(".mo").open("rb") as file:
        compiled = read_mo(file)
    for message in catalogue(place):
        if message.id:
            assert as_tuple(compiled[message.id].string) == as_tuple(message.string)


def as_tuple(string: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (string,) if isinstance(string, str) else tuple(string)


@pytest.mark.parametrize("language", translate.LANGUAGES)
def test_a_text_is_translated_the_same_everywhere(language: str) -> None:
    # The dashboard merges the catalogues: of two translations of one text, one would be shown on the other's pages.
    said: dict[str, set[tuple[str, ...]]] = {}
    for package in translate.PACKAGES:
        for message in catalogue((package, language)):
            if message.id and has_text(message.string):
                said.setdefault(key(message.id), set()).add(as_tuple(message.string))
    assert {text: strings for text, strings in said.items() if len(strings) > 1} == {}
