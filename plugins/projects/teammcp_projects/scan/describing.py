"""What a code base says of itself: its name, a line about it, and what it publishes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from markdown_it import MarkdownIt

from teammcp import excerpt

from .files import Listing, at, read, read_json, read_toml, text_at, texts_at
from .yaml_parts import entries_under

LONGEST_DESCRIPTION = 500
LONGEST_NAME = 200
LONGEST_VERSION = 64
READ_ME_BYTES = 16 * 1024
READ_MES = ("readme.md", "readme.markdown", "readme", "readme.txt", "readme.rst")
API_FILES = ("openapi.yaml", "openapi.yml", "openapi.json")
API_FOLDERS = ("", "api", "docs")
"""Where the description of an API lies, from its code base on."""


class Publication(NamedTuple):
    """Something that a code base seems to offer others."""

    kind: str
    name: str
    version: str


class Manifest(NamedTuple):
    """What a file of a tool says of a code base. ``package`` is empty if it is not for others."""

    name: str = ""
    description: str = ""
    package: str = ""
    version: str = ""


@dataclass(frozen=True)
class Described:
    """What a code base says of itself. ``name`` is as it is written there."""

    name: str
    description: str
    publishes: tuple[Publication, ...]


def describe(folder: Path, listing: Listing) -> Described:
    """What the files of a code base say of it."""
    manifests = [read_manifest(folder / name) for name, read_manifest in _READERS.items() if name in listing.files]
    name = next((each.name for each in manifests if each.name), folder.name)
    said = next((each.description for each in manifests if each.description.strip()), "")
    line = excerpt(" ".join(said.split()), LONGEST_DESCRIPTION) or first_paragraph(folder, listing)
    packages = [Publication("package", each.package, each.version) for each in manifests if each.package]
    publishes = dict.fromkeys([*packages, *_apis(folder, listing, name)])
    return Described(name, line, tuple(each for each in publishes if _is_sane(each)))


def _is_sane(found: Publication) -> bool:
    """Whether it is as the registry takes it."""
    name, version = found.name.strip(), found.version
    return 0 < len(name) <= LONGEST_NAME and len(version) <= LONGEST_VERSION and f"{name}{version}".isprintable()


# -- manifests -------------------------------------------------------------------------------------------------------


def _package_json(path: Path) -> Manifest:
    data = read_json(path)
    name = text_at(data, "name")
    package = "" if at(data, "private") else name
    return Manifest(name, text_at(data, "description"), package, text_at(data, "version"))


def _pyproject(path: Path) -> Manifest:
    data = read_toml(path)
    about = at(data, "project") or at(data, "tool", "poetry")
    name = text_at(about, "name")
    private = at(data, "tool", "uv", "package") is False or any(
        each.startswith("Private ::") for each in texts_at(about, "classifiers")
    )
    return Manifest(name, text_at(about, "description"), "" if private else name, text_at(about, "version"))


def _cargo_toml(path: Path) -> Manifest:
    about = at(read_toml(path), "package")
    name = text_at(about, "name")
    private = at(about, "publish") in (False, [])
    return Manifest(name, text_at(about, "description"), "" if private else name, text_at(about, "version"))


def _go_mod(path: Path) -> Manifest:
    found = re.search(r'^\s*module\s+"?([^\s"]+)', read(path) or "", re.MULTILINE)
    module = found[1] if found else ""
    return Manifest(re.sub(r"/v\d+$", "", module), package=module)


_READERS: dict[str, Any] = {
    "package.json": _package_json,
    "pyproject.toml": _pyproject,
    "Cargo.toml": _cargo_toml,
    "go.mod": _go_mod,
}


# -- read me ---------------------------------------------------------------------------------------------------------


def first_paragraph(folder: Path, listing: Listing) -> str:
    """The first paragraph of a code base's README that says something, in a line: no heading, no badges."""
    by_name = {name.casefold(): name for name in sorted(listing.files, reverse=True)}
    named = [by_name[name] for name in READ_MES if name in by_name]
    text = read(folder / named[0], most=READ_ME_BYTES, beginning=True) if named else None
    return next((excerpt(each, LONGEST_DESCRIPTION) for each in _paragraphs(text or "")), "")


def _paragraphs(text: str) -> Iterator[str]:
    tokens = MarkdownIt("commonmark").parse(text)
    for opening, inline in pairwise(tokens):
        if opening.type != "paragraph_open" or opening.level != 0 or inline.content.startswith(".. "):
            continue
        words = "".join(
            " " if child.type in ("softbreak", "hardbreak") else child.content
            for child in inline.children or []
            if child.type in ("text", "code_inline", "softbreak", "hardbreak")
        )
        if line := " ".join(words.split()):
            yield line


# -- APIs ------------------------------------------------------------------------------------------------------------


def _apis(folder: Path, listing: Listing, name: str) -> Iterator[Publication]:
    """The APIs that OpenAPI files describe."""
    for place in API_FOLDERS:
        if place and place not in listing.folders:
            continue
        files = (Listing(folder / place) if place else listing).files
        for file in API_FILES:
            if file in files:
                about = _api(folder / place / file)
                yield Publication("api", about.get("title", "").strip() or name, about.get("version", "").strip())


def _api(path: Path) -> dict[str, str]:
    """The title and the version of an API; either may be missing."""
    if path.suffix == ".json":
        info = at(read_json(path), "info")
        return {key: text_at(info, key) for key in ("title", "version")}
    return entries_under(read(path, beginning=True) or "", "info")
