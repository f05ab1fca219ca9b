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
from .events import EVENT_KINDS
from .operations import arrivals as arriving
from .operations import inbox as operations
from .operations import sender_notices as watching
from .operations import unanswered
from .operations.sender_notices import close_mailbox
from .pages import inbox as pages
from .resources import INBOX
from .settings import InboxSettings

NOTICE_CAP = 100
BADGE_CAP = 10_000


@hookimpl
def register_operations() -> list[Any]:
    return [
        operations.get_inbox,
        operations.ack_inbox,
        operations.wait_for_messages,
        operations.sync,
        operations.get_receipt,
        arriving.confirm_messages,
        arriving.hold_messages,
        arriving.note_arrival,
        arriving.take_back,
        unanswered.list_unanswered,
        unanswered.settle_message,
        watching.tell_sender,
        watching.close_mailbox,
    ]


@hookimpl
def register_resources() -> list[Resource]:
    return [INBOX]


@hookimpl
def register_pages() -> list[Page]:
    return pages.PAGES


@hookimpl
def register_event_kinds() -> tuple[type[EventData], ...]:
    return EVENT_KINDS


@hookimpl
def register_settings() -> type[InboxSettings]:
    return InboxSettings


@hookimpl
def register_jobs() -> list[Job]:
    return [Job("inbox.watch", watching.watch, every=watching.SECONDS, per_team=True)]


@hookimpl
async def agent_retired(context: Context, agent: Agent) -> None:
    await Context.inside(context.team).call(close_mailbox, name=agent.name)


@hookimpl
def notices(context: Context, reader: Reader) -> dict[str, int] | None:
    # An agent's mail waits until it is read; a person's until it was on the screen, as lists of channels have it.
    if context.actor.kind == "human":
        return dict(deliveries.count_waiting(reader, context.actor.name, "acked", context.now(), BADGE_CAP))
    return dict(deliveries.count_waiting(reader, context.actor.name, "read", context.now(), NOTICE_CAP))
