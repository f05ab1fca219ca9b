"""The SQL of the journal."""

from __future__ import annotations

from collections.abc import Sequence

from teammcp import Reader, Row, Transaction


def find_journal(reader: Reader, key_hash: str) -> Row | None:
    """The journal that belongs to a key."""
    return reader.one("SELECT id, stored FROM journals WHERE key_hash = ?", (key_hash,))


def add_journal(tx: Transaction, journal: str, key_hash: str) -> None:
    """A new journal."""
    tx.execute("INSERT INTO journals (id, key_hash, stored) VALUES (?, ?, 0)", (journal, key_hash))


def last_seq(reader: Reader, journal: str) -> int:
    """The highest number that was given. What is forgotten is stored, so it counts by that."""
    written = reader.value("SELECT max(seq) FROM journal WHERE journal = ?", (journal,)) or 0
    stored = reader.value("SELECT stored FROM journals WHERE id = ?", (journal,)) or 0
    return max(written, stored)


def append(tx: Transaction, journal: str, lines: Sequence[tuple[int, int, int, str]]) -> None:
    """Write lines down: seq, run, at, entry. One that is there already stays."""
    sql = "INSERT INTO journal (journal, seq, run, at, entry) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
    tx.execute_many(sql, [(journal, *line) for line in lines])


def lines_after(reader: Reader, journal: str, seq: int, limit: int) -> list[Row]:
    """The lines behind a number, oldest first."""
    sql = "SELECT seq, run, at, entry FROM journal WHERE journal = ? AND seq > ? ORDER BY seq LIMIT ?"
    return reader.all(sql, (journal, seq, limit))


def run_lives(tx: Transaction, journal: str, run: int) -> None:
    """A run has begun."""
    tx.execute("INSERT INTO live_runs (journal, run) VALUES (?, ?) ON CONFLICT DO NOTHING", (journal, run))


def run_is_over(tx: Transaction, journal: str, run: int) -> None:
    """A run has ended."""
    tx.execute("DELETE FROM live_runs WHERE journal = ? AND run = ?", (journal, run))


def live_runs(reader: Reader, journal: str) -> list[int]:
    """The runs that have begun and not ended."""
    return [row["run"] for row in reader.all("SELECT run FROM live_runs WHERE journal = ? ORDER BY run", (journal,))]


def set_stored(tx: Transaction, journal: str, seq: int) -> None:
    """The server has it up to this number."""
    tx.execute("UPDATE journals SET stored = ? WHERE id = ? AND stored < ?", (seq, journal, seq))


def forget(tx: Transaction, journal: str, stored: int, before: int) -> None:
    """Delete what is stored and older than a moment."""
    tx.execute("DELETE FROM journal WHERE journal = ? AND seq <= ? AND at < ?", (journal, stored, before))


def renumber(tx: Transaction, journal: str, behind: int, by: int) -> None:
    """Raise the numbers behind one. They pass through others that are nobody's, so that no two meet on the way."""
    tx.execute("UPDATE journal SET seq = -seq WHERE journal = ? AND seq > ?", (journal, behind))
    tx.execute("UPDATE journal SET seq = ? - seq WHERE journal = ? AND seq < 0", (by, journal))
