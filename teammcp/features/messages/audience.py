"""Sending a message: who is meant, who may, and one transaction for the message, its addressees and its event."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import partial

from ...errors import Conflict, InvalidInput
from ...members.directory import SYSTEM, Access, Channel, Directory
from ...operations import Context
from ...storage import Transaction, Work
from .. import deliveries
from ..channels import (
    add_members,
    ensure_dm,
    find_agent,
    last_place,
    no_channel,
    open_place,
    take_place,
    writable_channel,
)
from ..files import attach
from . import queries, search
from .answers import note_answers
from .events import MessageSent
from .mentions import find_mentions_aside
from .models import Draft, Message, Priority, SentMessage


@dataclass
class Audience:
    """Whom a message is meant for."""

    mentioned: list[str] = field(default_factory=list)
    """Members of the channel that are named, the sender apart."""
    strangers: list[str] = field(default_factory=list)
    """Named, but not members."""
    retired: list[str] = field(default_factory=list)
    """Named, but no longer there."""
    others: list[str] = field(default_factory=list)
    """Addressed without being named: the other side of a direct message, everybody if an answer is required."""


async def send(
    context: Context,
    draft: Draft,
    *,
    priority: Priority | None,
    auto_add_mentions: bool,
) -> Work[SentMessage]:
    """Check a message and prepare its transaction.

    Raises:
        NotFound, Forbidden, Conflict, Gone: the channel, or somebody mentioned, is not to be written to.
    """
    channel = writable_channel(context, draft.channel)
    draft.channel = channel.id
    draft.mentions = await all_mentions(context, draft.mentions, draft.content)
    draft.priority = effective_priority(context, channel, draft.mentions, priority)
    if context.server.plugins.handles("before_message"):
        draft = await context.before("before_message", draft)
        if draft.channel != channel.id:
            channel = writable_channel(context, draft.channel)
    lowered = priority == "now" and draft.priority != "now"

    def work(tx: Transaction) -> SentMessage:
        seq = _enter(context, tx, channel)
        everybody = asks_everybody(draft.mentions, draft.ack_required, draft.reply_by)
        audience = address(context, channel, draft.mentions, everybody=everybody)
        added = add_strangers(context, tx, channel, audience) if auto_add_mentions else []
        message = _store(context, tx, channel, draft, audience, seq)
        bounce(context, tx, message, audience.retired)
        return SentMessage(
            id=message.id,
            channel=channel.id,
            timestamp=message.created_at,
            priority=draft.priority,
            priority_downgraded=lowered or None,
            original_priority="now" if lowered else None,
            reply_by=draft.reply_by,
            not_members=audience.strangers,
            added_members=added,
            retired=audience.retired,
        )

    return work


def named_in(context: Context, name: str, argument: str = "mentions") -> str:
    """Who is meant by a name that is given beside a text; ``all`` stands for everybody."""
    return "all" if name.lower() == "all" else find_agent(context, name, argument, retired=True).name


async def all_mentions(context: Context, given: list[str], content: str) -> list[str]:
    """Names given and names found in the text, each once; ``all`` stands for everybody."""
    named = dict.fromkeys(named_in(context, name) for name in given)
    found, everybody = await find_mentions_aside(content, context.team.directory)
    named.update(dict.fromkeys(found))
    if everybody:
        named["all"] = None
    return list(named)


def effective_priority(context: Context, channel: Channel, mentions: list[str], wanted: Priority | None) -> Priority:
    """The priority that a message gets: what is wanted, as far as its sender may, or what fits whom it is to."""
    if wanted == "now" and context.actor.access < Access.manager:
        return "next"
    if wanted is not None:
        return wanted
    if context.actor.access is Access.owner and context.actor.kind == "human":
        return "now"
    return "next" if channel.is_dm or mentions else "later"


def asks_everybody(mentions: list[str], ack_required: bool, reply_by: int | None) -> bool:
    """Whether a message asks something of everybody in its channel: an answer is asked of whom it names, if of any."""
    return ack_required or (reply_by is not None and not mentions)


def add_strangers(context: Context, tx: Transaction, channel: Channel, audience: Audience) -> list[str]:
    """Make members of those who are named without being any, and let them be called; whom that made a member."""
    if channel.is_dm or not audience.strangers:
        return []
    added = add_members(context, tx, channel.id, audience.strangers, seq=last_place(tx, channel.id))
    audience.mentioned += audience.strangers
    audience.strangers = []
    return added


def address(context: Context, channel: Channel, mentions: list[str], *, everybody: bool) -> Audience:
    """Sort the mentioned into members, strangers and retired, and add who is addressed anyway."""
    if not mentions and not channel.is_dm and not everybody:  # as most messages: no need to look at all members
        return Audience()
    directory, sender = context.team.directory, context.actor.name
    members = set(channel.sides) if channel.is_dm else directory.members(channel.id)
    active = {name for name in members if not _retired(directory, name)} - {sender}
    audience = Audience()
    for name in mentions:
        if name == "all":
            audience.mentioned += sorted(active.difference(audience.mentioned))
        elif _retired(directory, name):
            audience.retired.append(name)
        elif name in active:
            if name not in audience.mentioned:
                audience.mentioned.append(name)
        elif name != sender:
            audience.strangers.append(name)
    if channel.is_dm or everybody:
        audience.others = sorted(active.difference(audience.mentioned))
    return audience


def _retired(directory: Directory, name: str) -> bool:
    found = directory.who(name)
    return found is None or found.retired


def _enter(context: Context, tx: Transaction, channel: Channel) -> int:
    """The sequence number of a new message of the actor, whose own cursors are moved over it."""
    sender, now = context.actor.name, context.now()
    if channel.is_dm:
        ensure_dm(context, tx, channel.id)
    last = open_place(tx, channel.id)
    if last is None:
        raise Conflict(f"channel: #{channel.id} is archived; write somewhere else.", code="channel_archived")
    if not deliveries.pass_own(tx, sender, channel.id, last + 1, now):
        if channel.kind != "group":
            raise no_channel(channel.id)
        add_members(context, tx, channel.id, [sender], seq=last)  # who speaks wants to hear the answer
        deliveries.pass_own(tx, sender, channel.id, last + 1, now)
    return last + 1


def _store(context: Context, tx: Transaction, channel: Channel, draft: Draft, audience: Audience, seq: int) -> Message:
    thread = _thread(tx, channel, draft.reply_to)
    now = context.now()
    metadata = None if draft.metadata is None else json.dumps(draft.metadata, ensure_ascii=False)
    message_id = queries.insert(
        tx,
        channel.id,
        seq,
        context.actor.name,
        draft.content,
        json.dumps(draft.mentions, ensure_ascii=False),
        draft.reply_to,
        thread,
        metadata,
        draft.priority,
        draft.ack_required,
        draft.reply_by,
        bool(draft.files),
        now,
    )
    take_place(tx, channel.id, seq, now)
    note_answers(tx, channel, context.actor.name, thread, message_id, now)
    tokens = search.facets(channel.id, channel.kind, context.actor.name, bool(draft.files))
    search.index(tx, message_id, draft.content, tokens)
    files = attach(tx, draft.files, message_id, channel.id, context.actor.name) if draft.files else []
    message = Message(
        id=message_id,
        channel_id=channel.id,
        from_agent=context.actor.name,
        from_kind=context.actor.kind,
        content=draft.content,
        mentions=draft.mentions,
        reply_to=draft.reply_to,
        thread=thread,
        metadata=draft.metadata,
        priority=draft.priority,
        ack_required=draft.ack_required,
        reply_by=draft.reply_by,
        created_at=now,
        edited_at=None,
        deleted=False,
        reactions=[],
        files=files,
    )
    deliver(tx, message, audience)
    sent = MessageSent.of(message, addressed=[*audience.mentioned, *audience.others])
    context.emit(tx, sent, message_id, channel=channel.id)
    tx.on_commit(lambda: context.notify("message_sent", message=message))
    return message


def deliver(tx: Transaction, message: Message, audience: Audience) -> None:
    """Put a message before those it is addressed to. If some are named, the answer is asked of them alone."""
    thread = message.thread or message.id
    settled_at = message.created_at if message.from_agent == SYSTEM.name else None  # nobody can answer the server
    for names, mention in ((audience.mentioned, True), (audience.others, False)):
        if names:
            reply_by = message.reply_by if mention or not audience.mentioned else None
            deliveries.address(
                tx,
                message.id,
                message.channel_id,
                message.from_agent,
                thread,
                names,
                mention,
                message.ack_required,
                reply_by,
                settled_at,
            )


def _thread(tx: Transaction, channel: Channel, reply_to: int | None) -> int | None:
    """The message that began the thread of the message replied to."""
    if reply_to is None:
        return None
    parent = queries.message(tx, reply_to)
    if parent is None or parent["channel_id"] != channel.id:
        raise InvalidInput.at(
            "replyTo",
            f"no message {reply_to} in {channel.id}",
            detail=f"replyTo: there is no message {reply_to} in {channel.id}.",
        )
    thread: int = parent["thread"] or parent["id"]
    return thread


def bounce(context: Context, tx: Transaction, message: Message, names: list[str]) -> None:
    """Tell plugins, once it is committed, whom a message does not reach because they were retired."""
    for name in names:
        told = partial(context.notify, "message_undelivered", message=message, agent=name, reason=f"{name} was retired")
        tx.on_commit(told)
