"""The SQL of seals, archives and the change log, which is looked for in the view of events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from teammcp import Reader, Transaction

from .seals.chain import COLUMNS, Block

_COLUMNS = ", ".join(COLUMNS)
_SEAL = (
    "number, first_id, last_id, events, hash, previous, CAST(digests AS BLOB) AS digests, sealed_at, archived_to,"
    " pruned_at"
)

# -- the log ---------------------------------------------------------------------------------------------------------


def first_event(reader: Reader) -> int:
    """The id of the oldest event that is kept, 0 if there is none."""
    return reader.value("SELECT min(id) FROM v_events") or 0


def last_event(reader: Reader) -> int:
    """The id of the newest event, 0 if there is none."""
    return reader.value("SELECT max(id) FROM v_events") or 0


def time_of(reader: Reader, event_id: int) -> int | None:
    """When the first event happened whose id is ``event_id`` or greater."""
    found: int | None = reader.value("SELECT at FROM v_events WHERE id >= ? ORDER BY id LIMIT 1", (event_id,))
    return found


def count(reader: Reader, first: int, last: int) -> int:
    """How many events there are in a range of ids."""
    return int(reader.value("SELECT count(*) FROM v_events WHERE id BETWEEN ? AND ?", (first, last)))


def nth(reader: Reader, after: int, number: int) -> int | None:
    """The id of the event that is the ``number``-th behind ``after``."""
    found: int | None = reader.value(
        "SELECT id FROM v_events WHERE id > ? ORDER BY id LIMIT 1 OFFSET ?", (after, number - 1)
    )
    return found


# -- seals -----------------------------------------------------------------------------------------------------------


def last_seal(reader: Reader) -> Any:
    """The newest seal, or None."""
    return reader.one(f"SELECT {_SEAL} FROM audit_seals WHERE number = (SELECT max(number) FROM audit_seals)")  # noqa: S608


def seal(reader: Reader, number: int) -> Any:
    """One seal, or None."""
    return reader.one(f"SELECT {_SEAL} FROM audit_seals WHERE number = ?", (number,))  # noqa: S608


def seals(reader: Reader, after: int, limit: int) -> list[Any]:
    """Seals with a greater number than ``after``, in order."""
    return reader.all(
        f"SELECT {_SEAL} FROM audit_seals WHERE number > ? ORDER BY number LIMIT ?",  # noqa: S608
        (after, limit),
    )


def insert_seal(tx: Transaction, number: int, block: Block, previous: str, now: int) -> None:
    """Add a seal."""
    tx.execute(
        "INSERT INTO audit_seals (number, first_id, last_id, events, hash, previous, digests, sealed_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (number, block.first_id, block.last_id, block.events, block.hash, previous, block.digests, now),
    )


# -- archives --------------------------------------------------------------------------------------------------------


def unarchived(reader: Reader, limit: int) -> list[Any]:
    """The oldest seals whose events are in no archive."""
    return reader.all(
        f"SELECT {_SEAL} FROM audit_seals WHERE archived_to IS NULL ORDER BY number LIMIT ?",  # noqa: S608
        (limit,),
    )


def unpruned(reader: Reader, limit: int) -> list[Any]:
    """The oldest seals whose events are in an archive and in the log as well."""
    return reader.all(
        f"SELECT {_SEAL} FROM audit_seals WHERE archived_to IS NOT NULL AND pruned_at IS NULL"  # noqa: S608
        " ORDER BY number LIMIT ?",
        (limit,),
    )


def archive(reader: Reader, name: str) -> Any:
    """One archive, or None."""
    return reader.one(
        "SELECT name, first_id, last_id, events, bytes, sha256 FROM audit_archives WHERE name = ?", (name,)
    )


def insert_archive(
    tx: Transaction, name: str, first: int, last: int, events: int, size: int, sha256: str, now: int
) -> None:
    """Note an archive; the same file written again takes the place of the first."""
    tx.execute("DELETE FROM audit_archives WHERE name = ?", (name,))
    tx.execute(
        "INSERT INTO audit_archives (name, first_id, last_id, events, bytes, sha256, archived_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (name, first, last, events, size, sha256, now),
    )


def mark_archived(tx: Transaction, first: int, last: int, name: str) -> None:
    """Note for a range of seals where their events are."""
    tx.execute("UPDATE audit_seals SET archived_to = ? WHERE number BETWEEN ? AND ?", (name, first, last))


def mark_pruned(tx: Transaction, number: int, now: int) -> None:
    """Note that the events of a seal are in the archive alone."""
    tx.execute("UPDATE audit_seals SET pruned_at = ? WHERE number = ?", (now, number))


# -- the change log --------------------------------------------------------------------------------------------------


def position(reader: Reader, moment: int) -> int:
    """The id of the first event at or behind a moment; behind the last one if there is none.

    Ids follow the clock, so it is looked for by halving. A clock that was set back blurs this by as much.
    """
    low, high = first_event(reader), last_event(reader) + 1
    while low < high:
        middle = (low + high) // 2
        at = time_of(reader, middle)
        if at is None or at >= moment:
            high = middle
        else:
            low = middle + 1
    return low


@dataclass(frozen=True)
class Conditions:
    """What the database can find out of a filter. ``kind``, ``text``: patterns for LIKE, escaped by a backslash.

    ``sent``: whether it may be about messages that were sent, which are in no index: they are too many.
    """

    equal: Mapping[str, str] = field(default_factory=dict)
    project: str | None = None
    kind: str | None = None
    text: tuple[str, str] | None = None
    sent: bool = True

    @property
    def quick(self) -> bool:
        """Whether an index leads to just the events in question, however few they are."""
        others = self.project or self.kind or self.text
        return not self.sent and not others and len(self.equal) == 1

    def sql(self) -> tuple[str, list[Any]]:
        """A condition and its parameters. Columns are named here and nowhere by callers."""
        parts, values = [], []
        for column in ("actor", "kind", "subject", "channel", "surface"):
            if column in self.equal:
                parts.append(f"{column} = ?")
                values.append(self.equal[column])
        if self.project is not None:
            parts.append("subject >= ? AND subject < ?")  # '0' is what comes behind '/'
            values += [f"{self.project}/", f"{self.project}0"]
        if not self.sent:
            parts.append("kind <> 'message.sent'")
        if self.kind is not None:
            parts.append("lower(kind) LIKE ? ESCAPE '\\'")
            values.append(self.kind)
        if self.text is not None:
            plain, in_json = self.text
            parts.append(
                "(lower(kind) LIKE ? ESCAPE '\\' OR lower(actor) LIKE ? ESCAPE '\\'"
                " OR lower(subject) LIKE ? ESCAPE '\\' OR lower(data) LIKE ? ESCAPE '\\')"
            )
            values += [plain, plain, plain, in_json]
        return "".join(f" AND {part}" for part in parts), values


def page(reader: Reader, conditions: Conditions, first: int, behind: int, limit: int) -> list[Any]:
    """Events of the ids from ``first`` up to but not including ``behind``, newest first."""
    sql, values = conditions.sql()
    return reader.all(
        f"SELECT {_COLUMNS} FROM v_events WHERE id >= ? AND id < ?{sql} ORDER BY id DESC LIMIT ?",  # noqa: S608
        (first, behind, *values, limit),
    )
