"""A reply by mail answers the message, once, as whom the mail went to; nobody else's does."""

from __future__ import annotations

import asyncio
import base64
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from teammcp_email import inbound, replies
from teammcp_email.operations.replies import receive_email
from teammcp_email.reply_addresses import Signer, read
from teammcp_email.reply_text import own_words

from teammcp import Context
from teammcp.config import Settings
from teammcp.testing import Member, MovedClock, TestTeam, serve
from tests.notification_kit import say, work

from .imapkit import Imap, reply
from .mailkit import Mailbox, Smtp, certificate, server_context

BASE = {"host": "127.0.0.1", "tls": "none", "sender": "team@example.com"}
IMAP = {"imap_host": "127.0.0.1", "imap_tls": "none", "imap_user": "team", "imap_password": "x"}


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def smtp(mailbox: Mailbox) -> Iterator[Smtp]:
    server = Smtp(mailbox)
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def imap() -> AsyncIterator[Imap]:
    async with Imap() as server:
        yield server


@pytest.fixture
async def team(settings: Settings, clock: MovedClock, smtp: Smtp, imap: Imap) -> AsyncIterator[TestTeam]:
    settings.plugins["email"] = {**BASE, **IMAP, "port": smtp.port, "imap_port": imap.port}
    async with serve(settings, clock) as app:
        team = TestTeam(app, app.server, "default")
        await team.register_owner()
        yield team
        await team.close()


@pytest.fixture
async def bob(team: TestTeam, mailbox: Mailbox) -> Member:
    return await reached(team, mailbox)


async def reached(team: TestTeam, mailbox: Mailbox) -> Member:
    bob = await team.agent("bob")
    await bob.call("request_email_address", address="bob@example.com")
    await bob.call("confirm_email_address", code=mailbox.code())
    await say(team.owner, "how is it?", "dm:bob")
    await work(team)
    assert mailbox.came[-1]["Reply-To"] is not None
    return bob


async def told(member: Member, count: int) -> list[Any]:
    """What stands in the direct messages with bob, once there are so many."""
    async with asyncio.timeout(10):
        while True:
            found: list[Any] = (await member.call("get_history", channel="dm:bob")).messages
            if len(found) >= count:
                return found
            await asyncio.sleep(0.02)


async def refused(team: TestTeam, count: int = 1) -> list[str]:
    async with asyncio.timeout(10):
        while True:
            found = [each.refused for each in (await team.owner.call("get_email_status")).refusals]
            if len(found) >= count:
                return found
            await asyncio.sleep(0.02)


