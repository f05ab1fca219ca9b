"""The SQL of reports about messages: who talks to whom, and how long answers take. See `queries` for why."""

from __future__ import annotations

from typing import Any

from teammcp import Reader, marks

from .queries import LISTED, Scope

_SENT = """
m.id >= ? AND m.id < ? AND m.created_at >= ? AND m.created_at < ? AND m.deleted = 0 AND m.sender <> 'system'
AND (? = 0 OR c.kind = 'group')
"""
# Whom a message is addressed to. It is the deliveries that are gone through: most messages are addressed to nobody.
_DELIVERED = """
FROM v_deliveries d CROSS JOIN v_messages m JOIN v_channels c ON c.id = m.channel
WHERE m.id = d.message_id AND d.message_id >= ? AND d.message_id < ? AND m.created_at >= ? AND m.created_at < ?
    AND m.deleted = 0 AND (? = 0 OR c.kind = 'group')
"""
# Who is called, by @name or by a direct message.
_CALLS = f"{_DELIVERED} AND m.sender <> 'system' AND d.agent <> m.sender AND (d.mention = 1 OR c.kind = 'dm')"


def ids(reader: Reader, since: int, until: int) -> range:
    """The ids of the messages of a time; a clock that was set back blurs them."""
    first = reader.value("SELECT id FROM v_messages WHERE created_at >= ? ORDER BY created_at, id LIMIT 1", (since,))
    last = reader.value(
        "SELECT id FROM v_messages WHERE created_at < ? ORDER BY created_at DESC, id DESC LIMIT 1", (until,)
    )
    return range(0) if first is None or last is None else range(first, last + 1)


def _part(scope: Scope, ids: range) -> tuple[Any, ...]:
    return ids.start, ids.stop, scope.since, scope.until, int(scope.open_only)


# -- who talks to whom -----------------------------------------------------------------------------------------------


def called(reader: Reader, scope: Scope, ids: range) -> list[Any]:
    """For each sender and each member called: how often, by @name or in direct messages."""
    return reader.all(
        f"SELECT m.sender, d.agent, count(CASE WHEN c.kind <> 'dm' THEN 1 END) AS mentions,"
        f" count(CASE WHEN c.kind = 'dm' THEN 1 END) AS dms {_CALLS} GROUP BY m.sender, d.agent",
        _part(scope, ids),
    )


def replied(reader: Reader, scope: Scope, ids: range) -> list[Any]:
    """For each sender and each member replied to: how often."""
    return reader.all(
        "SELECT m.sender, p.sender AS agent, count(*) AS replies"  # noqa: S608
        " FROM v_messages m CROSS JOIN v_messages p JOIN v_channels c ON c.id = m.channel"
        f" WHERE {_SENT} AND p.id = m.reply_to AND p.sender <> m.sender GROUP BY m.sender, p.sender",
        _part(scope, ids),
    )


def written(reader: Reader, scope: Scope, ids: range) -> list[Any]:
    """How much each member wrote in each channel, in each step of the period, by the number of the step."""
    return reader.all(
        f"SELECT m.sender AS agent, m.channel, {scope.step_of('m.created_at')} AS step,"  # noqa: S608
        f" count(*) AS messages FROM v_messages m CROSS JOIN v_channels c WHERE {_SENT} AND c.id = m.channel"
        " GROUP BY m.sender, m.channel, step",
        _part(scope, ids),
    )


# -- answers ---------------------------------------------------------------------------------------------------------


def answers(reader: Reader, scope: Scope, ids: range) -> list[Any]:
    """For each member in each channel: how often it was called, how long its answers took, which calls have none.

    An answer is the next message of the one called there. What came behind the period is none yet, so that a report of
    the same period always says the same. Times and ids come as one text a group: a median in the database takes four
    times as long. (``group_concat`` is SQLite's name for what the standard calls ``string_agg``.)
    """
    return reader.all(
        f"""
        WITH calls AS MATERIALIZED (
            SELECT d.agent, m.channel, m.id, m.created_at AS asked_at, (
                SELECT r.created_at FROM v_messages r
                WHERE r.channel = m.channel AND r.sender = d.agent AND r.seq > m.seq ORDER BY r.seq LIMIT 1
            ) AS answered_at {_CALLS}
        )
        SELECT agent, channel, count(*) AS calls,
            group_concat(CASE WHEN answered_at < ? THEN answered_at - asked_at END) AS times,
            group_concat(CASE WHEN answered_at < ? THEN NULL ELSE id END) AS unanswered
        FROM calls GROUP BY agent, channel
        """,  # noqa: S608
        (*_part(scope, ids), scope.until, scope.until),
    )


def asked(reader: Reader, numbers: list[int]) -> dict[int, Any]:
    """Who asked and when, by the number of the message."""
    if not numbers:
        return {}
    found = reader.all(f"SELECT id, sender, created_at FROM v_messages WHERE id IN ({marks(numbers)})", numbers)  # noqa: S608
    return {row["id"]: row for row in found}


def overdue(reader: Reader, scope: Scope, ids: range, late: int) -> list[Any]:
    """Messages that had to be acknowledged and were not after ``late`` milliseconds: by whom, and when they were.

    Not what was answered or settled in time. What the server asks is settled from the start: nobody can answer it.
    """
    return reader.all(
        f"""
        SELECT m.id AS message_id, m.channel, m.sender, d.agent, m.created_at AS sent_at,
            CASE WHEN d.acked_at < ? THEN d.acked_at END AS acked_at
        {_DELIVERED} AND d.ack_required = 1 AND m.created_at + ? <= ?
            AND (d.acked_at IS NULL OR d.acked_at > m.created_at + ?)
            AND (d.settled_at IS NULL OR d.settled_at > m.created_at + ?)
        ORDER BY m.id, d.agent LIMIT ?
        """,
        (scope.until, *_part(scope, ids), late, scope.until, late, late, LISTED),
    )
