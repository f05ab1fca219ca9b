"""What the settings of agents' programs forbid that a joining relies on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import InvalidInput
from .clients import KEY_VARIABLE, Client, configuration
from .documents import JsonDocument
from .findings import Finding
from .places import Text, read
from .programs import Member


@dataclass(frozen=True)
class Ban:
    """Something that the settings of a program may forbid.

    Attributes:
        keys: the path of the setting.
        values: what of it forbids.
        what: what that means.
        unless: the path of a list with exceptions, and the one that lifts the ban.
    """

    keys: tuple[str, ...]
    values: tuple[Any, ...]
    what: str
    unless: tuple[tuple[str, ...], str] | None = None


BANS: dict[Client, tuple[Ban, ...]] = {
    "gemini": (
        Ban(("hooksConfig", "enabled"), (False,), "runs no hooks, so its agent hears nothing in its turns"),
        Ban(
            ("security", "environmentVariableRedaction", "enabled"),
            (True,),
            f"keeps {KEY_VARIABLE} from its hooks; it may be named in security.environmentVariableRedaction.allowed",
            (("security", "environmentVariableRedaction", "allowed"), KEY_VARIABLE),
        ),
    ),
    "qwen": (
        Ban(("disableAllHooks",), (True,), "runs no hooks, so its agent hears nothing in its turns and is not woken"),
        Ban(("agents", "crossSessionInbound"), ("refuse",), "refuses lines from outside, so its agent is not woken"),
        Ban(("agents", "crossSessionInbound"), ("hold",), "holds lines from outside until its user releases them"),
    ),
}
HOMES: dict[Client, tuple[str, str]] = {"gemini": ("GEMINI_CLI_HOME", ".gemini"), "qwen": ("QWEN_HOME", "")}
"""Program -> the variable with another place for its user's settings, and the folder in that."""


def check_settings(member: Member) -> Iterator[Finding]:
    """What the settings of the member's program forbid, the user's and the project's."""
    title = configuration(member.client, member.url).title
    for file in _files(member):
        document = _document(file)
        bans = [ban for ban in BANS[member.client] if document is not None and _holds(ban, document)]
        for ban in bans:
            remedy = f"Change {'.'.join(ban.keys)} in {file}, or take it out there."
            yield Finding(f"settings: {title} {ban.what}.", remedy)


def _holds(ban: Ban, document: JsonDocument) -> bool:
    if document.get(ban.keys) not in ban.values:
        return False
    if ban.unless is None:
        return True
    keys, name = ban.unless
    exceptions = document.get(keys)
    return not (isinstance(exceptions, list) and name in exceptions)


def _files(member: Member) -> list[Path]:
    if member.client not in HOMES:
        return []
    variable, inside = HOMES[member.client]
    own = os.environ.get(variable)
    home = Path(own, inside) if own else member.home / f".{member.client}"
    return [home / "settings.json", member.folder / f".{member.client}" / "settings.json"]


def _document(file: Path) -> JsonDocument | None:
    """The settings; None if there are none, or nobody can read them, which the program itself says."""
    with suppress(InvalidInput, OSError):
        data = read(file)
        return None if data is None else JsonDocument(file, Text.decode(data, file, prose=False).text, comments=True)
    return None
