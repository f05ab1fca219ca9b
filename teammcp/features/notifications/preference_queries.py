"""The SQL of how members want to be told, and where."""

from __future__ import annotations

from ...storage import Reader, Row, Transaction

ADDRESS = "id, agent, notifier, address, label, since, added_at"


def anybody(reader: Reader) -> bool:
    """Whether any member has an address."""
    return reader.value("SELECT 1 FROM notification_addresses LIMIT 1") is not None


def addresses(reader: Reader) -> list[Row]:
    """Every member's addresses: id, agent, notifier, address, label, since, added_at."""
    return reader.all(f"SELECT {ADDRESS} FROM notification_addresses ORDER BY agent, notifier, id")  # noqa: S608


def addresses_of(reader: Reader, agent: str) -> list[Row]:
    """One member's addresses, the oldest first."""
    return reader.all(
        f"SELECT {ADDRESS} FROM notification_addresses WHERE agent = ? ORDER BY notifier, id",  # noqa: S608
        (agent,),
    )


def address(reader: Reader, number: int) -> Row | None:
    """One address."""
    return reader.one(f"SELECT {ADDRESS} FROM notification_addresses WHERE id = ?", (number,))  # noqa: S608


def add_address(tx: Transaction, agent: str, notifier: str, address: str, label: str, since: int, at: int) -> int:
    """Keep an address for what comes behind the event ``since``; its id. One that is kept already gets the label."""
    tx.execute(
        "INSERT INTO notification_addresses (agent, notifier, address, label, since, added_at)"
        " VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (agent, notifier, address) DO UPDATE SET label = excluded.label",
        (agent, notifier, address, label, since, at),
    )
    found: int = tx.value(
        "SELECT id FROM notification_addresses WHERE agent = ? AND notifier = ? AND address = ?",
        (agent, notifier, address),
    )
    return found


def change_address(tx: Transaction, number: int, address: str, label: str) -> None:
    """Put another address in the place of one."""
    tx.execute("UPDATE notification_addresses SET address = ?, label = ? WHERE id = ?", (address, label, number))


def remove_address(tx: Transaction, number: int) -> None:
    """Forget an address."""
    tx.execute("DELETE FROM notification_addresses WHERE id = ?", (number,))


def habits(reader: Reader, agent: str) -> Row | None:
    """How a member wants to be told in general: quiet_from, quiet_until, batch_minutes, digest_at, language."""
    return reader.one(
        "SELECT quiet_from, quiet_until, batch_minutes, digest_at, language FROM notification_habits WHERE agent = ?",
        (agent,),
    )


def set_habits(
    tx: Transaction,
    agent: str,
    quiet_from: int | None,
    quiet_until: int | None,
    batch_minutes: int,
    digest_at: int,
    language: str,
) -> None:
    """Keep them."""
    tx.execute(
        "INSERT INTO notification_habits (agent, quiet_from, quiet_until, batch_minutes, digest_at, language)"
        " VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (agent) DO UPDATE SET quiet_from = excluded.quiet_from, quiet_until = excluded.quiet_until,"
        " batch_minutes = excluded.batch_minutes, digest_at = excluded.digest_at, language = excluded.language",
        (agent, quiet_from, quiet_until, batch_minutes, digest_at, language),
    )


def after_minutes(reader: Reader, agent: str) -> dict[str, int]:
    """By notifier, for how long it waits whether a member has seen a thing; without one it does not wait."""
    rows = reader.all("SELECT notifier, after_minutes FROM notification_ways WHERE agent = ?", (agent,))
    return {row["notifier"]: row["after_minutes"] for row in rows}


def set_after_minutes(tx: Transaction, agent: str, notifier: str, minutes: int) -> None:
    """Keep how long a notifier waits."""
    tx.execute(
        "INSERT INTO notification_ways (agent, notifier, after_minutes) VALUES (?, ?, ?)"
        " ON CONFLICT (agent, notifier) DO UPDATE SET after_minutes = excluded.after_minutes",
        (agent, notifier, minutes),
    )


def urgencies(reader: Reader, agent: str) -> dict[tuple[str, str], str]:
    """How urgent a member finds things, by notifier and kind; without one it is as the kind says."""
    rows = reader.all("SELECT notifier, kind, urgency FROM notification_urgencies WHERE agent = ?", (agent,))
    return {(row["notifier"], row["kind"]): row["urgency"] for row in rows}


def set_urgency(tx: Transaction, agent: str, notifier: str, kind: str, urgency: str) -> None:
    """Keep how urgent a member finds a kind."""
    tx.execute(
        "INSERT INTO notification_urgencies (agent, notifier, kind, urgency) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (agent, notifier, kind) DO UPDATE SET urgency = excluded.urgency",
        (agent, notifier, kind, urgency),
    )


def writes_by(reader: Reader, agent: str, channel: str, since: int) -> str | None:
    """By which notifier a member takes part in a conversation, if it has written there since then."""
    found: str | None = reader.value(
        "SELECT notifier FROM notification_conversations WHERE agent = ? AND channel = ? AND written_at >= ?",
        (agent, channel, since),
    )
    return found


def set_conversation(tx: Transaction, agent: str, channel: str, notifier: str, at: int) -> None:
    """Note by which notifier a member has written in a conversation last."""
    tx.execute(
        "INSERT INTO notification_conversations (agent, channel, notifier, written_at) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (agent, channel) DO UPDATE SET notifier = excluded.notifier, written_at = excluded.written_at",
        (agent, channel, notifier, at),
    )


def end_conversation(tx: Transaction, agent: str, channel: str) -> None:
    """Note that a member has written there otherwise since."""
    tx.execute("DELETE FROM notification_conversations WHERE agent = ? AND channel = ?", (agent, channel))
