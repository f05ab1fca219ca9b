"""What the server keeps of mail that comes, and the key that signs where it may go to."""

from __future__ import annotations

import base64
import secrets
from typing import Annotated

from pydantic import Field

from teammcp import Context, Line, Text, Transaction, Work, operation

from .. import inbound
from .. import reply_queries as queries
from ..models import Noted
from .addresses import PLUGIN

KEY = "reply-key"
Base64 = Annotated[Text, Field(max_length=4_000_000)]
Number = Annotated[int, Field(ge=0, lt=2**63)]
Mailbox = Annotated[Line, Field(min_length=1, max_length=400)]


@operation(internal=True, profile="notifications")
async def make_reply_key(context: Context) -> Work[Noted]:
    """Make the key that signs addresses of replies, unless there is one."""

    def work(tx: Transaction) -> Noted:
        kept = context.secrets(PLUGIN)
        if kept.get(tx, KEY) is None:
            kept.set(tx, KEY, secrets.token_urlsafe(32))
        return Noted(what="key")

    return work


@operation(internal=True, profile="notifications")
async def receive_email(
    context: Context, mailbox: Mailbox, validity: Number, uid: Number, raw: Base64 | None = None
) -> Work[Noted]:
    """Keep a mail, and that the mailbox was fetched so far, in one; without raw it was none for this team."""

    def work(tx: Transaction) -> Noted:
        if raw is not None:
            queries.receive(tx, inbound.key_of(base64.b64decode(raw)), raw, context.now())
        queries.set_place(tx, mailbox, validity, uid)
        return Noted(what="received")

    return work


@operation(internal=True, profile="notifications")
async def settle_email(context: Context, email_id: Number, refused: Line | None) -> Work[Noted]:
    """Note what became of a mail, and forget its words."""

    def work(tx: Transaction) -> Noted:
        queries.settle(tx, email_id, refused)
        return Noted(what="settled")

    return work
