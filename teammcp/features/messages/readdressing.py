"""Whom an edit addresses: it takes a message back from those it calls no more, and brings it to those it newly does."""

from __future__ import annotations

import json
from dataclasses import dataclass

from ...members.directory import Channel
from ...operations import Context
from ...storage import Row, Transaction
from .. import deliveries
from .audience import Audience, add_strangers, address, asks_everybody
from .models import Message


@dataclass(frozen=True)
class Readdressed:
    """What an edit changed of whom a message is addressed to."""

    audience: Audience
    """Whom it calls now."""
    new: list[str]
    """Whom it had not been addressed to."""
    gone: list[str]
    """From whom nothing is waited for any more."""
    added: list[str]
    """Who was made a member."""


def readdress(
    context: Context, tx: Transaction, channel: Channel, message: Message, old: Row, *, add: bool
) -> Readdressed:
    """Address an edited message anew.

    A member that is addressed still keeps how far the message got with it. A member that came to the channel since is
    not called by an edit of what was said to everybody before.

    Args:
        message: as it is now.
        old: the row as it was.
        add: make members of those who are named without being any.
    """
    known = deliveries.addressed(tx, message.id)
    everybody = _calls_everybody(message, message.mentions)
    audience = address(context, channel, message.mentions, everybody=everybody)
    added = add_strangers(context, tx, channel, audience) if add else []
    gone = [] if everybody or channel.is_dm else sorted(known.keys() - set(message.mentions))
    if gone:
        deliveries.unaddress(tx, message.id, gone)
    named = set(message.mentions)
    if everybody and not _calls_everybody(message, json.loads(old["mentions"])):
        named.update(audience.mentioned, audience.others)
    new = [name for name in (*audience.mentioned, *audience.others) if name not in known and name in named]
    _deliver(context, tx, message, audience, {*new, *known}, known)
    return Readdressed(audience, new, gone, added)


def _calls_everybody(message: Message, mentions: list[str]) -> bool:
    """Whether a message calls everybody in its channel when it names these."""
    return "all" in mentions or asks_everybody(mentions, message.ack_required, message.reply_by)


def _deliver(
    context: Context, tx: Transaction, message: Message, audience: Audience, names: set[str], known: dict[str, Row]
) -> None:
    for name in (*audience.mentioned, *audience.others):
        if name not in names:
            continue
        mention = name in audience.mentioned
        reply_by = message.reply_by if mention or not audience.mentioned else None
        asked = name in known and known[name]["reply_by"] is not None
        if reply_by is not None and reply_by <= context.now() and not asked:
            reply_by = None  # nobody is late with what it was not asked for in time
        deliveries.readdress(
            tx,
            message.id,
            message.channel_id,
            message.from_agent,
            message.thread or message.id,
            name,
            mention,
            message.ack_required,
            reply_by,
        )
