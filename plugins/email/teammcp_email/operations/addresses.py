"""Giving an address and confirming it by a code; how e-mail stands."""

from __future__ import annotations

import hashlib
import secrets
from typing import Annotated

from pydantic import Field

from teammcp import (
    AgentName,
    Conflict,
    Context,
    InvalidInput,
    Line,
    Reader,
    Refused,
    Transaction,
    Undeliverable,
    Work,
    operation,
)
from teammcp.web import gettext, speaking

from .. import queries, reply_queries, smtp
from ..mail import Envelope, Letter, compose
from ..mail import Line as MailLine
from ..mail_addresses import checked
from ..models import CodeChecked, CodeKept, CodeSent, EmailAddress, EmailRefusal, EmailStatus, EmailStep, Noted
from ..settings import EmailSettings

NOTIFIER = "email"
PLUGIN = "email"
MINUTE = 60_000
CODE_MINUTES = 30
MOST_TRIES = 5
REFUSALS = 20
MOST_CODES = 5
"""Codes that are sent for one member in an hour, wherever to: nobody is to be bothered with more."""

EmailAddressText = Annotated[Line, Field(min_length=3, max_length=254)]
Code = Annotated[Line, Field(min_length=1, max_length=20)]
What = Annotated[Line, Field(min_length=1, max_length=20)]


@operation("GET /api/email/address", profile="notifications", read_only=True, tool=False)
async def get_email_address(context: Context) -> EmailAddress:
    """Say where you get mail, and which address waits for its code."""
    waiting = await context.read(queries.newest_code, context.actor.name)
    ways = (await context.call("get_notifiers")).root
    own = [each.address for way in ways if way.name == NOTIFIER for each in way.addresses]
    fresh = waiting is not None and waiting["sent_at"] + CODE_MINUTES * MINUTE > context.now()
    return EmailAddress(
        confirmed=own[0] if own else None, waiting=waiting["address"] if waiting is not None and fresh else None
    )


@operation("POST /api/email/address", profile="notifications", tool=False)
async def request_email_address(context: Context, address: EmailAddressText) -> CodeSent:
    """Have a code sent to an address of yours, to be told of things there. Go on with confirm_email_address."""
    settings = _settings(context)
    try:
        kept = checked(address)
    except ValueError as error:
        raise InvalidInput.at("address", str(error)) from None
    code = f"{secrets.randbelow(10**8):08}"
    inside = Context.inside(context.team)
    until = await inside.call(keep_email_code, agent=context.actor.name, address=kept, digest=_digest(context, code))
    habits = await context.call("get_notification_preferences")
    with speaking(context.server, habits.language):
        letter = _code_letter(context, code, habits.language)
    envelope = Envelope(
        to=kept, number=secrets.token_hex(8), place=context.team.name, conversation="", at=context.now(), stop=""
    )
    try:
        await smtp.send(settings, compose(settings, letter, envelope), kept)
    except Undeliverable as refused:
        raise InvalidInput.at("address", f"{refused}. Give another one.") from None
    except Exception as error:  # noqa: BLE001 - whatever keeps mail from being sent; its text may hold a secret
        await note(context, "sent", type(error).__name__)
        raise Refused(
            f"The mail with the code could not be sent ({type(error).__name__}). Try again later, or ask a manager to "
            "look at the page E-mail.",
            code="email_not_sent",
        ) from None
    await note(context, "sent", None)
    return CodeSent(address=kept, expires_at=until.expires_at)


def _code_letter(context: Context, code: str, language: str) -> Letter:
    url = f"{context.server.settings.public_url}/email"
    words = gettext(
        "The code is %(code)s. Type it on the page E-mail within %(minutes)s minutes.", code=code, minutes=CODE_MINUTES
    )
    return Letter(
        subject=gettext("%(team)s: confirm your address", team=context.team.name),
        lines=[MailLine("", words, url)],
        more="",
        url=url,
        link=gettext("Confirm"),
        footer=gettext("%(name)s has given this address. If that was not you, do nothing.", name=context.actor.name),
        language=language,
    )


