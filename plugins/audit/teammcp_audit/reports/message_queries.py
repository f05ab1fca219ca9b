"""The SQL of reports about messages: who talks to whom, and how long answers take. See `queries` for why."""

from __future__ import annotations

from typing import Any

from teammcp import Reader

from .queries import HOUR, LISTED, Scope, median

CLASSES = (60_000, 300_000, 900_000, HOUR, 4 * HOUR, 24 * HOUR)
"""Upper ends of the classes of response times, in milliseconds; what is slower is in one more class."""

_CLASS = "CASE " + " ".join(f"WHEN took < {end} THEN {end}" for end in CLASSES) + " ELSE 0 END"
_SENT = """
FROM messages m JOIN channels c ON c.id = m.channel_id
WHERE m.created_at >= ? AND m.created_at < ? AND m.deleted = 0 AND m.sender <> 'system' AND (? = 0 OR c.kind = 'group')
"""
# Each message that calls somebody, by @name or as a direct message, and when the called one next wrote there. What came
# behind the period counts as not yet answered, so that a report of the same period always says the same.
_CALLS = """
calls AS (
    SELECT d.agent, m.channel_id, m.id, m.sender, m.created_at AS asked_at, c.kind = 'dm' AS is_dm, (
        SELECT r.created_at FROM messages r
        WHERE r.channel_id = m.channel_id AND r.sender = d.agent AND r.seq > m.seq ORDER BY r.seq LIMIT 1
    ) AS answered_at
    FROM messages m JOIN channels c ON c.id = m.channel_id JOIN deliveries d ON d.message_id = m.id
    WHERE m.created_at >= ? AND m.created_at < ? AND m.deleted = 0 AND m.sender <> 'system' AND d.agent <> m.sender
        AND (d.mention = 1 OR c.kind = 'dm') AND (? = 0 OR c.kind = 'group')
)
"""


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


def senders(reader: Reader, scope: Scope) -> list[Any]:
    """How much each member wrote, in how many channels."""
    return reader.all(
        "SELECT m.sender AS agent, count(*) AS messages, count(DISTINCT m.channel_id) AS channels"
        f" {_SENT} GROUP BY m.sender ORDER BY messages DESC, agent LIMIT ?",
        (*_period(scope), LISTED),
    )


def channels(reader: Reader, scope: Scope) -> list[Any]:
    """How much was written in each channel, by how many."""
    return reader.all(
        "SELECT m.channel_id AS channel, count(*) AS messages, count(DISTINCT m.sender) AS senders"
        f" {_SENT} GROUP BY m.channel_id ORDER BY messages DESC, channel LIMIT ?",
        (*_period(scope), LISTED),
    )


def sent_over_time(reader: Reader, scope: Scope) -> dict[int, int]:
    """How many messages were sent in each step of the period, by the number of the step."""
    found = reader.all(
        f"SELECT (m.created_at - ?) / ? AS step, count(*) AS messages {_SENT} GROUP BY step",
        (scope.since, scope.step, *_period(scope)),
    )
    return {row["step"]: row["messages"] for row in found}


# -- answers ---------------------------------------------------------------------------------------------------------


def responses(reader: Reader, scope: Scope) -> list[Any]:
    """For each member, channel and class of times (0: the slowest, null: no answer): how many calls.

    ``middle`` and ``middles`` add up over the classes to what the median is the quotient of.
    """
    return reader.all(
        f"""
        WITH {_CALLS}, timed AS (
            SELECT agent, channel_id, CASE WHEN answered_at < ? THEN answered_at - asked_at END AS took FROM calls
        ), ranked AS (
            SELECT agent, channel_id, took, row_number() OVER (PARTITION BY agent, channel_id ORDER BY took) AS place,
                count(*) OVER (PARTITION BY agent, channel_id) AS amount
            FROM timed WHERE took IS NOT NULL
            UNION ALL SELECT agent, channel_id, NULL, NULL, NULL FROM timed WHERE took IS NULL
        ), grouped AS (
            SELECT agent, channel_id, took, place, amount, CASE WHEN took IS NOT NULL THEN {_CLASS} END AS class
            FROM ranked
        )
        SELECT agent, channel_id AS channel, class, count(*) AS calls, max(took) AS longest_ms,
            sum(CASE WHEN place IN ((amount + 1) / 2, (amount + 2) / 2) THEN took END) AS middle,
            count(CASE WHEN place IN ((amount + 1) / 2, (amount + 2) / 2) THEN 1 END) AS middles
        FROM grouped GROUP BY agent, channel_id, class
        """,  # noqa: S608
        (*_period(scope), scope.until),
    )


def response_median(reader: Reader, scope: Scope) -> float | None:
    """The median of all response times, in milliseconds; None if nobody has answered anything."""
    found: float | None = reader.value(
        f"""
        WITH {_CALLS}, ranked AS (
            SELECT answered_at - asked_at AS took, row_number() OVER (ORDER BY answered_at - asked_at) AS place,
                count(*) OVER () AS amount
            FROM calls WHERE answered_at < ?
        )
        SELECT {median("took")} FROM ranked
        """,  # noqa: S608
        (*_period(scope), scope.until),
    )
    return found


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
