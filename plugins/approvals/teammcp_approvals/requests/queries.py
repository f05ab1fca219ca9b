"""SQL of approvals."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from teammcp import Reader, Transaction, marks

Row = Any

COLUMNS = (
    "id, kind, title, details, operation, arguments, proposer, reason, why, project_id, field, base_version, old_value,"
    " approvers, quorum, status, round, fingerprint, created_at, expires_at, closed_at, closed_by, result, error"
)


def approvers(row: Row) -> list[str]:
    """The approvers of a row, as keys."""
    found: list[str] = json.loads(row["approvers"])
    return found


def last_id(reader: Reader) -> int:
    """The greatest id given out; 0 if there is none."""
    return reader.value("SELECT max(id) FROM approvals") or 0


def approval(reader: Reader, approval_id: int) -> Row | None:
    """One approval."""
    return reader.one(f"SELECT {COLUMNS} FROM approvals WHERE id = ?", (approval_id,))  # noqa: S608


def open_by_fingerprint(reader: Reader, fingerprint: str) -> Row | None:
    """The approval of the same call by the same proposer that is still open."""
    return reader.one(
        f"SELECT {COLUMNS} FROM approvals WHERE fingerprint = ? AND closed_at IS NULL",  # noqa: S608
        (fingerprint,),
    )


def count_open(reader: Reader, proposer: str, limit: int) -> int:
    """How many approvals of a proposer are open, counted up to ``limit``."""
    count: int = reader.value(
        "SELECT count(*) FROM (SELECT 1 FROM approvals WHERE proposer = ? AND closed_at IS NULL LIMIT ?) AS capped",
        (proposer, limit),
    )
    return count


def insert(
    tx: Transaction,
    approval_id: int,
    kind: str,
    title: str,
    details: str,
    operation: str | None,
    arguments: str,
    proposer: str,
    reason: str,
    why: str,
    project_id: str | None,
    field: str | None,
    base_version: int | None,
    old_value: str | None,
    approvers: str,
    quorum: int,
    fingerprint: str,
    at: int,
    expires_at: int,
) -> None:
    """Add a pending approval."""
    tx.execute(
        "INSERT INTO approvals (id, kind, title, details, operation, arguments, proposer, reason, why, project_id,"
        " field, base_version, old_value, approvers, quorum, status, round, fingerprint, created_at, expires_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending', 1, ?, ?, ?)",
        (
            approval_id,
            kind,
            title,
            details,
            operation,
            arguments,
            proposer,
            reason,
            why,
            project_id,
            field,
            base_version,
            old_value,
            approvers,
            quorum,
            fingerprint,
            at,
            expires_at,
        ),
    )


def renew(
    tx: Transaction,
    approval_id: int,
    arguments: str,
    base_version: int | None,
    old_value: str | None,
    approvers: str,
    expires_at: int,
) -> None:
    """Ask again, for the field as it is now: what was said before no longer counts."""
    tx.execute(
        "UPDATE approvals SET arguments = ?, base_version = ?, old_value = ?, approvers = ?, expires_at = ?,"
        " status = 'pending', round = round + 1 WHERE id = ?",
        (arguments, base_version, old_value, approvers, expires_at, approval_id),
    )


def need_confirmation(tx: Transaction, approval_id: int) -> None:
    """Note that the proposer has to confirm."""
    tx.execute("UPDATE approvals SET status = 'needs_confirmation' WHERE id = ?", (approval_id,))


def close(tx: Transaction, approval_id: int, status: str, by: str, at: int, result: str | None, error: str) -> None:
    """End an approval."""
    tx.execute(
        "UPDATE approvals SET status = ?, closed_by = ?, closed_at = ?, result = ?, error = ? WHERE id = ?",
        (status, by, at, result, error, approval_id),
    )


def expired(reader: Reader, now: int, limit: int) -> list[int]:
    """The ids of open approvals whose time is over."""
    rows = reader.all(
        "SELECT id FROM approvals WHERE closed_at IS NULL AND expires_at <= ? ORDER BY expires_at LIMIT ?", (now, limit)
    )
    return [row["id"] for row in rows]


def listed(
    reader: Reader,
    agent: str,
    keys: Sequence[str],
    everything: bool,
    status: str | None,
    kind: str | None,
    proposer: str | None,
    before: int,
    limit: int,
) -> list[Row]:
    """Approvals that an agent may see, newest first: ``everything``, or what the keys that stand for it let it see."""
    wanted, values = ["a.id < ?"], [before]
    for column, value in (("proposer", proposer), ("status", status), ("kind", kind)):
        if value is not None:
            wanted.append(f"a.{column} = ?")
            values.append(value)  # type: ignore[arg-type]
    if not everything:
        wanted.append(
            "(a.kind = 'state' OR a.proposer = ?"  # noqa: S608
            f" OR EXISTS (SELECT 1 FROM approval_voices v WHERE v.approval_id = a.id AND v.who IN ({marks(keys)}))"
            " OR EXISTS (SELECT 1 FROM approval_decisions d WHERE d.approval_id = a.id AND d.round = a.round"
            " AND d.agent = ?))"
        )
        values += [agent, *keys, agent]  # type: ignore[list-item]
    return reader.all(
        f"SELECT {COLUMNS} FROM approvals a WHERE {' AND '.join(wanted)} ORDER BY a.id DESC LIMIT ?",  # noqa: S608
        (*values, limit),
    )
