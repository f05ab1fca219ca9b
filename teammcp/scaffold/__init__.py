"""``teammcp plugin new``: a working plugin from templates, with a test that passes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from string import Template

from ..errors import InvalidInput
from ..features import BUILT_IN
from ..plugins import installed
from ..version import __version__

NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
SUFFIX = ".tmpl"


def create(name: str, parent: Path) -> Path:
    """Write the plugin ``name`` into the new folder ``parent/teammcp-<name>``, which is returned.

    Raises:
        InvalidInput: the name is not made of lower-case letters, digits and hyphens, or is taken; or the folder is
            there already.
    """
    if NAME.fullmatch(name) is None:
        raise InvalidInput(f"name: '{name}' must be lower-case letters, digits and single hyphens, like 'daily-notes'.")
    if name in (*BUILT_IN, "web"):
        raise InvalidInput(f"name: TeamMCP has a built-in feature called '{name}'. Choose another name.")
    if name in {entry.name for entry in installed()}:
        raise InvalidInput(
            f"name: a plugin called '{name}' is installed, and of two only one is loaded. Choose another."
        )
    folder = parent / f"teammcp-{name}"
    if folder.exists():
        raise InvalidInput(f"dir: {folder} is there already. Choose another name or folder.")
    identifier = name.replace("-", "_")
    values = {
        "name": name,
        "identifier": identifier,
        "package": f"teammcp_{identifier}",
        "title": name.replace("-", " ").capitalize(),
        "version": __version__,
        "next_minor": _next_minor(__version__),
    }
    for template, path in _templates(files(__package__) / "files"):
        target = folder / Template(path).substitute(values)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(Template(template.read_text(encoding="utf-8")).substitute(values), encoding="utf-8")
    return folder


def _next_minor(version: str) -> str:
    """The version that may break what this one promises."""
    major, minor = version.split(".")[:2]
    return f"{major}.{int(minor) + 1}"


def _templates(folder: Traversable, inside: str = "") -> Iterator[tuple[Traversable, str]]:
    """Each template with the path it is for, in which ``package`` and ``page`` stand for this plugin's own names."""
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            name = {"package": "$package", "page": "$identifier"}.get(entry.name, entry.name)
            yield from _templates(entry, f"{inside}{name}/")
        elif entry.name.endswith(SUFFIX):
            yield entry, inside + entry.name.removesuffix(SUFFIX)
