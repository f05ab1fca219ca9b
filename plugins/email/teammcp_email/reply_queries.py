"""The SQL of replies: how far the mailbox was fetched, what came, and what became of it."""

from __future__ import annotations

from teammcp import Reader, Row, Transaction


def place(reader: Reader, mailbox: str) -> Row | None:
    """How far a mailbox was fetched: validity, uid."""
    return reader.one("SELECT validity, uid FROM email_places WHERE mailbox = ?", (mailbox,))


def set_place(tx: Transaction, mailbox: str, validity: int, uid: int) -> None:
    """Keep that."""
    tx.execute(
        "INSERT INTO email_places (mailbox, validity, uid) VALUES (?, ?, ?)"
        " ON CONFLICT (mailbox) DO UPDATE SET validity = excluded.validity, uid = excluded.uid",
        (mailbox, validity, uid),
    )


def receive(tx: Transaction, mail_key: str, raw: str, at: int) -> None:
    """Keep a mail, unless it is there already."""
    tx.execute(
        "INSERT INTO email_received (mail_key, raw, received_at) VALUES (?, ?, ?) ON CONFLICT (mail_key) DO NOTHING",
        (mail_key, raw, at),
    )


def waiting(reader: Reader, limit: int) -> list[Row]:
    """Mail that nothing was done with yet, the oldest first: id, mail_key, raw."""
    return reader.all(
        "SELECT id, mail_key, raw FROM email_received WHERE raw IS NOT NULL ORDER BY id LIMIT ?", (limit,)
    )


def settle(tx: Transaction, number: int, refused: str | None) -> None:
    """Note that a mail was dealt with, and forget its words."""
    tx.execute("UPDATE email_received SET raw = NULL, refused = ? WHERE id = ?", (refused, number))


def refusals(reader: Reader, limit: int) -> list[Row]:
    """What became no message, the newest first: received_at, refused."""
    return reader.all(
        "SELECT received_at, refused FROM email_received WHERE refused IS NOT NULL ORDER BY id DESC LIMIT ?", (limit,)
    )
