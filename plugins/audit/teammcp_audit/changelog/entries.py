"""The change log: who did what, when, from which surface, before and after."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from typing import Any

from pydantic import BaseModel

from teammcp import (
    Context,
    InvalidInput,
    ProjectId,
    Reader,
    StateFieldName,
    Timestamp,
    Until,
)

from .. import queries
from ..models import Entry, Kind, Surface, Word

LOOKED_AT = 1_000_000
"""Events that one call looks at before it answers with what it has found so far."""
WINDOW = 10_000


class Filter(BaseModel):
    """Which entries are wanted: the arguments of `get_changelog`."""

    actor: Word | None = None
    kind: Kind | None = None
    subject: Word | None = None
    project_id: ProjectId | None = None
    field: StateFieldName | None = None
    channel: Word | None = None
    surface: Surface | None = None
    since: Timestamp | None = None
    until: Until | None = None
    text: Word | None = None

    def conditions(self) -> queries.Conditions:
        """What the database can find out. Whether the reader may see where the text was found, `shows` says.

        Raises:
            InvalidInput: some arguments exclude each other.
        """
        if self.field and not self.project_id:
            raise InvalidInput("field: give the project_id as well.")
        if self.project_id and self.subject:
            raise InvalidInput("subject: leave it out; it follows from project_id and field.")
        exact = {name: getattr(self, name) for name in ("actor", "subject", "channel", "surface")}
        if self.field:
            exact["subject"] = f"{self.project_id}/{self.field}"
        kind = self.kind or ""
        has_wildcard = "*" in kind or "?" in kind
        if kind and not has_wildcard:
            exact["kind"] = kind
        return queries.Conditions(
            equal={name: value for name, value in exact.items() if value},
            project=None if self.field else self.project_id,
            kind=_pattern(kind).replace("*", "%").replace("?", "_") if has_wildcard else None,
            sent=self.field is None and exact.get("kind") in {None, "message.sent"},
            text=None if self.text is None else (_anywhere(self.text), _anywhere(_in_json(self.text))),
        )

    def shows(self, entry: Entry) -> bool:
        """Whether the text is in what the reader sees of an entry: a search must not tell what is hidden."""
        if self.text is None:
            return True
        seen = "\n".join((entry.kind, entry.actor, entry.subject)).casefold()
        data = json.dumps(entry.data, ensure_ascii=False).casefold()
        return self.text.casefold() in seen or _in_json(self.text).casefold() in data


def _pattern(text: str) -> str:
    """Text for LIKE, in which it stands for itself."""
    return re.sub(r"([%_\\])", r"\\\1", text.lower())


def _anywhere(text: str) -> str:
    """Text for LIKE, in which it stands somewhere, and may be more: databases know upper and lower case of ASCII alone.

    What has more than one writing, by ``str.casefold``, stands for anything here. `Filter.shows` then looks closely.
    """
    return f"%{re.sub('ss|[^ -~]', '%', _pattern(text.casefold()))}%"


def _in_json(text: str) -> str:
    """Text as it stands in a JSON text."""
    return json.dumps(text, ensure_ascii=False)[1:-1]


async def batches(
    context: Context, wanted: Filter, before: int | None, size: int
) -> AsyncIterator[tuple[list[Entry], int]]:
    """What is wanted, newest first, in lists of at most ``size``; each with the id to go on before, 0 at the end.

    Each is one short read, so that a search through a long log holds up nobody.
    """
    conditions = wanted.conditions()
    bottom, top = await context.read(_range, wanted.since, wanted.until, before)
    while top > bottom:
        down = bottom if conditions.quick else max(bottom, top - WINDOW)
        rows = await context.read(queries.page, conditions, down, top, size)
        top = rows[-1]["id"] if len(rows) == size else down
        entries = [entry_of(context, row) for row in rows]
        yield [entry for entry in entries if wanted.shows(entry)], top if top > bottom else 0


def _range(reader: Reader, since: int | None, until: int | None, before: int | None) -> tuple[int, int]:
    """The first id in question, and the one behind the last."""
    first = queries.first_event(reader) if since is None else queries.position(reader, since)
    behind = queries.last_event(reader) + 1 if until is None else queries.position(reader, until)
    return max(first, 1), behind if before is None else min(before, behind)


def entry_of(context: Context, row: Any) -> Entry:
    """An entry as the actor may see it."""
    hidden = not may_see(context, row["channel"], row["agents"])
    return Entry(
        id=row["id"],
        at=row["at"],
        kind=row["kind"],
        actor=row["actor"],
        subject=row["subject"],
        channel=row["channel"],
        surface=row["surface"],
        data=None if hidden else json.loads(row["data"]),
        hidden=hidden,
    )


def may_see(context: Context, channel: str | None, agents: str | None) -> bool:
    """Whether the actor is in the audience of an event."""
    if agents is not None:
        return context.actor.name in json.loads(agents)
    return channel is None or context.team.directory.can_read(context.actor.name, channel)
