"""What a mail that came is: an answer of somebody, or why it is none."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import getaddresses

from .reply_addresses import Signed, read
from .reply_text import own_words

LARGEST_TEXT = 200_000


class NoAnswer(Exception):
    """A mail that becomes no message; its text says why, and holds no word of the mail."""


@dataclass(frozen=True)
class Answer:
    """What a mail says, before it is known whether its sender may say it."""

    sender: str
    signed: Signed
    text: str
    has_files: bool


def key_of(raw: bytes) -> str:
    """The same for the same mail, wherever and however often it is fetched."""
    headers = raw.split(b"\r\n\r\n", 1)[0]
    found = re.search(rb"(?im)^message-id:\s*(<[^>\r\n]{1,500}>)", headers)
    return hashlib.sha256(found[1] if found else raw).hexdigest()


def signed_in(raw: bytes, base: str) -> Signed | None:
    """The signed address that a mail went to; None if it went to none that can be read."""
    try:
        with _readable():
            return _signed(_parsed(raw), base)
    except NoAnswer:
        return None


def answer(raw: bytes, base: str, authserv: str) -> Answer:
    """What a mail answers.

    Args:
        raw: the mail.
        base: the address without what is signed.
        authserv: the name by which the own server signs what it has checked; empty: that is not looked at.

    Raises:
        NoAnswer: it is none.
    """
    with _readable():
        return _answer(_parsed(raw), base, authserv)


def _answer(mail: EmailMessage, base: str, authserv: str) -> Answer:
    signed = _signed(mail, base)
    if signed is None:
        raise NoAnswer("it went to no signed address")
    _require_by_hand(mail)
    senders = [address for _, address in getaddresses([str(each) for each in mail.get_all("From", [])]) if address]
    if len(senders) != 1:
        raise NoAnswer("it names not one sender")
    if authserv:
        _require_checked(mail, authserv, senders[0])
    body = mail.get_body(("plain", "html"))
    if body is None:
        raise NoAnswer("it holds no text")
    try:
        text = str(body.get_content())[:LARGEST_TEXT]
    except (LookupError, ValueError):
        raise NoAnswer("its text cannot be read") from None
    if body.get_content_type() == "text/html":
        raise NoAnswer("it holds no plain text")
    words = own_words(text)
    if not words:
        raise NoAnswer("it says nothing of its own")
    return Answer(senders[0], signed, words, any(True for _ in mail.iter_attachments()))


@contextmanager
def _readable() -> Iterator[None]:
    """What Python's reading of headers raises where they are malformed: anybody can send such a mail.

    Raises:
        NoAnswer: in place of that.
    """
    try:
        yield
    except (AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        raise NoAnswer(f"it cannot be read ({type(error).__name__})") from None


def _parsed(raw: bytes) -> EmailMessage:
    mail = message_from_bytes(raw, policy=policy.default)
    if not isinstance(mail, EmailMessage):
        raise NoAnswer("it is no mail")
    return mail


def _signed(mail: EmailMessage, base: str) -> Signed | None:
    headers = ("To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To")
    named = [str(each) for header in headers for each in mail.get_all(header, [])]
    found = (read(base, address) for _, address in getaddresses(named))
    return next((each for each in found if each is not None), None)


def _require_by_hand(mail: EmailMessage) -> None:
    """Refuse what a program has sent: an answer to that would go round and round."""
    if str(mail.get("Auto-Submitted", "no")).split(";")[0].strip().lower() != "no":
        raise NoAnswer("a program has sent it (Auto-Submitted)")
    if str(mail.get("Precedence", "")).strip().lower() in ("bulk", "junk", "list", "auto_reply"):
        raise NoAnswer("a program has sent it (Precedence)")
    if str(mail.get("Return-Path", "")).strip() == "<>" or mail.get_content_type() == "multipart/report":
        raise NoAnswer("it is a report of mail that did not arrive")
    if any(mail.get(name) is not None for name in ("X-Autoreply", "X-Autorespond", "List-Id")):
        raise NoAnswer("a program has sent it")


def _require_checked(mail: EmailMessage, authserv: str, sender: str) -> None:
    """Only the first of those headers counts: the own server's is on top; the sender may have written others."""
    results = [str(each) for each in mail.get_all("Authentication-Results", [])]
    if not results or results[0].split(";")[0].split()[:1] != [authserv]:
        raise NoAnswer("the own server has not checked its sender")
    domain = re.escape(sender.rpartition("@")[2].lower())
    passed = rf"\bdmarc=pass\b[^;]*\bheader\.from=(?:[^\s;@]*@)?{domain}(?=[\s;]|$)"
    if not re.search(passed, results[0].lower()):
        raise NoAnswer("its sender is not who it says (DMARC)")
