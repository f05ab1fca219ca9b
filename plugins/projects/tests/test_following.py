"""What messages mean to questions is found once, also by a server that was killed before it had looked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import AsyncMock

import pytest
from teammcp_projects import following
from teammcp_projects.questions import dispatch
from teammcp_projects.questions.operations import answering

from plugins.projects.tests.asking import ask, inbox, project, until, until_answer
from teammcp import Operation, Refused, hookimpl
from teammcp.config import Settings
from teammcp.testing import Member, MovedClock, TestTeam, serve


@dataclass
class Pair:
    """ada asks, bob answers for backend; on one server after another."""

    team: TestTeam
    ada: Member
    bob: Member


@asynccontextmanager
async def begun_anew(settings: Settings, clock: MovedClock, before: Pair | None = None) -> AsyncIterator[Pair]:
    """A server over the same folder as the one before, with the same members."""
    async with serve(settings, clock) as app:
        team = TestTeam(app, app.server, "default")
        if before is None:
            await team.register_owner()
            ada, bob = await team.agent("ada"), await team.agent("bob")
            await project(team, "web", "ada")
            await project(team, "backend", "bob")
        else:
            ada, bob = (team.member(each.name, each.key) for each in (before.ada, before.bob))
        yield Pair(team, ada, bob)
        await team.close()


async def answers(pair: Pair, asked: Any) -> None:
    await pair.bob.call("send_message", channel="dm:ada", content="v2", replyTo=asked.message_id)


async def cannot_say(pair: Pair, asked: Any) -> None:
    await pair.bob.call("send_message", channel="dm:ada", content="cannot_say: nobody knows", replyTo=asked.message_id)


async def says(pair: Pair, asked: Any) -> None:
    await pair.ada.call("send_message", channel="dm:bob", content="of web", replyTo=asked.exchanges[-1].asked_id)


async def deletes_question(pair: Pair, asked: Any) -> None:
    await pair.ada.call("delete_message", message_id=asked.message_id)


async def edits_answer(pair: Pair, asked: Any) -> None:
    written = (await pair.bob.call("get_message", message_id=asked.answer_id)).content
    await pair.bob.call("edit_message", message_id=asked.answer_id, content=written.replace("v2", "v3"))


async def deletes_answer(pair: Pair, asked: Any) -> None:
    await pair.bob.call("delete_message", message_id=asked.answer_id)


Step = Callable[[Pair, Any], Awaitable[None]]
CASES: dict[str, tuple[str, Step, str, str]] = {
    "a reply answers": ("asked", answers, "answered", "v2"),
    "a reply says that nobody knows": ("asked", cannot_say, "cannot_say", "nobody knows"),
    "what was asked back is answered": ("countered", says, "asked", ""),
    "the words of a question are deleted": ("asked", deletes_question, "cancelled", ""),
    "an answer is edited": ("answered", edits_answer, "answered", "v3"),
    "an answer is deleted": ("answered", deletes_answer, "answered", ""),
}


async def brought_to(pair: Pair, state: str) -> Any:
    """A question that stands so."""
    number = await ask(pair.ada)
    await until(pair.ada, number, "asked")
    if state == "countered":
        await pair.bob.call("ask_back", question_id=number, content="Of what?")
    if state == "answered":
        await pair.bob.call("answer_question", question_id=number, answer="v2")
    return await until(pair.ada, number, state)


@pytest.mark.parametrize("killed", [True, False], ids=["killed", "at once"])
@pytest.mark.parametrize("case", CASES)
async def test_what_a_killed_server_has_not_looked_at_is_made_up_for_once(
    settings: Settings, clock: MovedClock, monkeypatch: pytest.MonkeyPatch, case: str, killed: bool
) -> None:
    before, step, state, answer = CASES[case]
    async with begun_anew(settings, clock) as pair:
        asked = await brought_to(pair, before)
        await pair.team.server.settle()
        with monkeypatch.context() as dying:
            if killed:
                dying.setattr(following, "catch_up", AsyncMock())
            await step(pair, asked)
            await pair.team.server.settle()
            if killed:
                found = await pair.ada.call("get_question", question_id=asked.id)
                assert (found.state, found.answer) == (asked.state, asked.answer)
    for _ in range(2):
        async with begun_anew(settings, clock, pair) as again:
            await until(again.ada, asked.id, state)
            await until_answer(again.ada, asked.id, answer)
            await again.team.server.settle()
            ends = [event.subject for event in await again.team.events("question.ended")]
            assert len(ends) == (0 if state == "asked" else 1)


async def test_one_who_has_asked_back_answers_by_no_closing_words(team: TestTeam, ada: Member, bob: Member) -> None:
    number = await ask(ada)
    first = (await until(ada, number, "asked")).message_id
    asked = await bob.call("ask_back", question_id=number, content="Of what?")
    await ada.call("send_message", channel="dm:bob", content="of web", replyTo=asked.exchanges[-1].asked_id)
    again = (await until(ada, number, "asked")).message_id
    assert again != first
    await bob.call("send_message", channel="dm:ada", content="I have asked back.", replyTo=first)
    await team.server.settle()
    assert (await ada.call("get_question", question_id=number)).state == "asked"
    await bob.call("send_message", channel="dm:ada", content="v2", replyTo=again)
    assert (await until(ada, number, "answered")).answer == "v2"


@pytest.mark.parametrize("how", ["cancel_question", "answer_question"])
async def test_what_ends_while_it_is_begun_waits_in_no_inbox(
    team: TestTeam, monkeypatch: pytest.MonkeyPatch, ada: Member, bob: Member, how: str
) -> None:
    """The question is begun between the look of what ends it and its work."""
    monkeypatch.setattr(dispatch, "look", lambda *_: None)
    number = await ask(ada)
    taking_out = answering.taking_out

    async def overtaken(*given: Any) -> Any:
        found = await taking_out(*given)
        await dispatch.begin_all(team.team, "backend")
        return found

    monkeypatch.setattr(answering, "taking_out", overtaken)
    more = {"answer": "v2"} if how == "answer_question" else {}
    await team.owner.call(how, question_id=number, **more)
    await team.server.settle()
    assert len(await team.events("question.asked")) == 1
    assert await inbox(bob) == []


class KeepsAll:
    """Lets nobody delete anything."""

    @hookimpl
    def before_operation(self, operation: Operation) -> None:
        if operation.name == "delete_message":
            raise Refused("all is kept")


@pytest.mark.teammcp(install={"keeper": KeepsAll()})
async def test_what_is_refused_keeps_nothing_later_from_being_looked_at(
    team: TestTeam, monkeypatch: pytest.MonkeyPatch, ada: Member, bob: Member
) -> None:
    with monkeypatch.context() as racing:
        racing.setattr(dispatch, "look", lambda *_: None)
        racing.setattr(answering, "taking_out", AsyncMock(return_value=lambda tx: None))
        ended = await ask(ada)
        await dispatch.begin_all(team.team, "backend")
        await team.owner.call("cancel_question", question_id=ended)
        await team.server.settle()
    number = await ask(ada)
    asked = await until(ada, number, "asked")
    await bob.call("send_message", channel="dm:ada", content="v2", replyTo=asked.message_id)
    assert (await until(ada, number, "answered")).answer == "v2"
