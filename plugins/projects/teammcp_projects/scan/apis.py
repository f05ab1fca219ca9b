"""The APIs and schemas that a code base describes: OpenAPI documents, and packages of Protocol Buffers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from .files import Listing, at, read, read_json, text_at
from .yaml_parts import entries_under

OPENAPI_FILES = ("openapi.yaml", "openapi.yml", "openapi.json")
OPENAPI_FOLDERS = ("", "api", "docs")
"""Where an OpenAPI document lies, from its code base on."""
PROTO_FOLDERS = ("proto", "protos", "api")
"""Where .proto files lie, at whatever depth, beside those in the folder of the code base itself."""
PROTO_DEPTH = 5
MOST_PROTO_FILES = 200
_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_PACKAGE = re.compile(r"^\s*package\s+([A-Za-z_][\w.]*)\s*;", re.MULTILINE)
_SERVICE = re.compile(r"^\s*service\s+\w+\s*\{", re.MULTILINE)


class Publication(NamedTuple):
    """Something that a code base seems to offer others."""

    kind: str
    name: str
    version: str


def apis(folder: Path, listing: Listing, name: str) -> Iterator[Publication]:
    """What a code base describes, as the descriptions name it; ``name`` is that of the code base."""
    yield from _openapi(folder, listing, name)
    yield from _protos(folder, listing)


def _openapi(folder: Path, listing: Listing, name: str) -> Iterator[Publication]:
    """The APIs that OpenAPI documents describe, by their titles; one without is that of its code base."""
    for place in OPENAPI_FOLDERS:
        if place and place not in listing.folders:
            continue
        files = (Listing(folder / place) if place else listing).files
        for file in OPENAPI_FILES:
            if file in files:
                title, version = _info(folder / place / file)
                yield Publication("api", title or f"{name} API", version)


def _info(path: Path) -> tuple[str, str]:
    """The title and the version of an API; either may be missing. What is JSON is YAML, too."""
    info = at(read_json(path), "info") or entries_under(read(path, beginning=True) or "", "info")
    return text_at(info, "title").strip(), text_at(info, "version").strip()


def _protos(folder: Path, listing: Listing) -> Iterator[Publication]:
    """The packages of .proto files by their names: an API if it has a service, else a schema."""
    packages: dict[str, str] = {}
    for path in islice(_proto_files(folder, listing), MOST_PROTO_FILES):
        text = _COMMENT.sub("", read(path) or "")
        if package := _PACKAGE.search(text):
            kind = "api" if _SERVICE.search(text) else packages.get(package[1], "schema")
            packages[package[1]] = kind
    for package_name, kind in packages.items():
        yield Publication(kind, package_name, "")


def _proto_files(folder: Path, listing: Listing) -> Iterator[Path]:
    yield from _protos_in(folder, listing)
    for place in PROTO_FOLDERS:
        if place in listing.folders:
            yield from _protos_below(folder / place, PROTO_DEPTH)


def _protos_below(folder: Path, depth: int) -> Iterator[Path]:
    listing = Listing(folder)
    yield from _protos_in(folder, listing)
    if depth > 0:
        for name in listing.folders:
            if not name.startswith("."):
                yield from _protos_below(folder / name, depth - 1)


def _protos_in(folder: Path, listing: Listing) -> Iterator[Path]:
    return (folder / file for file in sorted(listing.files) if file.endswith(".proto"))
