"""SQL of who is told of whom."""

from __future__ import annotations

from ...storage import Reader, Row, Transaction

COLUMNS = "watcher, whom, what, always, armed, told_at, held, created_at"


def find(reader: Reader, watcher: str, whom: str, what: str) -> Row | None:
    """One of them."""
    return reader.one(
        f"SELECT {COLUMNS} FROM watches WHERE watcher = ? AND whom = ? AND what = ?",  # noqa: S608
        (watcher, whom, what),
    )


def of_watcher(reader: Reader, watcher: str) -> list[Row]:
    """Of whom a member is told, by name."""
    return reader.all(
        f"SELECT {COLUMNS} FROM watches WHERE watcher = ? ORDER BY whom, what",  # noqa: S608
        (watcher,),
    )


def of_whom(reader: Reader, whom: str) -> list[Row]:
    """Who is told of a member."""
    return reader.all(
        f"SELECT {COLUMNS} FROM watches WHERE whom = ? ORDER BY watcher, what",  # noqa: S608
        (whom,),
    )


def watched(reader: Reader) -> list[str]:
    """All members of whom somebody is told."""
    return [row["whom"] for row in reader.all("SELECT DISTINCT whom FROM watches")]


def held(reader: Reader, until: int) -> list[Row]:
    """Those with occasions that were only counted, whose watchers were told at a time no later than this."""
    return reader.all(
        f"SELECT {COLUMNS} FROM watches WHERE held > 0 AND told_at <= ? ORDER BY told_at",  # noqa: S608
        (until,),
    )


def any_held(reader: Reader) -> bool:
    """Whether there are occasions that were only counted."""
    return reader.one("SELECT 1 AS one FROM watches WHERE held > 0 AND told_at > 0 LIMIT 1") is not None


def keep(tx: Transaction, watcher: str, whom: str, what: str, always: bool, armed: bool, at: int) -> None:
    """Tell a member from now on; if it is told already, once or always as it says now."""
    tx.execute(
        "INSERT INTO watches (watcher, whom, what, always, armed, created_at) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (watcher, whom, what) DO UPDATE SET always = excluded.always",
        (watcher, whom, what, int(always), int(armed), at),
    )


def arm(tx: Transaction, watcher: str, whom: str, what: str) -> None:
    """What has to come before the next occasion has come."""
    tx.execute("UPDATE watches SET armed = 1 WHERE watcher = ? AND whom = ? AND what = ?", (watcher, whom, what))


def tell(tx: Transaction, watcher: str, whom: str, what: str, armed: bool, at: int) -> None:
    """The watcher was told, of what was held back, too."""
    tx.execute(
        "UPDATE watches SET armed = ?, told_at = ?, held = 0 WHERE watcher = ? AND whom = ? AND what = ?",
        (int(armed), at, watcher, whom, what),
    )


def hold(tx: Transaction, watcher: str, whom: str, what: str, armed: bool) -> None:
    """An occasion was only counted."""
    tx.execute(
        "UPDATE watches SET armed = ?, held = held + 1 WHERE watcher = ? AND whom = ? AND what = ?",
        (int(armed), watcher, whom, what),
    )


def end(tx: Transaction, watcher: str, whom: str, what: str) -> None:
    """Tell the watcher no more."""
    tx.execute("DELETE FROM watches WHERE watcher = ? AND whom = ? AND what = ?", (watcher, whom, what))
