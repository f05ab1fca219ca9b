"""What inbox contributes: its hook implementations."""

from __future__ import annotations

from typing import Any

from ...events import EventData
from ...members.directory import Agent
from ...operations import Context
from ...plugins.markers import hookimpl
from ...server.jobs import Job
from ...storage import Reader
from ...surfaces.resources import Resource
from ...web import Page
from .. import deliveries
from . import jobs
from .events import EVENT_KINDS
from .operations import arrivals, inbox, receipts, sender_notices, unanswered, waiting
from .pages import PAGES
from .resources import INBOX
from .settings import InboxSettings

NOTICE_CAP = 100
BADGE_CAP = 10_000


@hookimpl
def register_operations() -> list[Any]:
    return [
        inbox.get_inbox,
        inbox.ack_inbox,
        waiting.wait_for_messages,
        waiting.sync,
        receipts.get_receipt,
        arrivals.confirm_messages,
        arrivals.hold_messages,
        arrivals.note_arrival,
        arrivals.take_back,
        unanswered.list_unanswered,
        unanswered.settle_message,
        sender_notices.tell_sender,
        sender_notices.close_mailbox,
    ]


@hookimpl
def register_resources() -> list[Resource]:
    return [INBOX]


@hookimpl
def register_pages() -> list[Page]:
    return PAGES


@hookimpl
def register_event_kinds() -> tuple[type[EventData], ...]:
    return EVENT_KINDS


@hookimpl
def register_settings() -> type[InboxSettings]:
    return InboxSettings


@hookimpl
def register_jobs() -> list[Job]:
    return [Job("inbox.watch", jobs.watch, every=jobs.SECONDS, per_team=True)]


@hookimpl
async def agent_retired(context: Context, agent: Agent) -> None:
    await Context.inside(context.team).call(sender_notices.close_mailbox, name=agent.name)


@hookimpl
def notices(context: Context, reader: Reader) -> dict[str, int] | None:
    # An agent's mail waits until it is read; a person's until it was on the screen, as lists of channels have it.
    if context.actor.kind == "human":
        return dict(deliveries.count_waiting(reader, context.actor.name, "acked", context.now(), BADGE_CAP))
    return dict(deliveries.count_waiting(reader, context.actor.name, "read", context.now(), NOTICE_CAP))
