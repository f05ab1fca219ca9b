"""The SQL of e-mail: confirmed addresses, codes, how things stand."""

from __future__ import annotations

from teammcp import Reader, Row, Transaction


def is_confirmed(reader: Reader, agent: str, address: str) -> bool:
    """Whether a member has shown that an address is its own."""
    found = reader.value("SELECT 1 FROM email_addresses WHERE agent = ? AND address = ?", (agent, address))
    return found is not None


def confirm(tx: Transaction, agent: str, address: str, at: int) -> None:
    """Note that a member has shown that; what waited for a code of its is over."""
    tx.execute(
        "INSERT INTO email_addresses (agent, address, confirmed_at) VALUES (?, ?, ?)"
        " ON CONFLICT (agent, address) DO UPDATE SET confirmed_at = excluded.confirmed_at",
        (agent, address, at),
    )
    tx.execute("DELETE FROM email_codes WHERE agent = ?", (agent,))


def newest_code(reader: Reader, agent: str) -> Row | None:
    """The code that counts: id, address, digest, tries, sent_at."""
    return reader.one(
        "SELECT id, address, digest, tries, sent_at FROM email_codes WHERE agent = ? ORDER BY id DESC LIMIT 1", (agent,)
    )


def codes_since(reader: Reader, agent: str, since: int) -> int:
    """How many codes were sent for a member since then."""
    return int(reader.value("SELECT count(*) FROM email_codes WHERE agent = ? AND sent_at > ?", (agent, since)))


def add_code(tx: Transaction, agent: str, address: str, digest: str, at: int) -> None:
    """Keep a code that is to be sent."""
    tx.execute(
        "INSERT INTO email_codes (agent, address, digest, tries, sent_at) VALUES (?, ?, ?, 0, ?)",
        (agent, address, digest, at),
    )


def count_try(tx: Transaction, number: int) -> None:
    """Note that a code was tried and was another one."""
    tx.execute("UPDATE email_codes SET tries = tries + 1 WHERE id = ?", (number,))


def forget_codes(tx: Transaction, before: int) -> None:
    """Forget what was sent before then."""
    tx.execute("DELETE FROM email_codes WHERE sent_at <= ?", (before,))


def status(reader: Reader) -> dict[str, Row]:
    """By what is done: done_at, failed_at, error."""
    return {row["what"]: row for row in reader.all("SELECT what, done_at, failed_at, error FROM email_status")}


def note_done(tx: Transaction, what: str, at: int) -> None:
    """Note that something went well."""
    tx.execute(
        "INSERT INTO email_status (what, done_at, failed_at, error) VALUES (?, ?, NULL, NULL)"
        " ON CONFLICT (what) DO UPDATE SET done_at = excluded.done_at, error = NULL",
        (what, at),
    )


def note_failed(tx: Transaction, what: str, at: int, error: str) -> None:
    """Note that something went wrong."""
    tx.execute(
        "INSERT INTO email_status (what, done_at, failed_at, error) VALUES (?, NULL, ?, ?)"
        " ON CONFLICT (what) DO UPDATE SET failed_at = excluded.failed_at, error = excluded.error",
        (what, at, error),
    )
