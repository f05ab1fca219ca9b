"""Checking what parts say of code against its repository, where the launcher reaches a machine that has it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Literal

from teammcp import Context, Message, MessagePart, NotFound, Reader, Row, StateKey, TeamError, parts_of, plain_text

from ..registry import access
from ..registry import queries as registry
from .references import Commit, Reference
from .snippets import Snippet

LOOK = "look_into_repository"
AT_ONCE = 2
"""Messages of a team that are checked side by side."""
CHECKED: dict[str, type[MessagePart]] = {kind.part_kind: kind for kind in (Snippet, Reference, Commit)}
Standing = Literal["verified", "differs", "unknown"]

_PLACES: StateKey[asyncio.Semaphore] = StateKey("projects.checks", lambda: asyncio.Semaphore(AT_ONCE))


@dataclass(frozen=True)
class Claim:
    """What a part says that can be checked.

    Attributes:
        number: the part's.
        project: whose code it speaks of, as its sender wrote it.
        asked: arguments of the look into a repository, without the place.
    """

    number: int
    project: str
    asked: dict[str, Any]


class _NotSeen(Exception):
    """Nobody can tell; the text says why."""


def check_later(context: Context, message: Message) -> None:
    """Check the parts of a message that was just sent, without keeping anybody waiting."""
    if any(part.kind in CHECKED for part in message.parts):
        context.team.background(_check(Context.inside(context.team), message))


async def _check(context: Context, message: Message) -> None:
    stored = (await context.read(parts_of, [message.id])).get(message.id, [])
    async with context.team.state[_PLACES]:
        for claim in claims((part.number, part.kind, part.content) for part in stored):
            standing, note = await _look(context, message.from_agent, claim)
            with suppress(TeamError):  # the message was deleted meanwhile
                await context.call(
                    "note_part_standing", message_id=message.id, number=claim.number, standing=standing, note=note
                )


def claims(parts: Any) -> Iterator[Claim]:
    """What parts say that can be checked, of (number, kind, fields) each."""
    for number, kind, fields in parts:
        part = CHECKED[kind].model_validate(fields) if kind in CHECKED else None
        match part:
            case Commit(project=str(project)):
                yield Claim(number, project, {"commit": part.commit})
            case Snippet(project=str(project), commit=str(commit)):
                digest = sha256("\n".join(part.lines).encode()).hexdigest()
                place = {"path": part.path, "first": part.first_line, "last": part.last_line}
                yield Claim(number, project, {"commit": commit, **place, "digest": digest})
            case Reference(commit=str(commit)):
                place = {"path": part.path, "first": part.line, "last": part.last_line or part.line}
                yield Claim(number, part.project, {"commit": commit, **place})


async def _look(context: Context, sender: str, claim: Claim) -> tuple[Standing, str]:
    """How a claim stands, and what is to be said of it."""
    try:
        folders = await context.read(_folders, sender, claim.project)
        found = await _first_answer(context, folders, claim.asked)
    except _NotSeen as why:
        return "unknown", str(why)
    return _judged(claim.asked, found.found, found.same)


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


async def _first_answer(context: Context, folders: Sequence[dict[str, str]], asked: dict[str, Any]) -> Any:
    """What is found in the first of the folders that can be looked into and has the commit.

    Raises:
        _NotSeen: none can, or has it.
    """
    why = "no machine that has the code can be reached"
    for each in folders:
        try:
            found = await context.call(LOOK, machine=each["machine"], folder=each["folder"], **asked)
        except NotFound:
            raise _NotSeen("nothing here looks into repositories") from None
        except TeamError:  # the machine is away, or its runner does not answer
            continue
        if found.found not in {"no_repository", "no_commit", "unreadable"}:
            return found
        why = WHY[found.found]
    raise _NotSeen(why)


WHY = {
    "no_repository": "its folder is no repository that can be read",
    "no_commit": "the repository has no such commit there",
    "unreadable": "it cannot be read there",
}


def _judged(asked: dict[str, Any], found: str, same: bool | None) -> tuple[Standing, str]:
    if found == "commit" or (found == "lines" and same is not False):
        return "verified", ""
    if found == "no_file":
        return "differs", "there is no such file at that commit"
    if found == "no_lines":
        return "differs", "the file has no such lines at that commit"
    return "differs", "the lines are otherwise at that commit"