async def test_a_reply_answers_the_message_once(
    team: TestTeam, bob: Member, mailbox: Mailbox, imap: Imap, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    mail = reply(mailbox.came[-1], "all is well\nreally")
    await imap.put(mail)
    await imap.put(mail)
    await imap.put(reply(mailbox.came[-1], "and more"))
    found = await told(team.owner, 3)
    assert [(each.from_agent, each.content) for each in found] == [
        ("owner", "how is it?"),
        ("bob", "all is well\nreally"),
        ("bob", "and more"),
    ]
    assert found[1].reply_to == found[0].id
    assert found[1].metadata == {"source": "email"}
    assert "x" in imap.logins[0]
    assert "all is well" not in "".join(record.getMessage() for record in caplog.records)


async def test_a_mailbox_that_is_numbered_anew_and_cannot_wait_doubles_nothing(
    settings: Settings, clock: MovedClock, mailbox: Mailbox, smtp: Smtp, imap: Imap
) -> None:
    settings.plugins["email"] = {**BASE, **IMAP, "port": smtp.port, "imap_port": imap.port, "imap_poll_seconds": 1}
    imap.idle = False
    for words in ("first", "second"):
        async with serve(settings, clock) as app:
            team = TestTeam(app, app.server, "default")
            if words == "first":
                await team.register_owner()
                owner_key = team.owner.key
                await reached(team, mailbox)
            owner = team.member("owner", owner_key)
            await imap.put(reply(mailbox.came[-1], words))
            found = await told(owner, 2 if words == "first" else 3)
            imap.validity += 1
            await team.close()
    assert [each.content for each in found] == ["how is it?", "first", "second"]


@pytest.mark.parametrize(
    ("sender", "headers", "why"),
    [
        ("eve@example.com", {}, "not the one"),
        ("bob@example.com", {"Auto_Submitted": "auto-replied"}, "a program"),
        ("bob@example.com", {"Precedence": "bulk"}, "a program"),
        ("bob@example.com", {"Return_Path": "<>"}, "did not arrive"),
        ("bob@example.com", {"From": "bob@example.com, eve@example.com"}, "not one sender"),
    ],
)
async def test_a_foreign_or_automatic_mail_becomes_no_message(
    team: TestTeam,
    bob: Member,
    mailbox: Mailbox,
    imap: Imap,
    sender: str,
    headers: dict[str, str],
    why: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await imap.put(reply(mailbox.came[-1], "forgery", sender, **headers))
    [said] = await refused(team)
    assert why in said
    assert "forgery" not in said + caplog.text
    assert len(await told(team.owner, 1)) == 1
    await team.owner.log_in()
    assert "Replies that became no message" in (await team.owner.http.get("/email")).text


async def test_an_address_that_is_altered_too_old_or_given_up_is_refused(
    team: TestTeam, bob: Member, mailbox: Mailbox, imap: Imap, clock: MovedClock
) -> None:
    mail = mailbox.came[-1]
    await imap.put(reply(mail, "another message", To=str(mail["Reply-To"]).replace("+aaaaaaaa", "+aaaaaaab")))
    assert "not the one" in (await refused(team))[0]
    clock.advance(days=32)
    await imap.put(reply(mail, "late"))
    assert "expired" in (await refused(team, 2))[0]
    await say(team.owner, "still there?", "dm:bob")
    await work(team)
    await bob.call("remove_notification_address", notifier="email")
    await imap.put(reply(mailbox.came[-1], "gone"))
    assert "given that address up" in (await refused(team, 3))[0]
    assert [each.from_agent for each in await told(team.owner, 2)] == ["owner", "owner"]


async def test_what_is_cut_off_between_sending_and_noting_comes_once(
    team: TestTeam, bob: Member, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = base64.b64encode(reply(mailbox.came[-1], "once").as_bytes()).decode()
    context = Context.inside(team.team)
    await context.call(receive_email, mailbox="m", validity=1, uid=1, raw=raw)
    posted = replies._post

    async def killed(*arguments: Any) -> None:
        await posted(*arguments)
        raise ConnectionAbortedError

    with monkeypatch.context() as patch:
        patch.setattr(replies, "_post", killed)
        with pytest.raises(ConnectionAbortedError):
            await replies.work_off(team.team)
    await replies.work_off(team.team)
    await replies.work_off(team.team)
    assert [each.content for each in await told(team.owner, 2)] == ["how is it?", "once"]


@pytest.mark.parametrize(("verdict", "comes"), [("dmarc=pass", True), ("dmarc=fail", False), (None, False)])
async def test_the_verdict_of_the_own_server_counts_where_it_is_named(
    settings: Settings, clock: MovedClock, mailbox: Mailbox, smtp: Smtp, imap: Imap, verdict: str | None, comes: bool
) -> None:
    more = {"port": smtp.port, "imap_port": imap.port, "imap_authserv": "mx.example.com"}
    settings.plugins["email"] = {**BASE, **IMAP, **more}
    async with serve(settings, clock) as app:
        team = TestTeam(app, app.server, "default")
        await team.register_owner()
        await reached(team, mailbox)
        headers = {}
        if verdict:
            headers["Authentication_Results"] = f"mx.example.com; {verdict} header.from=example.com"
        await imap.put(reply(mailbox.came[-1], "yes", **headers))
        if comes:
            assert (await told(team.owner, 2))[1].content == "yes"
        else:
            assert await refused(team)
        await team.close()


async def test_replies_are_fetched_over_tls(
    settings: Settings, clock: MovedClock, mailbox: Mailbox, smtp: Smtp, tmp_path: Path
) -> None:
    path = certificate(tmp_path)
    async with Imap(server_context(path)) as imap:
        imap.mails.append(b"From: ann@example.com\r\n\r\nfrom before")
        more = {"port": smtp.port, "imap_port": imap.port, "imap_tls": "implicit", "ca_file": str(path)}
        settings.plugins["email"] = {**BASE, **IMAP, **more}
        async with serve(settings, clock) as app:
            team = TestTeam(app, app.server, "default")
            await team.register_owner()
            await reached(team, mailbox)
            await imap.put(reply(mailbox.came[-1], "safe"))
            assert (await told(team.owner, 2))[1].content == "safe"
            assert imap.fetched == [2]
            await team.close()


@given(st.integers(1, 2**48 - 1), st.text(max_size=20), st.integers(0, 2**24 - 1), st.binary(min_size=8, max_size=40))
def test_a_signed_address_holds_for_whom_it_was_given_to_alone(number: int, name: str, day: int, key: bytes) -> None:
    sign = Signer(key, "t")
    address = sign.address("team@example.com", number, name, "a@b.c", day)
    assert len(address.partition("@")[0]) <= 64
    signed = read("team@example.com", address.upper())
    assert signed is not None
    assert (signed.message_id, signed.last_day) == (number, day)
    assert sign.holds(signed, name, "A@b.c")
    assert not sign.holds(signed, f"{name}x", "a@b.c")
    assert not sign.holds(signed, name, "x@b.c")
    assert not Signer(key, "u").holds(signed, name, "a@b.c")
    assert not Signer(key + b"x", "t").holds(signed, name, "a@b.c")


@given(st.text(max_size=80))
def test_what_is_no_signed_address_is_none(text: str) -> None:
    assert read("team@example.com", f"team+{text}@example.org") is None
    assert read("team@example.com", f"team@example.com{text}") is None


WORDS = st.lists(st.from_regex(r"[a-z]{1,8}( [a-z]{1,8}){0,4}", fullmatch=True), min_size=1, max_size=5)


@given(WORDS, WORDS)
def test_a_reply_is_cut_to_its_own_words(own: list[str], quoted: list[str]) -> None:
    said, quote = "\n".join(own), "\n".join(f"> {line}" for line in quoted)
    below = "\n".join(quoted)
    for mail in (
        said,
        f"{said}\n\nOn 1 Dec 2026, Ann wrote:\n{quote}\n",
        f"{said}\n\nOn Mon, 1 Dec 2026 at 12:00 Ann\n<ann@example.com> wrote:\n\n{quote}",
        f"On 1 Dec 2026, Ann wrote:\n{quote}\n\n{said}\n-- \nBob",
        f"{said}\r\n\r\n-----Original Message-----\r\nFrom: Ann\r\n{below}",
        f"{said}\n\nFrom: Ann <a@b.c>\nSent: Monday\nTo: Bob\n\n{below}",
        f"{said}\n\n在 2026年12月1日，Ann 写道：\n{quote}",
        f"{said}\n\n2026年12月1日 12:00，Ann <a@b.c> 写道：\n{below}",
        f"{said}\n\nSent from my iPhone\n\n{quote}",
    ):
        assert own_words(mail) == said


@given(st.text())
def test_any_text_can_be_cut(text: str) -> None:
    assert not any(line.startswith(">") for line in own_words(text).splitlines())


HEADERS = ["From", "To", "Cc", "Content-Type", "Content-Transfer-Encoding", "Message-ID", "Return-Path", "Precedence"]
PIECES = [
    "=?utf-8?q?",
    "?=",
    "<",
    ">",
    "(",
    '"',
    "@",
    "[",
    ";",
    ":",
    ",",
    "\\",
    "a",
    "b@c",
    "\x00",
    "\r\n ",
    "<@a:b@c>",
    '""@x',
]
MALFORMED = st.lists(
    st.tuples(st.sampled_from(HEADERS), st.lists(st.sampled_from(PIECES), max_size=8).map("".join)).map(": ".join),
    max_size=5,
)


@settings(max_examples=500)
@given(MALFORMED, st.sampled_from(["utf-8", "idna", "rot13", "base64", "x"]))
@example(["To: [b@c=?x?q?=41?="], "utf-8")
@example(["Return-Path: >(]>"], "utf-8")
def test_a_mail_that_is_malformed_is_none_and_breaks_nothing(headers: list[str], charset: str) -> None:
    address = Signer(b"k", "t").address("team@example.com", 7, "ann", "ann@example.com", 9)
    more = ["From: ann@example.com", f"To: {address}", f"Content-Type: text/plain; charset={charset}"]
    for written in (headers, [*headers, *more]):
        raw = "\r\n".join([*written, "", "hello"]).encode()
        inbound.signed_in(raw, "team@example.com")
        with suppress(inbound.NoAnswer):
            inbound.answer(raw, "team@example.com", "")
