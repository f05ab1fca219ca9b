"""The SQL of the outbox: what is told by which notifier, when, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence

from ...storage import Reader, Row, Transaction, marks

COLUMNS = (
    "id, notification_id, agent, notifier, urgency, batch, attempts, next_at, due_at, outcome, error, reference,"
    " sent_at, seen_at, settled_at"
)

# -- reading ---------------------------------------------------------------------------------------------------------


def of_notifications(reader: Reader, numbers: list[int]) -> list[Row]:
    """By which notifiers some things are told, the oldest first: `COLUMNS`."""
    return reader.all(
        f"SELECT {COLUMNS} FROM notification_deliveries WHERE notification_id IN ({marks(numbers)})"  # noqa: S608
        " ORDER BY id",
        numbers,
    )


def of_batch(reader: Reader, batch: int) -> list[Row]:
    """What is handed over together: `COLUMNS`."""
    return reader.all(
        f"SELECT {COLUMNS} FROM notification_deliveries WHERE batch = ? ORDER BY id",  # noqa: S608
        (batch,),
    )


def waiting(reader: Reader, notifier: str, agent: str) -> list[Row]:
    """What waits for a member by a notifier: `COLUMNS`."""
    return reader.all(
        f"SELECT {COLUMNS} FROM notification_deliveries WHERE notifier = ? AND next_at IS NOT NULL"  # noqa: S608
        " AND agent = ? ORDER BY id",
        (notifier, agent),
    )


def open_batch(reader: Reader, notifier: str, agent: str) -> int | None:
    """When the batch is told that is being gathered for a member by a notifier; None if there is none."""
    found: int | None = reader.value(
        "SELECT min(next_at) FROM notification_deliveries WHERE notifier = ? AND next_at IS NOT NULL AND agent = ?"
        " AND urgency = 'batch' AND attempts = 0",
        (notifier, agent),
    )
    return found


def due_notifiers(reader: Reader, now: int) -> list[str]:
    """By which notifiers something is to be delivered now."""
    names, name = [], ""
    while name := reader.value(
        "SELECT min(notifier) FROM notification_deliveries WHERE next_at IS NOT NULL AND notifier > ?", (name,)
    ):
        names.append(name)
    return [name for name in names if first_due(reader, name, now, [])]


def next_attempt(reader: Reader, after: int) -> int | None:
    """When the first of the later ones is to be tried; None if there is none."""
    found: int | None = reader.value(
        "SELECT min(next_at) FROM notification_deliveries WHERE next_at IS NOT NULL AND next_at > ?", (after,)
    )
    return found


def first_due(reader: Reader, notifier: str, now: int, but: list[str]) -> Row | None:
    """What is to be delivered next by a notifier, to anybody ``but`` some: `COLUMNS`."""
    others = ["", *but]
    return reader.one(
        f"SELECT {COLUMNS} FROM notification_deliveries WHERE notifier = ? AND next_at IS NOT NULL"  # noqa: S608
        f" AND next_at <= ? AND agent NOT IN ({marks(others)}) ORDER BY next_at, id LIMIT 1",
        (notifier, now, *others),
    )


# -- changing --------------------------------------------------------------------------------------------------------


def insert(tx: Transaction, notification_id: int, agent: str, notifier: str, urgency: str, next_at: int) -> int:
    """Have something told by a notifier, at a time; its id."""
    return tx.insert(
        "INSERT INTO notification_deliveries (notification_id, agent, notifier, urgency, attempts, next_at)"
        " VALUES (?, ?, ?, ?, 0, ?)",
        (notification_id, agent, notifier, urgency, next_at),
    )


def gather(tx: Transaction, numbers: Sequence[int], batch: int) -> None:
    """Have some handed over together, now and at each later attempt."""
    tx.execute(
        f"UPDATE notification_deliveries SET batch = ? WHERE id IN ({marks(numbers)})",  # noqa: S608
        (batch, *numbers),
    )


def ungather(tx: Transaction, number: int) -> None:
    """Have it told together with whatever else is due then."""
    tx.execute("UPDATE notification_deliveries SET batch = NULL WHERE id = ?", (number,))


def set_next(tx: Transaction, number: int, next_at: int) -> None:
    """Try it at another time."""
    tx.execute("UPDATE notification_deliveries SET next_at = ? WHERE id = ?", (next_at, number))


def set_due(tx: Transaction, number: int, urgency: str, next_at: int) -> None:
    """Note how urgent it is now, and when it is to be told therefore."""
    tx.execute("UPDATE notification_deliveries SET urgency = ?, next_at = ? WHERE id = ?", (urgency, next_at, number))


def postpone(tx: Transaction, number: int, attempts: int, due_at: int, next_at: int, error: str) -> None:
    """Note an attempt that did not succeed, for when the first one was, and when the next one is."""
    tx.execute(
        "UPDATE notification_deliveries SET attempts = ?, due_at = ?, next_at = ?, error = ? WHERE id = ?",
        (attempts, due_at, next_at, error, number),
    )


def settle(
    tx: Transaction, number: int, attempts: int, outcome: str, error: str | None, reference: str | None, at: int
) -> None:
    """Note how it ended, and when it was handed over, if it was."""
    sent_at = at if outcome in ("handed_over", "accepted") else None
    tx.execute(
        "UPDATE notification_deliveries SET attempts = ?, next_at = NULL, outcome = ?, error = ?, reference = ?,"
        " sent_at = coalesce(sent_at, ?), settled_at = ? WHERE id = ?",
        (attempts, outcome, error, reference, sent_at, at, number),
    )


def see(tx: Transaction, number: int, at: int) -> None:
    """Note that its reader has seen it."""
    tx.execute(
        "UPDATE notification_deliveries SET outcome = 'seen', next_at = NULL, seen_at = ?,"
        " settled_at = coalesce(settled_at, ?) WHERE id = ?",
        (at, at, number),
    )
