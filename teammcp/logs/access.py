"""The access log: one line a request, and one for each secret that was wrong, which fail2ban can read.

    … info    teammcp.access [1f-7] GET /api/history 200 3.1 ms default/alice 203.0.113.5
    … warning teammcp.access [1f-8] wrong key from 203.0.113.5 (rest)

Never a query, a header, a body, or what was wrong.
"""

from __future__ import annotations

import logging
import re
from contextvars import ContextVar
from dataclasses import dataclass

NAME = "teammcp.access"
log = logging.getLogger(NAME)

LONG = re.compile(r"[\w.~=+-]{24,}")
"""What may be a secret of a plugin's in a part of a path with digits and letters, such as the address of a webhook."""
DIGIT, LETTER = re.compile("[0-9]"), re.compile("[A-Za-z]")
HOOKS = "/hooks/"
"""Where paths begin of which only a plugin knows which part is a secret."""
LONGEST = 500
"""Characters of a path that are written."""


@dataclass
class Served:
    """What becomes known of a request while it is served."""

    member: str = "-"
    path: str | None = None
    """As the log shows it, where the path itself may hold a secret."""


_served: ContextVar[Served | None] = ContextVar("served", default=None)


def begin() -> Served:
    """Note that a request is being served, here and in all tasks that are begun from here."""
    found = Served()
    _served.set(found)
    return found


def note_member(team: str, name: str) -> None:
    """Note who sent the request that is being served."""
    if (served := _served.get()) is not None:
        served.member = f"{team}/{name}"


def note_path(shown: str) -> None:
    """Note how the log is to show the path of the request that is being served."""
    if (served := _served.get()) is not None:
        served.path = shown


def without_secrets(path: str) -> str:
    """A path as the log shows it. Each part is looked through once, however long it is."""
    parts = path.split("/")
    if path.startswith(HOOKS):
        return "/".join([*parts[:3], *["…"][: len(parts) - 3]])
    return "/".join(LONG.sub("…", part) if DIGIT.search(part) and LETTER.search(part) else part for part in parts)


def note(
    method: str,
    path: str,
    status: int | None,
    seconds: float,
    member: str,
    address: str,
    shown: str | None = None,
) -> None:
    """Write the line of a request; ``status`` is None if nobody waited for its answer.

    ``shown`` stands for the path, if that may hold a secret.
    """
    if not log.isEnabledFor(logging.INFO):
        return
    shown, spent = shown or without_secrets(path[:LONGEST]), round(seconds * 1000, 1)
    fields = {"method": method, "path": shown, "status": status, "ms": spent, "member": member, "address": address}
    log.info(
        "%s %s %s %s ms %s %s", method, shown, status or "-", spent, member, address or "-", extra={"fields": fields}
    )


def note_wrong(what: str, address: str, surface: str) -> None:
    """Write down that somebody came with a secret that is wrong: a ``key``, an ``admin key``, …"""
    fields = {"what": what, "address": address, "surface": surface}
    log.warning("wrong %s from %s (%s)", what, address or "-", surface, extra={"fields": fields})
