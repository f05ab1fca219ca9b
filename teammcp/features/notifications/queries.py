"""The SQL of notifications."""

from __future__ import annotations

import json
from collections.abc import Sequence

from ...storage import Reader, Row, Transaction

COLUMNS = (
    "id, agent, notifier, address, reason, message_id, channel, sender, content, created_at, attempts, next_at,"
    " outcome, error, settled_at"
)

# -- addresses -------------------------------------------------------------------------------------------------------


def addresses(reader: Reader) -> list[Row]:
    """Every member's addresses."""
    return reader.all(
        "SELECT agent, notifier, address, reasons, since FROM notification_addresses ORDER BY agent, notifier"
    )


def anybody(reader: Reader) -> bool:
    """Whether any member has an address."""
    return reader.value("SELECT 1 FROM notification_addresses LIMIT 1") is not None


def addresses_of(reader: Reader, agent: str) -> dict[str, Row]:
    """One member's addresses, by notifier."""
    found = reader.all("SELECT notifier, address, reasons, since FROM notification_addresses WHERE agent = ?", (agent,))
    return {row["notifier"]: row for row in found}


def set_address(tx: Transaction, agent: str, notifier: str, address: str, reasons: Sequence[str], since: int) -> None:
    """Keep an address in the place of the one before. It is for what comes behind the event ``since``."""
    remove_address(tx, agent, notifier)
    tx.execute(
        "INSERT INTO notification_addresses (agent, notifier, address, reasons, since) VALUES (?, ?, ?, ?, ?)",
        (agent, notifier, address, json.dumps(reasons), since),
    )


def remove_address(tx: Transaction, agent: str, notifier: str) -> bool:
    """Forget an address; whether there was one."""
    return tx.execute("DELETE FROM notification_addresses WHERE agent = ? AND notifier = ?", (agent, notifier)) > 0


# -- the outbox ------------------------------------------------------------------------------------------------------


def insert(
    tx: Transaction,
    agent: str,
    notifier: str,
    address: str,
    reason: str,
    message_id: int,
    channel: str,
    sender: str,
    content: str,
    sent_at: int,
    now: int,
) -> int:
    """Put a notification of a message into the outbox, to be tried at once; its id."""
    return tx.insert(
        "INSERT INTO notifications"
        " (agent, notifier, address, reason, message_id, channel, sender, content, created_at, next_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (agent, notifier, address, reason, message_id, channel, sender, content, sent_at, now),
    )


def notification(reader: Reader, number: int) -> Row | None:
    """One notification."""
    return reader.one(f"SELECT {COLUMNS} FROM notifications WHERE id = ?", (number,))  # noqa: S608


def waiting_of_message(reader: Reader, message_id: int) -> list[Row]:
    """The notifications of a message that are not settled."""
    return reader.all(
        f"SELECT {COLUMNS} FROM notifications WHERE message_id = ? AND outcome IS NULL",  # noqa: S608
        (message_id,),
    )


def waiting_of_address(reader: Reader, agent: str, notifier: str) -> list[Row]:
    """A member's notifications by one notifier that are not settled."""
    return reader.all(
        f"SELECT {COLUMNS} FROM notifications WHERE notifier = ? AND next_at IS NOT NULL AND agent = ?",  # noqa: S608
        (notifier, agent),
    )


def set_content(tx: Transaction, message_id: int, content: str) -> None:
    """Let what waits of a message say what it says now."""
    tx.execute("UPDATE notifications SET content = ? WHERE message_id = ? AND outcome IS NULL", (content, message_id))


def readdress(tx: Transaction, agent: str, notifier: str, address: str) -> None:
    """Bring what waits for a member to its new address."""
    tx.execute(
        "UPDATE notifications SET address = ? WHERE notifier = ? AND next_at IS NOT NULL AND agent = ?",
        (address, notifier, agent),
    )


def due_notifiers(reader: Reader, now: int) -> list[str]:
    """By which notifiers something is to be delivered now."""
    names, name = [], ""
    while name := reader.value(
        "SELECT min(notifier) FROM notifications WHERE next_at IS NOT NULL AND notifier > ?", (name,)
    ):
        names.append(name)
    return [name for name in names if first_due(reader, name, now)]


def next_attempt(reader: Reader, after: int) -> int | None:
    """When the first of the later ones is to be tried; None if there is none."""
    found: int | None = reader.value(
        "SELECT min(next_at) FROM notifications WHERE next_at IS NOT NULL AND next_at > ?", (after,)
    )
    return found


def first_due(reader: Reader, notifier: str, now: int) -> Row | None:
    """What is to be delivered next by a notifier."""
    return reader.one(
        f"SELECT {COLUMNS} FROM notifications WHERE notifier = ? AND next_at IS NOT NULL AND next_at <= ?"  # noqa: S608
        " ORDER BY next_at, id LIMIT 1",
        (notifier, now),
    )


def postpone(tx: Transaction, number: int, attempts: int, next_at: int, error: str) -> None:
    """Note an attempt that did not succeed, and when the next one is."""
    tx.execute(
        "UPDATE notifications SET attempts = ?, next_at = ?, error = ? WHERE id = ?", (attempts, next_at, error, number)
    )


def settle(tx: Transaction, number: int, attempts: int, outcome: str, error: str | None, now: int) -> None:
    """Note how it ended, and forget what was to be delivered, and where."""
    tx.execute(
        "UPDATE notifications SET attempts = ?, next_at = NULL, outcome = ?, error = ?, settled_at = ?,"
        " address = '', content = '' WHERE id = ?",
        (attempts, outcome, error, now, number),
    )


def received(reader: Reader, agent: str, before: int, limit: int) -> list[Row]:
    """Notifications for a member with smaller ids than ``before``, newest first."""
    return reader.all(
        f"SELECT {COLUMNS} FROM notifications WHERE agent = ? AND id < ? ORDER BY id DESC LIMIT ?",  # noqa: S608
        (agent, before, limit),
    )


def sent(reader: Reader, agent: str, before: int, limit: int) -> list[Row]:
    """Notifications of what a member sent, with smaller ids than ``before``, newest first."""
    return reader.all(
        f"SELECT {COLUMNS} FROM notifications WHERE sender = ? AND id < ? ORDER BY id DESC LIMIT ?",  # noqa: S608
        (agent, before, limit),
    )


def of_message(reader: Reader, message_id: int, agent: str) -> list[Row]:
    """The notifications of a message that are for a member, or all if the member sent it."""
    return reader.all(
        f"SELECT {COLUMNS} FROM notifications WHERE message_id = ? AND (agent = ? OR sender = ?)",  # noqa: S608
        (message_id, agent, agent),
    )
