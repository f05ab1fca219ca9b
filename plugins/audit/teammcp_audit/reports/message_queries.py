"""The SQL of reports about messages: who talks to whom, and how long answers take. See `queries` for why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from teammcp import Reader

from .queries import LISTED, Scope

_SENT = """
FROM messages m JOIN channels c ON c.id = m.channel_id
WHERE m.created_at >= ? AND m.created_at < ? AND m.deleted = 0 AND m.sender <> 'system' AND (? = 0 OR c.kind = 'group')
"""
# Each message that calls somebody, by @name or as a direct message, and when the called one next wrote there. What came
# behind the period is no answer yet, so that a report of the same period always says the same.
_CALLS = """
calls AS MATERIALIZED (
    SELECT d.agent, m.channel_id, m.id, m.sender, m.created_at AS asked_at, (
        SELECT r.created_at FROM messages r
        WHERE r.channel_id = m.channel_id AND r.sender = d.agent AND r.seq > m.seq ORDER BY r.seq LIMIT 1
    ) AS answered_at
    FROM messages m JOIN channels c ON c.id = m.channel_id JOIN deliveries d ON d.message_id = m.id
    WHERE m.created_at >= ? AND m.created_at < ? AND m.deleted = 0 AND m.sender <> 'system' AND d.agent <> m.sender
        AND (d.mention = 1 OR c.kind = 'dm') AND (? = 0 OR c.kind = 'group')
)
"""


@dataclass(frozen=True)
class Responses:
    """How often a member was called in a channel, and how long each answer took, in milliseconds, the fastest first."""

    agent: str
    channel: str
    calls: int
    times: list[int]


def _period(scope: Scope) -> tuple[Any, ...]:
    return scope.since, scope.until, int(scope.open_only)


# -- who talks to whom -----------------------------------------------------------------------------------------------


def pairs(reader: Reader, scope: Scope) -> list[Any]:
    """For each sender and each member called or replied to: how often, in which way; the busiest first."""
    return reader.all(
        """
        SELECT sender, agent, sum(mention) AS mentions, sum(dm) AS dms, sum(reply) AS replies, count(*) AS total
        FROM (
            SELECT m.sender, d.agent, CASE WHEN c.kind <> 'dm' THEN 1 ELSE 0 END AS mention,
                CASE WHEN c.kind = 'dm' THEN 1 ELSE 0 END AS dm, 0 AS reply
            FROM messages m JOIN channels c ON c.id = m.channel_id JOIN deliveries d ON d.message_id = m.id
            WHERE m.created_at >= ? AND m.created_at < ? AND m.deleted = 0 AND m.sender <> 'system'
                AND d.agent <> m.sender AND (d.mention = 1 OR c.kind = 'dm') AND (? = 0 OR c.kind = 'group')
            UNION ALL
            SELECT m.sender, p.sender, 0, 0, 1
            FROM messages m JOIN channels c ON c.id = m.channel_id JOIN messages p ON p.id = m.reply_to
            WHERE m.created_at >= ? AND m.created_at < ? AND m.deleted = 0 AND m.sender <> 'system'
                AND p.sender <> m.sender AND (? = 0 OR c.kind = 'group')
        ) AS said
        GROUP BY sender, agent ORDER BY total DESC, sender, agent LIMIT ?
        """,
        (*_period(scope), *_period(scope), LISTED),
    )


def written(reader: Reader, scope: Scope) -> list[Any]:
    """How much each member wrote in each channel."""
    return reader.all(
        f"SELECT m.sender AS agent, m.channel_id AS channel, count(*) AS messages {_SENT}"
        " GROUP BY m.sender, m.channel_id",
        _period(scope),
    )


def sent_over_time(reader: Reader, scope: Scope) -> dict[int, int]:
    """How many messages were sent in each step of the period, by the number of the step."""
    found = reader.all(
        f"SELECT (m.created_at - ?) / ? AS step, count(*) AS messages {_SENT} GROUP BY step",
        (scope.since, scope.step, *_period(scope)),
    )
    return {row["step"]: row["messages"] for row in found}


# -- answers ---------------------------------------------------------------------------------------------------------


def responses(reader: Reader, scope: Scope) -> list[Responses]:
    """The calls and answers of each member in each channel.

    The times come as one text a group, which takes a quarter of the time of having the database rank them for a median.
    (``group_concat`` is SQLite's name for what the standard calls ``string_agg``.)
    """
    found = reader.all(
        f"""
        WITH {_CALLS}
        SELECT agent, channel_id, count(*) AS calls,
            group_concat(CASE WHEN answered_at < ? THEN answered_at - asked_at END) AS times
        FROM calls GROUP BY agent, channel_id
        """,  # noqa: S608
        (*_period(scope), scope.until),
    )
    return [Responses(row["agent"], row["channel_id"], row["calls"], _sorted(row["times"])) for row in found]


def unanswered(reader: Reader, scope: Scope) -> list[Any]:
    """The calls that waited longest for an answer, and had none at the end of the period."""
    return reader.all(
        f"""
        WITH {_CALLS}
        SELECT id AS message_id, channel_id AS channel, sender, agent, asked_at FROM calls
        WHERE answered_at IS NULL OR answered_at >= ? ORDER BY asked_at, id, agent LIMIT ?
        """,  # noqa: S608
        (*_period(scope), scope.until, LISTED),
    )


def overdue(reader: Reader, scope: Scope, late: int) -> list[Any]:
    """Messages that had to be acknowledged and were not after ``late`` milliseconds: by whom, and when they were."""
    return reader.all(
        """
        SELECT m.id AS message_id, m.channel_id AS channel, m.sender, d.agent, m.created_at AS sent_at,
            CASE WHEN d.acked_at < ? THEN d.acked_at END AS acked_at
        FROM messages m JOIN channels c ON c.id = m.channel_id JOIN deliveries d ON d.message_id = m.id
        WHERE m.created_at >= ? AND m.created_at < ? AND m.ack_required = 1 AND m.deleted = 0 AND d.ack_required = 1
            AND (? = 0 OR c.kind = 'group') AND m.created_at + ? <= ?
            AND (d.acked_at IS NULL OR d.acked_at > m.created_at + ?)
        ORDER BY m.created_at, m.id, d.agent LIMIT ?
        """,
        (scope.until, *_period(scope), late, scope.until, late, LISTED),
    )


def _sorted(times: str | None) -> list[int]:
    return [] if times is None else sorted(map(int, times.split(",")))
