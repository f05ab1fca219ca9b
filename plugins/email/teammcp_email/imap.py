"""The mailbox that replies come to: watched by IMAP, and fetched mail by mail."""

from __future__ import annotations

import asyncio
import base64
import logging
import re
import time
from dataclasses import dataclass
from typing import Any

import aioimaplib

from teammcp import Context, Team

from . import replies
from . import reply_queries as queries
from .operations.addresses import PLUGIN, note
from .operations.replies import receive_email
from .settings import EmailSettings

LARGEST = 1_000_000
"""Bytes of a mail that is looked at; a larger one is passed over."""
TIMEOUT = 20.0
FIRST_WAIT, LONGEST_WAIT, WELL = 5.0, 300.0, 60.0
"""Seconds until it is tried again, at first and at most; and of watching after which it is as at first."""

log = logging.getLogger(__name__)
logging.getLogger("aioimaplib").setLevel(logging.WARNING)  # below that it logs what mails say


class MailboxRefused(Exception):
    """The server has refused a command; its text names which, and nothing secret."""


@dataclass
class _Place:
    """How far a mailbox was fetched."""

    mailbox: str
    validity: int
    uid: int


async def fetch(team: Team) -> None:
    """Fetch replies to members of a team as long as it is open; where that fails, again, later and later."""
    context = Context.inside(team)
    settings: EmailSettings = context.settings(PLUGIN)
    if not settings.imap_host:
        return
    wait = FIRST_WAIT
    while True:
        begun = time.monotonic()
        await replies.work_off(team)
        try:
            await _watch(context, settings)
        except (aioimaplib.AioImapException, MailboxRefused, OSError, TimeoutError) as error:
            said = str(error) if isinstance(error, MailboxRefused) else type(error).__name__
            await note(context, "fetched", said)
            log.warning("the replies of team %s cannot be fetched: %s", team.name, said)
            wait = FIRST_WAIT if time.monotonic() - begun > WELL else min(2 * wait, LONGEST_WAIT)
            await asyncio.sleep(wait)


async def _watch(context: Context, settings: EmailSettings) -> None:
    """Log in, and fetch what is there and what comes, until the connection ends."""
    client = _client(settings)
    try:
        await client.wait_hello_from_server()
        user, password = settings.imap_login or ("", "")
        _require(await client.login(_quoted(user), password), "LOGIN")
        selected = await client.select(_quoted(settings.imap_mailbox))
        _require(selected, "SELECT")
        place = await _place(context, settings, selected.lines)
        while True:
            await _fetch_new(context, client, place, settings)
            await note(context, "fetched", None)
            await _wait(client, settings)
    finally:
        if client.protocol.transport is not None:
            client.protocol.transport.close()


def _client(settings: EmailSettings) -> Any:
    if settings.imap_tls == "none":
        return aioimaplib.IMAP4(settings.imap_host, settings.imap_port or 143, timeout=TIMEOUT)
    return aioimaplib.IMAP4_SSL(
        settings.imap_host, settings.imap_port or 993, timeout=TIMEOUT, ssl_context=settings.tls_context()
    )


def _require(answer: Any, command: str) -> None:
    if answer.result != "OK":
        raise MailboxRefused(f"the server refuses {command}")


def _quoted(text: str) -> str:
    """A string as IMAP takes it; the library quotes passwords by itself."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _name(settings: EmailSettings) -> str:
    user = (settings.imap_login or ("", ""))[0]
    return f"{user}@{settings.imap_host}/{settings.imap_mailbox}"


async def _place(context: Context, settings: EmailSettings, lines: list[bytes]) -> _Place:
    """How far the mailbox was fetched; from its beginning where its numbers have changed."""
    said = b" ".join(bytes(line) for line in lines)
    found = re.search(rb"UIDVALIDITY (\d+)", said)
    if found is None:
        raise MailboxRefused("the server does not number its mail (UIDVALIDITY)")
    validity = int(found[1])
    row = await context.read(queries.place, _name(settings))
    if row is not None and row["validity"] == validity:
        return _Place(_name(settings), validity, row["uid"])
    place = _Place(_name(settings), validity, 0)
    following = re.search(rb"UIDNEXT (\d+)", said)
    if row is None and following is not None:  # what was there before the first look answers nothing
        place.uid = int(following[1]) - 1
        await context.call(receive_email, mailbox=place.mailbox, validity=validity, uid=place.uid)
    return place


async def _fetch_new(context: Context, client: Any, place: _Place, settings: EmailSettings) -> None:
    answer = await client.uid("fetch", f"{place.uid + 1}:*", "(UID RFC822.SIZE)")
    _require(answer, "FETCH")
    sizes: dict[int, int] = {}
    for line in answer.lines:
        number, size = re.search(rb"UID (\d+)", line), re.search(rb"RFC822.SIZE (\d+)", line)
        if number and size and int(number[1]) > place.uid:  # the last one answers to n:* even where it is below n
            sizes[int(number[1])] = int(size[1])
    for uid in sorted(sizes):
        raw = await _one(client, uid) if sizes[uid] <= LARGEST else None
        wanted = raw is not None and replies.is_for(context.team, raw, settings)
        await context.call(
            receive_email,
            mailbox=place.mailbox,
            validity=place.validity,
            uid=uid,
            raw=base64.b64encode(raw).decode() if raw is not None and wanted else None,
        )
        place.uid = uid
    if sizes:
        await replies.work_off(context.team)


async def _one(client: Any, uid: int) -> bytes | None:
    """One mail, left unread in its mailbox; None if it was deleted meanwhile."""
    answer = await client.uid("fetch", str(uid), "(UID BODY.PEEK[])")
    _require(answer, "FETCH")
    return next((bytes(each) for each in answer.lines if isinstance(each, bytearray)), None)


async def _wait(client: Any, settings: EmailSettings) -> None:
    """Until the server says that something came, or for as long as the mailbox may stay unlooked at."""
    if not client.has_capability("IDLE"):
        await asyncio.sleep(settings.imap_poll_seconds)
        return
    idle = await client.idle_start(timeout=settings.imap_poll_seconds)
    await client.wait_server_push(timeout=settings.imap_poll_seconds + TIMEOUT)
    client.idle_done()
    async with asyncio.timeout(TIMEOUT):
        await idle
