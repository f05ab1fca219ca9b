"""SQL of approvals."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from teammcp import Reader, Transaction

Row = Any

COLUMNS = (
    "id, kind, title, details, operation, arguments, proposer, reason, why, project_id, field, base_version, old_value,"
    " approvers, quorum, status, round, fingerprint, created_at, expires_at, closed_at, closed_by, result, error"
)


def approvers(row: Row) -> list[str]:
    """The approvers of a row, as keys."""
    found: list[str] = json.loads(row["approvers"])
    return found


# -- approvals -------------------------------------------------------------------------------------------------------


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
        "SELECT count(*) FROM (SELECT 1 FROM approvals WHERE proposer = ? AND closed_at IS NULL LIMIT ?)",
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
    marks = ", ".join("?" * len(keys))
    wanted, values = ["a.id < ?"], [before]
    for column, value in (("proposer", proposer), ("status", status), ("kind", kind)):
        if value is not None:
            wanted.append(f"a.{column} = ?")
            values.append(value)  # type: ignore[arg-type]
    if not everything:
        wanted.append(
            "(a.kind = 'state' OR a.proposer = ?"  # noqa: S608
            f" OR EXISTS (SELECT 1 FROM approval_voices v WHERE v.approval_id = a.id AND v.who IN ({marks}))"
            " OR EXISTS (SELECT 1 FROM approval_decisions d WHERE d.approval_id = a.id AND d.round = a.round"
            " AND d.agent = ?))"
        )
        values += [agent, *keys, agent]  # type: ignore[list-item]
    return reader.all(
        f"SELECT {COLUMNS} FROM approvals a WHERE {' AND '.join(wanted)} ORDER BY a.id DESC LIMIT ?",  # noqa: S608
        (*values, limit),
    )


# -- whose word counts -----------------------------------------------------------------------------------------------


def voices(reader: Reader, approval_id: int) -> list[Row]:
    """Whose word counts: who, given_by."""
    return reader.all("SELECT who, given_by FROM approval_voices WHERE approval_id = ?", (approval_id,))


def add_voice(tx: Transaction, approval_id: int, who: str, given_by: str) -> bool:
    """Let somebody's word count; False if it does already."""
    return bool(
        tx.execute(
            "INSERT INTO approval_voices (approval_id, who, given_by, waiting) VALUES (?, ?, ?, 1)"
            " ON CONFLICT DO NOTHING",
            (approval_id, who, given_by),
        )
    )


def replace_voices(tx: Transaction, approval_id: int, keys: Sequence[str]) -> None:
    """Ask these instead of those asked before."""
    tx.execute("DELETE FROM approval_voices WHERE approval_id = ?", (approval_id,))
    for who in keys:
        add_voice(tx, approval_id, who, "")


def stop_waiting(tx: Transaction, approval_id: int) -> None:
    """Note that nobody is asked any more."""
    tx.execute("UPDATE approval_voices SET waiting = 0 WHERE approval_id = ?", (approval_id,))


def waiting(reader: Reader, keys: Sequence[str], agent: str, own: bool, now: int, limit: int) -> list[Row]:
    """What waits for the word of those whom the keys stand for, oldest first: not their own, unless ``own``."""
    return reader.all(
        f"SELECT {COLUMNS} FROM approvals a WHERE {_waiting(keys)} ORDER BY a.id LIMIT ?",  # noqa: S608
        (*keys, own, agent, now, agent, limit),
    )


def count_waiting(reader: Reader, keys: Sequence[str], agent: str, own: bool, now: int, limit: int) -> int:
    """How many those are, counted up to ``limit``."""
    count: int = reader.value(
        f"SELECT count(*) FROM (SELECT 1 FROM approvals a WHERE {_waiting(keys)} LIMIT ?)",  # noqa: S608
        (*keys, own, agent, now, agent, limit),
    )
    return count


