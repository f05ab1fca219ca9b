"""Which versions of TeamMCP a plugin is for, and whether this is one of them."""

from __future__ import annotations

import importlib.metadata

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from ..version import __version__


class WrongVersion(Exception):
    """A plugin is not for this version of TeamMCP; the text says for which it is."""


def check_version(specifier: str, said_by: str) -> None:
    """Make sure that this version fits a PEP 440 specifier such as ``>=0.2,<0.4``; an empty one takes all.

    Raises:
        WrongVersion: it does not, or the specifier cannot be read.
    """
    try:
        wanted = SpecifierSet(specifier)
    except InvalidSpecifier:
        raise WrongVersion(f"{said_by}: '{specifier}' is no version specifier; write one like '>=0.2,<0.4'.") from None
    if not wanted.contains(__version__, prereleases=True):
        raise WrongVersion(
            f"It needs TeamMCP {wanted} ({said_by}); this is {__version__}. Install the version of it, or of TeamMCP, "
            "that fits."
        )


def required_by(entry: importlib.metadata.EntryPoint) -> str:
    """The specifier with which an entry point's distribution depends on TeamMCP; empty if it does not say."""
    for line in (entry.dist.requires if entry.dist else None) or ():
        try:
            requirement = Requirement(line)
        except InvalidRequirement:
            continue
        if requirement.name == "teammcp" and (requirement.marker is None or requirement.marker.evaluate({"extra": ""})):
            return str(requirement.specifier)
    return ""
