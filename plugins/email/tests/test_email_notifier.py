"""Mail goes to confirmed addresses alone, says what it has to, and what became of it is told as it was."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from teammcp_email.mail import Envelope, Letter, Line, compose
from teammcp_email.mail_addresses import checked
from teammcp_email.settings import EmailSettings

from teammcp.config import Settings
from teammcp.errors import Conflict, InvalidInput
from teammcp.testing import Member, MovedClock, TestTeam, serve
from tests.notification_kit import errors, listed, outcomes, say, work

from .mailkit import PASSWORD, Mailbox, Smtp, certificate, server_context, text

BASE = {"host": "127.0.0.1", "tls": "none", "sender": "team@example.com"}


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
async def team(settings: Settings, clock: MovedClock, smtp: Smtp) -> AsyncIterator[TestTeam]:
    settings.plugins["email"] = {**BASE, "port": smtp.port}
    async with serve(settings, clock) as app:
        team = TestTeam(app, app.server, "default")
        await team.register_owner()
        yield team
        await team.close()


async def reached(team: TestTeam, mailbox: Mailbox, name: str = "bob", address: str = "bob@example.com") -> Member:
    member = await team.agent(name)
    await member.call("request_email_address", address=address)
    await member.call("confirm_email_address", code=mailbox.code())
    mailbox.came.clear()
    mailbox.to.clear()
    return member


async def test_nothing_goes_to_an_address_before_its_code_was_typed(team: TestTeam, mailbox: Mailbox) -> None:
    bob = await team.agent("bob")
    with pytest.raises(Conflict, match="not confirmed"):
        await bob.call("set_notification_address", notifier="email", address="bob@example.com")
    await bob.call("request_email_address", address=" bob@EXAMPLE.com ")
    assert mailbox.to == ["bob@example.com"]
    await say(team.owner, "secret", "dm:bob")
    await work(team)
    assert len(mailbox.came) == 1
    assert (await bob.call("get_email_address")).waiting == "bob@example.com"
    code = mailbox.code()
    with pytest.raises(InvalidInput, match="newest"):
        await (await team.agent("eve")).call("confirm_email_address", code=code)
    assert (await bob.call("confirm_email_address", code=code)).confirmed == "bob@example.com"
    await say(team.owner, "hello", "dm:bob")
    await work(team)
    assert "hello" in text(mailbox.came[-1])
    assert outcomes(await listed(bob)) == ["accepted"]


async def test_a_code_cannot_be_guessed_nor_used_late_nor_asked_for_without_end(
    team: TestTeam, mailbox: Mailbox, clock: MovedClock
) -> None:
    bob = await team.agent("bob")
    await bob.call("request_email_address", address="bob@example.com")
    code = mailbox.code()
    for _ in range(5):
        with pytest.raises(InvalidInput):
            await bob.call("confirm_email_address", code="x")
    with pytest.raises(InvalidInput):
        await bob.call("confirm_email_address", code=code)
    await bob.call("request_email_address", address="bob@example.com")
    clock.advance(minutes=30)
    with pytest.raises(InvalidInput):
        await bob.call("confirm_email_address", code=mailbox.code())
    assert (await bob.call("get_email_address")).waiting is None
    for _ in range(3):
        await bob.call("request_email_address", address="bob@example.com")
    with pytest.raises(Conflict, match="within an hour"):
        await bob.call("request_email_address", address="bob@example.com")
    assert len(mailbox.came) == 5


async def test_a_mail_says_what_there_is_in_text_and_html_and_threads(
    team: TestTeam, mailbox: Mailbox, clock: MovedClock
) -> None:
    bob = await reached(team, mailbox)
    await say(team.owner, "first <b>bold</b>", "dm:bob")
    await work(team)
    clock.advance(minutes=1)
    await say(team.owner, "second", "dm:bob")
    await say(team.owner, "@bob third")
    await work(team)
    clock.advance(minutes=1)
    await say(team.owner, "fourth", "dm:bob")
    await work(team)
    one, several, again = mailbox.came
    assert [part.get_content_type() for part in one.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    assert "first <b>bold</b>" in text(one)
    assert "&lt;b&gt;bold" in text(one, "html")
    assert "src=" not in text(one, "html")
    assert all(words in text(several) for words in ("second", "third"))
    assert one["Auto-Submitted"] == "auto-generated"
    assert one["References"] == one["In-Reply-To"] == again["References"]
    assert several["References"] is None
    assert len({mail["Message-ID"] for mail in mailbox.came}) == 3
    assert outcomes(await listed(bob)) == ["accepted"] * 4
    assert f"{team.server.settings.public_url}/" in text(one)


async def test_a_mail_is_in_the_language_of_its_reader(team: TestTeam, mailbox: Mailbox) -> None:
    bob = await reached(team, mailbox)
    await bob.call("set_notification_preferences", language="zh")
    await say(team.owner, "hello", "dm:bob")
    await work(team)
    assert "查看最新情况" in text(mailbox.came[-1])
    assert 'lang="zh"' in text(mailbox.came[-1], "html")


@pytest.mark.parametrize(
    ("rcpt", "data", "outcome", "kept"),
    [
        ("450 4.2.1 busy", "250 OK", None, True),
        ("250 OK", "451 4.3.0 later", None, True),
        ("550 5.7.1 no spam", "250 OK", "failed", True),
        ("550 5.1.1 no such user", "250 OK", "dropped", False),
        ("250 OK", "554 5.6.0 not that", "failed", True),
    ],
)
async def test_a_refusal_is_what_the_server_says(
    team: TestTeam, mailbox: Mailbox, rcpt: str, data: str, outcome: str | None, kept: bool
) -> None:
    bob = await reached(team, mailbox)
    mailbox.rcpt, mailbox.data = rcpt, data
    await say(team.owner, "hello", "dm:bob")
    await work(team)
    found = await listed(bob)
    assert outcomes(found) == [outcome]
    if outcome == "failed":
        [error] = errors(found)
        assert (rcpt if data == "250 OK" else data) in str(error)
    [own] = (await bob.call("get_notifiers")).root
    assert bool(own.addresses) is kept


async def test_what_failed_for_now_comes_later_once(team: TestTeam, mailbox: Mailbox, clock: MovedClock) -> None:
    bob = await reached(team, mailbox)
    mailbox.rcpt = "450 4.2.1 busy"
    await say(team.owner, "hello", "dm:bob")
    await work(team)
    [step] = (await team.owner.call("get_email_status")).steps
    assert step.error == "SMTPRecipientsRefused"
    mailbox.rcpt = "250 OK"
    clock.advance(minutes=5)
    await work(team)
    await work(team)
    assert len(mailbox.came) == 1
    assert outcomes(await listed(bob)) == ["accepted"]
    [step] = (await team.owner.call("get_email_status")).steps
    assert step.error is None


@pytest.mark.parametrize("mode", ["implicit", "starttls"])
async def test_mail_is_sent_over_tls_with_a_login(
    settings: Settings, clock: MovedClock, mailbox: Mailbox, tmp_path: Path, mode: str
) -> None:
    path = certificate(tmp_path)
    (tmp_path / "password").write_text(f"{PASSWORD}\n")
    server = Smtp(mailbox, server_context(path), mode)
    server.start()
    login = {"user": "team", "password_file": str(tmp_path / "password"), "ca_file": str(path)}
    settings.plugins["email"] = {**BASE, "tls": mode, "port": server.port, **login}
    try:
        async with serve(settings, clock) as app:
            team = TestTeam(app, app.server, "default")
            await team.register_owner()
            await reached(team, mailbox)
            await say(team.owner, "hello", "dm:bob")
            await work(team)
            assert "hello" in text(mailbox.came[-1])
            assert mailbox.logins == [True, True]
            await team.close()
    finally:
        server.stop()


async def test_a_certificate_that_nobody_vouches_for_ends_it(
    settings: Settings, clock: MovedClock, mailbox: Mailbox, tmp_path: Path
) -> None:
    server = Smtp(mailbox, server_context(certificate(tmp_path)), "implicit")
    server.start()
    settings.plugins["email"] = {**BASE, "tls": "implicit", "port": server.port, "user": "team", "password": PASSWORD}
    try:
        async with serve(settings, clock) as app:
            team = TestTeam(app, app.server, "default")
            await team.register_owner()
            with pytest.raises(Exception, match="could not be sent"):
                await team.owner.call("request_email_address", address="bob@example.com")
            assert mailbox.came == []
            await team.close()
    finally:
        server.stop()


async def test_without_settings_there_is_no_mail(team_without: TestTeam) -> None:
    assert (await team_without.owner.call("get_notifiers")).root == []
    with pytest.raises(Exception, match="names no host"):
        await team_without.owner.call("request_email_address", address="bob@example.com")


@pytest.fixture
async def team_without(settings: Settings, clock: MovedClock) -> AsyncIterator[TestTeam]:
    async with serve(settings, clock) as app:
        team = TestTeam(app, app.server, "default")
        await team.register_owner()
        yield team
        await team.close()


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"sender": "team@example.com"}, "host"),
        ({"host": "mail.example.com"}, "sender"),
        ({"host": "mail.example.com", "sender": "a@b.c", "tls": "none"}, "tls"),
        ({"host": "mail.example.com", "sender": "a@b.c", "user": "team"}, "user"),
        ({"host": "mail.example.com", "sender": "a@b.c", "password": "hunter2"}, "user"),
        ({"host": "mail.example.com", "sender": "a@b.c", "password_file": "/none/such"}, "password_file"),
        ({"host": "mail.example.com", "sender": "a@b.c\r\nBcc: x@y.z"}, "sender"),
        ({"host": "mail.example.com", "sender": "a@b.c", "sender_name": "a\r\nBcc: x@y.z"}, "sender_name"),
        ({"host": "localhost", "sender": "a@b.c", "imap_host": "mail.example.com"}, "imap_user"),
        ({"host": "mail.example.com", "sender": "a@b.c", "ca_file": "/none/such"}, "ca_file"),
    ],
)
def test_wrong_settings_name_what_is_wrong(wrong: dict[str, Any], named: str) -> None:
    with pytest.raises(ValidationError) as failure:
        EmailSettings.model_validate(wrong)
    assert named in str(failure.value)
    assert "hunter2" not in str(failure.value)


@given(st.text(), st.text(), st.text())
def test_no_words_become_headers(subject: str, words: str, who: str) -> None:
    settings = EmailSettings(host="localhost", sender="team@example.com", sender_name="Team")
    letter = Letter(subject, [Line(who, words, "http://x")], "", "http://x", "link", "footer", "en")
    try:
        raw = compose(settings, letter, Envelope("bob@example.com", "1", "t", "c", 0, "http://x")).as_bytes()
    except UnicodeEncodeError:  # half a character, which no message holds
        return
    names = [line.split(b":")[0] for line in raw.split(b"\n\n")[0].split(b"\n") if line[:1] not in b" \t"]
    assert len(names) == len(set(names))
    assert b"Bcc" not in names


@given(st.text(max_size=60))
def test_an_address_that_passes_is_one_word_with_a_domain(typed: str) -> None:
    try:
        kept = checked(typed)
    except ValueError:
        return
    assert kept.isascii()
    assert kept.count("@") == 1
    assert not any(each.isspace() for each in kept)


async def test_the_page_takes_an_address_and_its_code_and_shows_managers_how_mail_stands(
    team: TestTeam, mailbox: Mailbox
) -> None:
    owner = team.owner
    await owner.log_in()
    assert 'href="/email"' in (await owner.http.get("/notifications")).text
    wrong = await owner.submit("/email/address", address="ada\u200b")
    assert wrong.status_code == 400
    assert 'value="ada\u200b"' in wrong.text, "what was typed is there still"
    assert (await owner.submit("/email/address", address="ada@example.com")).status_code == 303
    page = (await owner.http.get("/email")).text
    assert "ada@example.com" in page
    assert "Not confirmed yet" in page
    assert "Mail sent" in page
    code = mailbox.code()
    assert (await owner.submit("/email/confirm", code="0" if code != "0" else "1")).status_code == 400
    assert (await owner.submit("/email/confirm", code=code)).status_code == 303
    assert "You get mail at ada@example.com" in (await owner.http.get("/email")).text
    bob = await team.agent("bob")
    await bob.log_in()
    assert "How mail stands" not in (await bob.http.get("/email")).text
