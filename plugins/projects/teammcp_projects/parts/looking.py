"""Looking whether what parts say of code is so, where the launcher reaches a machine that has it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from teammcp import Context, NotFound, Reader, Row, TeamError, plain_text

from ..registry import access
from ..registry import queries as registry
from .claims import Claim

LOOK = "look_into_repository"
AWAY = "no machine that has the code can be reached; it is checked once one can"
WHY = {
    "no_repository": "its folder is no repository that can be read",
    "no_commit": "the repository has no such commit there",
    "unreadable": "it cannot be read there",
}


@dataclass(frozen=True)
class Found:
    """What a look has found.

    Attributes:
        standing: how the part stands.
        note: what else is to be said of that.
        is_final: False if a machine that may know better could not be reached.
    """

    standing: Literal["verified", "differs", "unknown"]
    note: str = ""
    is_final: bool = True


class _NotSeen(Exception):
    """Nobody can tell; the text says why."""


async def look(context: Context, sender: str, claim: Claim) -> Found:
    """How what somebody claims stands."""
    try:
        folders = await context.read(_folders, sender, claim.project)
        return await _first_answer(context, folders, claim.asked)
    except _NotSeen as why:
        return Found("unknown", str(why))


def _folders(reader: Reader, sender: str, project: str) -> Sequence[dict[str, str]]:
    """Where a project lies, if the sender may ask it something: a check tells of its code, too.

    Raises:
        _NotSeen: it cannot be looked into.
    """
    name = registry.name_of(reader, plain_text(project))
    row: Row | None = None if name is None else registry.project(reader, name)
    if row is None:
        raise _NotSeen("there is no such project")
    mine = registry.project_of(reader, sender)
    if mine != name and not access.may_ask(row, mine, sender):
        raise _NotSeen("its sender may not ask this project")
    folders: list[dict[str, str]] = json.loads(row["folders"])
    if not folders:
        raise _NotSeen("the project has no folder")
    return folders


async def _first_answer(context: Context, folders: Sequence[dict[str, str]], asked: dict[str, Any]) -> Found:
    """What is found in the first of the folders that can be looked into and has the commit.

    Raises:
        _NotSeen: nothing here looks into any.
    """
    why, is_final = "", True
    for each in folders:
        try:
            found = await context.call(LOOK, machine=each["machine"], folder=each["folder"], **asked)
        except NotFound:
            raise _NotSeen("nothing here looks into repositories") from None
        except TeamError:  # the machine is away, or its runner does not answer
            is_final = False
            continue
        if found.found not in WHY:
            return _judged(found.found, found.same)
        why = WHY[found.found]
    return Found("unknown", why or AWAY, is_final)


def _judged(found: str, same: bool | None) -> Found:
    if found == "commit" or (found == "lines" and same is not False):
        return Found("verified")
    if found == "no_file":
        return Found("differs", "there is no such file at that commit")
    if found == "no_lines":
        return Found("differs", "the file has no such lines at that commit")
    return Found("differs", "the lines are otherwise at that commit")
