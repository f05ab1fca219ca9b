"""The inbox: what waits for a member, and how far a message got with its readers."""

from __future__ import annotations

from typing import Any

from ...hookspecs import hookimpl
from ...operations import Context
from ...resources import Resource
from ...storage import Reader
from ...web import Page
from . import operations, pages, queries
from .offering import anything_new, hand_over
from .resources import INBOX

__all__ = ["anything_new", "hand_over"]

EVENT_KINDS = {"inbox.acked": "a member acknowledged what it has read"}
NOTICE_CAP = 100


@hookimpl
def register_operations() -> list[Any]:
    return [
        operations.get_inbox,
        operations.ack_inbox,
        operations.wait_for_messages,
        operations.sync,
        operations.get_receipt,
    ]


@hookimpl
def register_resources() -> list[Resource]:
    return [INBOX]


@hookimpl
def register_pages() -> list[Page]:
    return pages.PAGES


@hookimpl
def register_event_kinds() -> dict[str, str]:
    return EVENT_KINDS


@hookimpl
def notices(context: Context, reader: Reader) -> dict[str, int] | None:
    row = queries.waiting(reader, context.actor.name, NOTICE_CAP)
    return {key: row[key] for key in ("mentions", "dms") if row[key]} or None