def _waiting(keys: Sequence[str]) -> str:
    marks = ", ".join("?" * len(keys))
    return (
        f"a.id IN (SELECT approval_id FROM approval_voices WHERE waiting = 1 AND who IN ({marks}))"  # noqa: S608
        " AND a.status = 'pending' AND (? OR a.proposer <> ?) AND a.expires_at > ?"
        " AND NOT EXISTS (SELECT 1 FROM approval_decisions d"
        " WHERE d.approval_id = a.id AND d.round = a.round AND d.agent = ?)"
    )


# -- decisions -------------------------------------------------------------------------------------------------------


def decide(
    tx: Transaction, approval_id: int, round: int, agent: str, voice: str, approved: bool, comment: str, at: int
) -> None:
    """Write down a word spoken."""
    tx.execute(
        "INSERT INTO approval_decisions (approval_id, round, agent, voice, approved, comment, at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (approval_id, round, agent, voice, int(approved), comment, at),
    )


def decisions(reader: Reader, approval_ids: Sequence[int]) -> list[Row]:
    """What was said on some approvals, in order, in all rounds."""
    if not approval_ids:
        return []
    marks = ", ".join("?" * len(approval_ids))
    return reader.all(
        "SELECT approval_id, round, agent, voice, approved, comment, at FROM approval_decisions"  # noqa: S608
        f" WHERE approval_id IN ({marks}) ORDER BY id",
        tuple(approval_ids),
    )


def has_decided(reader: Reader, approval_id: int, agent: str) -> bool:
    """Whether an agent has said something on an approval."""
    return bool(
        reader.value(
            "SELECT EXISTS (SELECT 1 FROM approval_decisions WHERE approval_id = ? AND agent = ?)", (approval_id, agent)
        )
    )


# -- delegation ------------------------------------------------------------------------------------------------------


def delegate(tx: Transaction, agent: str, to: str, until: int, at: int) -> None:
    """Let another member's word count as an agent's, until a time."""
    tx.execute(
        "INSERT INTO approval_delegations (agent, delegate, until, made_at) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (agent) DO UPDATE SET delegate = excluded.delegate, until = excluded.until,"
        " made_at = excluded.made_at",
        (agent, to, until, at),
    )


def end_delegation(tx: Transaction, agent: str) -> bool:
    """End that; False if there was none."""
    return bool(tx.execute("DELETE FROM approval_delegations WHERE agent = ?", (agent,)))


def delegation(reader: Reader, agent: str, now: int) -> Row | None:
    """To whom an agent has given its word for now: delegate, until."""
    return reader.one("SELECT delegate, until FROM approval_delegations WHERE agent = ? AND until > ?", (agent, now))


def delegates(reader: Reader, agents: Sequence[str], now: int) -> list[str]:
    """Who decides for some agents for now."""
    if not agents:
        return []
    marks = ", ".join("?" * len(agents))
    rows = reader.all(
        f"SELECT delegate FROM approval_delegations WHERE agent IN ({marks}) AND until > ?",  # noqa: S608
        (*agents, now),
    )
    return [row["delegate"] for row in rows]


def delegators(reader: Reader, delegate: str, now: int) -> list[str]:
    """Who has given its word to a member for now."""
    rows = reader.all(
        "SELECT agent FROM approval_delegations WHERE delegate = ? AND until > ? ORDER BY agent", (delegate, now)
    )
    return [row["agent"] for row in rows]


# -- rules -----------------------------------------------------------------------------------------------------------


def rules(reader: Reader) -> list[Row]:
    """All rules, oldest first. There are few, and they are read once, when a team is opened."""
    return reader.all("SELECT id, rule, created_by, created_at FROM approval_rules ORDER BY id")


def add_rule(tx: Transaction, rule: str, by: str, at: int) -> int:
    """Add a rule; its id."""
    return tx.insert("INSERT INTO approval_rules (rule, created_by, created_at) VALUES (?, ?, ?)", (rule, by, at))


def delete_rule(tx: Transaction, rule_id: int) -> bool:
    """Delete a rule; False if there is none."""
    return bool(tx.execute("DELETE FROM approval_rules WHERE id = ?", (rule_id,)))
