"""What a mail looks like: its headers, its text, the same as HTML."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from .settings import EmailSettings


@dataclass(frozen=True)
class Line:
    """One thing that a mail tells of.

    Attributes:
        who: its sender and place, such as ``ann in general``; empty for a line of the server.
        words: what it says, as plain text.
        url: the page that shows it as it is by then.
    """

    who: str
    words: str
    url: str


@dataclass(frozen=True)
class Letter:
    """What one mail says, in the words of its reader's language.

    Attributes:
        subject: one line.
        lines: what it tells of; ``more`` in place of them where there are too many.
        more: how much there is of each kind, as lines; empty where ``lines`` says all.
        url, link: the page that shows how things stand, and its words.
        footer: why one gets this.
    """

    subject: str
    lines: Sequence[Line]
    more: str
    url: str
    link: str
    footer: str
    language: str


@dataclass(frozen=True)
class Envelope:
    """Headers that tell which mail it is.

    Attributes:
        number: the same at each attempt, within ``place``.
        conversation: what its mails have in common, such as a channel; empty for a mail of none.
        at: when it is sent, UTC milliseconds.
        reply_to: where a reply goes; empty: nowhere.
        stop: the page where one says what one is told of.
    """

    to: str
    number: str
    place: str
    conversation: str
    at: int
    stop: str
    reply_to: str = ""


def compose(settings: EmailSettings, letter: Letter, envelope: Envelope) -> EmailMessage:
    """The mail, as text and HTML. Nothing in it is fetched from anywhere."""
    domain = settings.sender.rpartition("@")[2]
    message = EmailMessage()
    message["From"] = Address(settings.sender_name, addr_spec=settings.sender)
    message["To"] = Address(addr_spec=envelope.to)
    message["Subject"] = one_line(letter.subject)
    message["Date"] = format_datetime(datetime.fromtimestamp(envelope.at / 1000, UTC))
    message["Message-ID"] = f"<{_short(envelope.place, envelope.number)}.n@{domain}>"
    if envelope.conversation:
        root = f"<{_short(envelope.place, envelope.to, envelope.conversation)}.c@{domain}>"
        message["In-Reply-To"] = root
        message["References"] = root
    if envelope.reply_to:
        message["Reply-To"] = Address(settings.sender_name, addr_spec=envelope.reply_to)
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    if envelope.stop:
        message["List-Unsubscribe"] = f"<{envelope.stop}>"
    message.set_content(_environment().get_template("mail.txt").render(letter=letter))
    message.add_alternative(_environment().get_template("mail.html").render(letter=letter), subtype="html")
    return message


def one_line(text: str) -> str:
    """``text`` as the value of a header: no line break, no control character, and of a bearable length."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())[:200]


def _short(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("teammcp_email", "mails"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
