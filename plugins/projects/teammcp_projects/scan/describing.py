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

from ..bounds import MOST_PUBLISHED
from .apis import Publication, apis
from .files import Listing, at, names_at, read, read_json, read_toml, text_at, texts_at

LONGEST_DESCRIPTION = 500
LONGEST_NAME = 200
LONGEST_VERSION = 64
READ_ME_BYTES = 16 * 1024
READ_MES = ("readme.md", "readme.markdown", "readme", "readme.txt", "readme.rst")
NPM_NEEDS = ("dependencies", "devDependencies", "peerDependencies", "optionalDependencies")
CARGO_NEEDS = ("dependencies", "dev-dependencies", "build-dependencies")


class Manifest(NamedTuple):
    """What a file of a tool says of a code base.

    ``package`` is empty if it is not for others; ``needs`` are the packages on which it depends.
    """

    name: str = ""
    description: str = ""
    package: str = ""
    version: str = ""
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Described:
    """What a code base says of itself. ``name`` is as it is written there."""

    name: str
    description: str
    publishes: tuple[Publication, ...]
    needs: frozenset[str]
    """The packages on which it depends, each as two names are compared."""


def describe(folder: Path, listing: Listing) -> Described:
    """What the files of a code base say of it."""
    manifests = [read_manifest(folder / name) for name, read_manifest in _READERS.items() if name in listing.files]
    name = next((each.name for each in manifests if each.name), folder.name)
    said = next((each.description for each in manifests if each.description.strip()), "")
    line = excerpt(" ".join(said.split()), LONGEST_DESCRIPTION) or first_paragraph(folder, listing)
    packages = [Publication("package", each.package, each.version) for each in manifests if each.package]
    publishes: dict[tuple[str, str], Publication] = {}
    for each in filter(_is_sane, [*packages, *apis(folder, listing, name)]):
        publishes.setdefault((each.kind, each.name), each)  # the registry has no two of the same name
    needs = frozenset(as_compared(package) for each in manifests for package in each.needs)
    return Described(name, line, tuple(publishes.values())[:MOST_PUBLISHED], needs)


def as_compared(package: str) -> str:
    """The name of a package as two of them are compared, in Python's way: case makes no difference, nor do - _ and ."""
    return re.sub(r"[-_.]+", "-", package).casefold()


def _is_sane(found: Publication) -> bool:
    """Whether it is as the registry takes it."""
    name, version = found.name.strip(), found.version
    return 0 < len(name) <= LONGEST_NAME and len(version) <= LONGEST_VERSION and f"{name}{version}".isprintable()


# -- manifests -------------------------------------------------------------------------------------------------------


def _package_json(path: Path) -> Manifest:
    data = read_json(path)
    name = text_at(data, "name")
    package = "" if at(data, "private") else name
    needs = [name for group in NPM_NEEDS for name in names_at(data, group)]
    return Manifest(name, text_at(data, "description"), package, text_at(data, "version"), tuple(needs))


def _pyproject(path: Path) -> Manifest:
    data = read_toml(path)
    about = at(data, "project") or at(data, "tool", "poetry")
    name = text_at(about, "name")
    private = at(data, "tool", "uv", "package") is False or any(
        each.startswith("Private ::") for each in texts_at(about, "classifiers")
    )
    needs = [
        *_requirements(texts_at(about, "dependencies")),
        *(
            name
            for group in names_at(about, "optional-dependencies")
            for name in _requirements(texts_at(about, "optional-dependencies", group))
        ),
        *(
            name
            for group in names_at(data, "dependency-groups")
            for name in _requirements(texts_at(data, "dependency-groups", group))
        ),
        *names_at(data, "tool", "poetry", "dependencies"),
    ]
    version = text_at(about, "version")
    return Manifest(name, text_at(about, "description"), "" if private else name, version, tuple(needs))


def _requirements(texts: list[str]) -> Iterator[str]:
    """The packages that requirements name, such as ``billing-client[http]>=2``."""
    for text in texts:
        if named := re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*", text.strip()):
            yield named[0]


def _cargo_toml(path: Path) -> Manifest:
    data = read_toml(path)
    about = at(data, "package")
    name = text_at(about, "name")
    private = at(about, "publish") in (False, [])
    needs = [text_at(data, group, name, "package") or name for group in CARGO_NEEDS for name in names_at(data, group)]
    version = text_at(about, "version")
    return Manifest(name, text_at(about, "description"), "" if private else name, version, tuple(needs))


def _go_mod(path: Path) -> Manifest:
    text = read(path) or ""
    found = re.search(r'^\s*module\s+"?([^\s"]+)', text, re.MULTILINE)
    module = found[1] if found else ""
    return Manifest(re.sub(r"/v\d+$", "", module), package=module, needs=tuple(_required(text)))


def _required(text: str) -> Iterator[str]:
    """The modules that a go.mod requires: a path and a version on a line."""
    for line in text.splitlines():
        words = line.split()
        path, version = ([*words[words[:1] == ["require"] :], "", ""])[:2]
        if "/" in path and version.startswith("v"):
            yield path


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
