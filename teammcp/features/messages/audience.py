"""Whom a message is meant for: who is named in it, who is addressed anyway, and how urgently."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

from ...members.directory import Access, Channel, Directory
from ...operations import Context
from ...storage import Transaction
from ..channels import (
    add_members,
    find_agent,
    last_place,
)
from .mentions import find_mentions_aside
from .models import Absent, Message, Priority


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


def effective_priority(
    context: Context, channel: Channel, mentions: list[str], wanted: Priority | None, *, everybody: bool = False
) -> Priority:
    """The priority that a message gets: what is wanted, as far as its sender may, or what fits whom it is to."""
    if wanted == "now" and context.actor.access < Access.manager:
        return "next"
    if wanted is not None:
        return wanted
    if context.actor.access is Access.owner and context.actor.kind == "human":
        return "now"
    return "next" if channel.is_dm or mentions or everybody else "later"


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


def absent(context: Context, channel: Channel, mentions: list[str], audience: Audience) -> list[Absent]:
    """Who of those that are meant by name is not here now. Of everybody there are always some who are not."""
    named = audience.mentioned if channel.is_dm else [name for name in audience.mentioned if name in mentions]
    meant = [*named, *(audience.others if channel.is_dm else [])]
    found = {name: context.team.presence.status_of(name) for name in meant}
    return [
        Absent(agent=name, status="dead" if each.status == "dead" else "away", reason=str(each.reason))
        for name, each in found.items()
        if not each.here
    ]


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


def bounce(context: Context, tx: Transaction, message: Message, names: list[str]) -> None:
    """Tell plugins, once it is committed, whom a message does not reach because they were retired."""
    for name in names:
        told = partial(context.notify, "message_undelivered", message=message, agent=name, reason=f"{name} was retired")
        tx.on_commit(told)