@operation(internal=True, profile="notifications")
async def keep_email_code(
    context: Context, agent: AgentName, address: EmailAddressText, digest: Line
) -> Work[CodeKept]:
    """Keep a code before it is sent, unless too many were sent already."""

    def work(tx: Transaction) -> CodeKept:
        now = context.now()
        queries.forget_codes(tx, now - 24 * 60 * MINUTE)
        if queries.codes_since(tx, agent, now - 60 * MINUTE) >= MOST_CODES:
            raise Conflict(
                f"address: {MOST_CODES} codes were sent within an hour. Look into that mailbox, also among unwanted "
                "mail, or wait an hour.",
                code="too_many_codes",
            )
        queries.add_code(tx, agent, address, digest, now)
        return CodeKept(expires_at=now + CODE_MINUTES * MINUTE)

    return work


@operation("POST /api/email/confirm", profile="notifications", tool=False)
async def confirm_email_address(context: Context, code: Code) -> EmailAddress:
    """Confirm an address by the code that was sent to it. From then on you are told of things there."""
    _settings(context)
    inside = Context.inside(context.team)
    digest = _digest(context, "".join(code.split()))
    found = await inside.call(check_email_code, agent=context.actor.name, digest=digest)
    if found.address is None:
        raise InvalidInput.at(
            "code", f"it is not the newest one, or is too old, or was tried {MOST_TRIES} times. Ask for another"
        )
    await context.call("set_notification_address", notifier=NOTIFIER, address=found.address)
    return EmailAddress(confirmed=found.address, waiting=None)


@operation(internal=True, profile="notifications")
async def check_email_code(context: Context, agent: AgentName, digest: Line) -> Work[CodeChecked]:
    """Compare a code with the one that was sent. A wrong one counts as a try."""

    def work(tx: Transaction) -> CodeChecked:
        row = queries.newest_code(tx, agent)
        if row is None or row["tries"] >= MOST_TRIES or row["sent_at"] + CODE_MINUTES * MINUTE <= context.now():
            return CodeChecked(address=None)
        if not secrets.compare_digest(row["digest"], digest):
            queries.count_try(tx, row["id"])
            return CodeChecked(address=None)
        queries.confirm(tx, agent, row["address"], context.now())
        return CodeChecked(address=row["address"])

    return work


@operation("GET /api/email/status", access="manager", profile="notifications", read_only=True, tool=False)
async def get_email_status(context: Context) -> EmailStatus:
    """Say when mail was last sent and fetched, what went wrong since, and which replies became no message."""
    settings: EmailSettings = context.settings(PLUGIN)
    rows = await context.read(queries.status)
    steps = [EmailStep(**dict(rows[what])) for what in sorted(rows)]
    refused = [EmailRefusal(**dict(row)) for row in await context.read(reply_queries.refusals, REFUSALS)]
    return EmailStatus(host=settings.host, sender=settings.sender, steps=steps, refusals=refused)


@operation(internal=True, profile="notifications")
async def note_email(context: Context, what: What, error: Line | None) -> Work[Noted]:
    """Note that something the server does with mail went well, or why not."""

    def work(tx: Transaction) -> Noted:
        if error is None:
            queries.note_done(tx, what, context.now())
        else:
            queries.note_failed(tx, what, context.now(), error)
        return Noted(what=what)

    return work


async def note(context: Context, what: str, error: str | None) -> None:
    """Note how something went; ``error`` holds no secret."""
    await Context.inside(context.team).call(note_email, what=what, error=error)


def require_confirmed(context: Context, reader: Reader, address: str) -> None:
    """Refuse an address that the actor has not confirmed.

    Raises:
        Conflict: it has not.
    """
    if not queries.is_confirmed(reader, context.actor.name, address):
        raise Conflict(
            "address: it is not confirmed yet. Call request_email_address, then confirm_email_address with the code "
            "that comes; or use the page E-mail.",
            code="address_not_confirmed",
        )


def _settings(context: Context) -> EmailSettings:
    settings: EmailSettings = context.settings(PLUGIN)
    if not settings.host:
        raise Refused(
            "This server sends no mail: [plugins.email] names no host in its settings.", code="email_not_set_up"
        )
    return settings


def _digest(context: Context, code: str) -> str:
    bound = "\0".join(("teammcp email code", context.team.name, context.actor.name, code))
    return hashlib.sha256(bound.encode()).hexdigest()
