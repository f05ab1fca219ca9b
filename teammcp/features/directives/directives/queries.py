"""The SQL of directives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from ....storage import NumberSeries, Reader, Row, Transaction, marks

NUMBERS = NumberSeries("directive_numbers")
Side = Literal["worker", "issuer"]


def insert(tx: Transaction, columns: Mapping[str, Any]) -> None:
    """Add a directive."""
    names, places = ", ".join(columns), marks(columns)
    tx.execute(f"INSERT INTO directives ({names}) VALUES ({places})", tuple(columns.values()))  # noqa: S608


def update(tx: Transaction, directive_id: int, columns: Mapping[str, Any]) -> None:
    """Give columns of a directive new values."""
    changes = ", ".join(f"{name} = ?" for name in columns)
    tx.execute(f"UPDATE directives SET {changes} WHERE id = ?", (*columns.values(), directive_id))  # noqa: S608


def directive(reader: Reader, directive_id: int) -> Row | None:
    """One directive."""
    return reader.one("SELECT * FROM directives WHERE id = ?", (directive_id,))


def of_member(reader: Reader, side: Side, name: str, status: str, before: int, limit: int) -> list[Row]:
    """The directives that a member has received or sent, with smaller ids than ``before``, newest first."""
    return reader.all(
        f"SELECT * FROM directives WHERE {side} = ? AND status = ? AND id < ?"  # noqa: S608
        " ORDER BY id DESC LIMIT ?",
        (name, status, before, limit),
    )


def of_everybody(reader: Reader, status: str, before: int, limit: int) -> list[Row]:
    """All directives with smaller ids than ``before``, newest first."""
    return reader.all(
        "SELECT * FROM directives WHERE status = ? AND id < ? ORDER BY id DESC LIMIT ?", (status, before, limit)
    )


def count_received(reader: Reader, worker: str, status: str) -> int:
    """How many directives of a status a member has received."""
    return int(reader.value("SELECT count(*) FROM directives WHERE worker = ? AND status = ?", (worker, status)))


def past_due(reader: Reader, now: int) -> list[Row]:
    """The directives whose lease has run out as written, and those that have expired.

    A lease may hold all the same: signs of life are not written down.
    """
    leased = reader.all("SELECT * FROM directives WHERE lease_agent IS NOT NULL AND lease_expires_at <= ?", (now,))
    expired = reader.all(
        "SELECT * FROM directives WHERE status = 'pending' AND expires_at IS NOT NULL AND expires_at <= ?", (now,)
    )
    return [*leased, *expired]
