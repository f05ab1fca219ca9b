"""SQL of who may decide on approvals, what they said, and who decides for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from teammcp import Reader, Transaction, marks

from .queries import COLUMNS

Row = Any

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
        (*keys, int(own), agent, now, agent, limit),
    )


def count_waiting(reader: Reader, keys: Sequence[str], agent: str, own: bool, now: int, limit: int) -> int:
    """How many those are, counted up to ``limit``."""
    count: int = reader.value(
        f"SELECT count(*) FROM (SELECT 1 FROM approvals a WHERE {_waiting(keys)} LIMIT ?) AS capped",  # noqa: S608
        (*keys, int(own), agent, now, agent, limit),
    )
    return count


def _waiting(keys: Sequence[str]) -> str:
    return (
        f"a.id IN (SELECT approval_id FROM approval_voices WHERE waiting = 1 AND who IN ({marks(keys)}))"  # noqa: S608
        " AND a.status = 'pending' AND (? = 1 OR a.proposer <> ?) AND a.expires_at > ?"
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
    return reader.all(
        "SELECT approval_id, round, agent, voice, approved, comment, at FROM approval_decisions"  # noqa: S608
        f" WHERE approval_id IN ({marks(approval_ids)}) ORDER BY id",
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
    rows = reader.all(
        f"SELECT delegate FROM approval_delegations WHERE agent IN ({marks(agents)}) AND until > ?",  # noqa: S608
        (*agents, now),
    )
    return [row["delegate"] for row in rows]


def delegators(reader: Reader, delegate: str, now: int) -> list[str]:
    """Who has given its word to a member for now."""
    rows = reader.all(
        "SELECT agent FROM approval_delegations WHERE delegate = ? AND until > ? ORDER BY agent", (delegate, now)
    )
    return [row["agent"] for row in rows]
