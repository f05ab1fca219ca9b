"""What an inbox shows: of each channel the oldest that is unread, without a gap as far as its ``ack_id`` goes.

An ``ack_id`` acknowledges all that lies before it in its channel. So whatever lies before it is shown: whole, or in a
channel that has much to say by its first line, which is enough only for what is not addressed to the reader.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

from pydantic_core import to_jsonable_python

from ...operations import Context
from ...operations.budget import Budget
from ...storage import Row, Transaction
from ...text.untrusted import authors
from .. import deliveries
from ..messages import Message, first_lines, messages_by_id, newest_ids, seq_of, unread_ids
from .models import InboxChannel

NEWEST = 5
"""How many of a channel's latest messages are shown whole in a summary, whether or not all before them are shown."""
LINES = 100
"""How many messages a summary goes through at once; those behind them come when these are acknowledged."""
SECTIONS = 0.25
"""The share of an inbox that what plugins add may have."""
HEAD, BESIDE = 200, 3
"""Characters about a channel, and between its messages."""


@dataclass
class Sections:
    """What plugins add to an inbox, as JSON."""

    values: dict[str, Any] = field(default_factory=dict)
    authors: set[str] = field(default_factory=set)
    """Whom the models among it name as their authors."""
    more: bool = False
    """Whether anything was left off."""


def fitting_sections(found: Iterable[Mapping[str, Any]], budget: Budget) -> Sections:
    """What plugins add to an inbox, lists as far as they fit."""
    sections = Sections()
    for name, section in ((name, section) for contributed in found for name, section in contributed.items()):
        value = to_jsonable_python(section, by_alias=False)
        given = budget.fit(value) if isinstance(value, list) else value if budget.take(value) else None
        if given:
            sections.values[name] = given
            sections.authors |= authors(section[: len(given)] if isinstance(section, list) else section)
        sections.more = sections.more or given != value
    return sections


def show(
    context: Context, tx: Transaction, row: Row, details: int, threshold: int, budget: Budget
) -> InboxChannel | None:
    """One channel's part, as far as it fits; what is shown whole is read from now on. None if nothing is unread.

    Args:
        row: the channel, as `deliveries.behind` gives it.
        details: how many messages that are addressed to the reader a summary shows.
        threshold: up to how many unread messages there is no summary.
    """
    me, channel_id = context.actor.name, row["id"]
    unread = deliveries.unread(tx, me, channel_id, row["acked"], row["own"], row["last_seq"])
    if not unread:
        return None
    complete = unread <= threshold
    found = _all(tx, me, row, threshold) if complete else _some(tx, me, row, details)
    given = _give(found, budget)
    if complete and given:
        seq = seq_of(tx, channel_id, given[-1])
        assert seq is not None  # noqa: S101 - it was found in this channel
        deliveries.advance(tx, me, channel_id, seq, "read", context.now())
    shown = {message_id: found.whole[message_id] for message_id in given if message_id in found.whole}
    deliveries.read(tx, me, list(shown), "inbox", context.now())
    passed = list(takewhile(given.__contains__, found.oldest))
    return InboxChannel(
        channel=channel_id,
        channel_type=row["kind"],
        channel_name=row["name"],
        unread_count=unread,
        delivery_mode="messages" if complete else "summary",
        messages=[message for message in shown.values() if complete or message.id in found.newest],
        mentions=[message for message in shown.values() if not complete and message.id not in found.newest],
        topic_summary=" | ".join(found.lines[message_id] for message_id in given if message_id in found.lines),
        ack_id=passed[-1] if passed else 0,
        more=len(passed) < unread,
    )


@dataclass
class _Found:
    """What is unread in a channel, as far as it may be shown at once."""

    oldest: list[int]
    """Ids without a gap, from the oldest on."""
    whole: dict[int, Message]
    """Of these, and of those behind them, what is shown whole if it fits."""
    lines: dict[int, str]
    """The first lines of the others."""
    called: list[int]
    """What is addressed to the reader."""
    newest: list[int]
    """The last few, latest first."""


def _all(tx: Transaction, me: str, row: Row, number: int) -> _Found:
    oldest = _oldest(tx, me, row, number)
    whole = {message.id: message for message in messages_by_id(tx, oldest)}
    return _Found(oldest, whole, {}, called=[], newest=[])


def _some(tx: Transaction, me: str, row: Row, details: int) -> _Found:
    called = deliveries.addressed_ids(tx, me, row["id"], details + 1)
    newest = newest_ids(tx, me, row["id"], row["acked"], min(details, NEWEST))
    oldest = _oldest(tx, me, row, LINES)
    if len(called) > details:  # the next one is not shown whole, and so is not to be passed
        called.pop()
        oldest = [message_id for message_id in oldest if message_id <= called[-1]]
    whole = {message.id: message for message in messages_by_id(tx, sorted({*called, *newest}))}
    lines = first_lines(tx, [message_id for message_id in oldest if message_id not in whole])
    return _Found(oldest, whole, lines, called, newest)


def _oldest(tx: Transaction, me: str, row: Row, number: int) -> list[int]:
    late = deliveries.late_calls(tx, me, row["id"], row["acked"])
    return [*late, *unread_ids(tx, me, row["id"], row["acked"], number)][:number]


def _give(found: _Found, budget: Budget) -> list[int]:
    """What fits, in order of id: first the oldest, so that every inbox goes on, and then what is called for."""
    given: set[int] = set()

    def take(message_id: int) -> bool:
        if message_id not in given:
            beside = BESIDE if given else HEAD
            if not budget.take(found.whole.get(message_id) or found.lines[message_id], beside):
                return False
            given.add(message_id)
        return True

    if take(found.oldest[0]):
        for ids in (found.called, found.oldest, found.newest):
            given.update(takewhile(take, ids))
    return sorted(given)
