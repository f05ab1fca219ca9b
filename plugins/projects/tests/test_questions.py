"""Questions: asked once, answered once, in order, by whoever knows."""

from __future__ import annotations

import asyncio
from typing import Any
from unittest.mock import AsyncMock

import pytest
from teammcp_projects import leaving
from teammcp_projects.questions.dispatch import look_at_all
from teammcp_projects.questions.operations.returning import look_at_holders

from plugins.projects.tests.asking import ask, inbox, project, until
from teammcp import Conflict, Context, Deferred, Forbidden, Refused, hookimpl
from teammcp.testing import Member, MovedClock, TestTeam


async def test_a_question_reaches_who_answers_and_its_asker_gets_the_answer(ada: Member, bob: Member) -> None:
    number = await ask(ada, "Which version of the API?")
    question = await until(ada, number, "asked")
    assert (question.holder, question.asking_project) == ("bob", "web")
    [asked] = await inbox(bob)
    assert "Which version of the API?" in asked
    await bob.call("answer_question", question_id=number, answer="v2")
    found = await ada.call("get_question", question_id=number)
    assert (found.state, found.answer, found.answered_by) == ("answered", "v2", "bob")
    [told] = await inbox(ada)
    assert told.endswith("v2")


async def test_a_reply_to_the_message_answers_it(ada: Member, bob: Member) -> None:
    number = await ask(ada)
    message = (await until(ada, number, "asked")).message_id
    await bob.call("send_dm", recipient="ada", content="by the way")
    await bob.call("send_message", channel="dm:ada", content="v2", replyTo=message)
    found = await until(ada, number, "answered")
    assert (found.answer, found.answered_by) == ("v2", "bob")


async def test_a_question_is_answered_once(team: TestTeam, ada: Member, bob: Member) -> None:
    eve = await team.agent("eve")
    await team.owner.call("set_project_agents", project="backend", agents=["bob", "eve"])
    number = await ask(ada)
    await until(ada, number, "asked")
    said = [member.call("answer_question", question_id=number, answer=member.name) for member in (bob, eve)]
    results = await asyncio.gather(*said, return_exceptions=True)
    assert sum(isinstance(each, Conflict) for each in results) == 1
    found = await ada.call("get_question", question_id=number)
    [told] = await inbox(ada)
    assert told.endswith(found.answer)


async def test_what_waits_has_a_place_and_lanes_take_turns(team: TestTeam, ada: Member, bob: Member) -> None:
    eve = await team.agent("eve")
    await team.owner.call("update_project", project="backend", at_once=1)
    mine = [await ask(ada, f"ada {number}") for number in range(3)]
    hers = await ask(eve, "eve 0")
    await until(ada, mine[0], "asked")
    places = [(await ada.call("get_question", question_id=number)).place for number in (*mine, hers)]
    assert places == [None, 2, 3, 1]
    for number in (mine[0], hers, mine[1], mine[2]):
        await until(ada, number, "asked")
        await bob.call("answer_question", question_id=number, answer="so")


async def test_who_comes_finds_what_has_waited_for_a_free_one(team: TestTeam, ada: Member, bob: Member) -> None:
    eve, joe = await team.agent("eve"), await team.agent("joe")
    first = await ask(ada)
    await until(ada, first, "asked")
    second = await ask(eve)
    assert (await ada.call("get_question", question_id=second)).state == "queued", "bob has one to answer"
    await team.owner.call("set_project_agents", project="backend", agents=["bob", "joe"])
    await joe.call("get_inbox")
    assert (await until(eve, second, "asked")).holder == "joe"


async def test_waiting_ends_with_the_answer_or_with_patience(ada: Member, bob: Member) -> None:
    number = await ask(ada)
    [still] = (await ada.call("wait_for_answers", question_ids=[number], timeout=0)).questions
    assert still.state in {"queued", "asked"}
    waiting = asyncio.create_task(ada.call("wait_for_answers", question_ids=[number], timeout=20))
    await until(ada, number, "asked")
    await bob.call("answer_question", question_id=number, answer="v2")
    [found] = (await asyncio.wait_for(waiting, 10)).questions
    assert found.answer == "v2"


async def test_who_may_not_ask_or_would_never_hear_is_told_at_once(team: TestTeam, ada: Member, bob: Member) -> None:
    eve = await team.agent("eve")
    await team.owner.call("update_project", project="backend", askers=["web"])
    with pytest.raises(Forbidden, match="backend"):
        await ask(eve)
    await project(team, "empty")
    with pytest.raises(Conflict, match="nobody"):
        await ask(ada, "hello?", "backend", "empty")
    assert (await ada.call("list_questions")).questions == [], "nothing was half asked"


async def test_a_question_that_is_taken_back_makes_room_and_a_late_answer_still_comes(ada: Member, bob: Member) -> None:
    first, second = await ask(ada, "one"), await ask(ada, "two")
    await until(ada, first, "asked")
    with pytest.raises(Forbidden, match="asker"):
        await bob.call("cancel_question", question_id=first)
    await ada.call("cancel_question", question_id=first)
    await until(ada, second, "asked")
    await bob.call("answer_question", question_id=first, answer="late")
    assert (await ada.call("get_question", question_id=first)).answer == "late"


async def test_whoever_deletes_the_message_in_which_it_was_asked_takes_it_back(
    team: TestTeam, ada: Member, bob: Member
) -> None:
    first, second, third = [await ask(ada) for _ in range(3)]
    await ada.call("delete_message", message_id=(await until(ada, first, "asked")).message_id)
    await until(ada, first, "cancelled")
    message = (await until(ada, second, "asked")).message_id
    await bob.call("ask_back", question_id=second, content="Of what?")
    await ada.call("delete_message", message_id=message)
    await until(ada, second, "cancelled")
    message = (await until(ada, third, "asked")).message_id
    await bob.call("answer_question", question_id=third, answer="v2")
    await ada.call("delete_message", message_id=message)
    await ada.call("get_me")
    assert (await ada.call("get_question", question_id=third)).state == "answered"


async def test_the_same_call_again_asks_once(ada: Member, bob: Member) -> None:
    body = {"projects": ["backend"], "question": "Which version?"}
    answers = [
        (await ada.http.post("/api/questions", json=body, headers={"Idempotency-Key": "k"})).json() for _ in range(2)
    ]
    assert answers[0] == answers[1]
    assert len((await ada.call("list_questions")).questions) == 1


async def test_what_a_retired_holder_has_not_seen_another_is_asked(team: TestTeam, ada: Member, bob: Member) -> None:
    joe = await team.agent("joe")
    number = await ask(ada)
    await until(ada, number, "asked")
    await team.owner.call("set_project_agents", project="backend", agents=["bob", "joe"])
    await team.owner.call("retire_agent", name="bob")
    async with asyncio.timeout(5):
        while (await ada.call("get_question", question_id=number)).holder != "joe":  # noqa: ASYNC110 - a test looks
            await asyncio.sleep(0.01)
    assert len(await inbox(joe)) == 1
    assert (await ada.call("get_history", channel="dm:bob")).messages[0].deleted


async def test_a_holder_that_is_gone_for_long_loses_it_only_to_one_who_is_here(
    team: TestTeam, clock: MovedClock, ada: Member, bob: Member
) -> None:
    joe = await team.agent("joe")
    await team.owner.call("set_project_agents", project="backend", agents=["bob", "joe"], answerers=["bob"])
    number = await ask(ada)
    await until(ada, number, "asked")
    team.team.presence.leave("bob")
    for answerers, holder in ((["bob"], "bob"), (["bob", "joe"], "joe")):
        await team.owner.call("set_project_agents", project="backend", agents=["bob", "joe"], answerers=answerers)
        await joe.call("get_inbox")
        clock.advance(minutes=16)
        await joe.call("get_inbox")
        await look_at_holders(team.team)
        await look_at_all(team.team)
        assert (await ada.call("get_question", question_id=number)).holder == holder


async def test_who_is_retired_asks_nothing_any_more(team: TestTeam, ada: Member, bob: Member) -> None:
    first, second = await ask(ada), await ask(ada)
    await until(ada, first, "asked")
    await team.owner.call("retire_agent", name="ada")
    ends = [(await until(bob, number, "cancelled")).ended_at for number in (first, second)]
    assert all(ends)


@pytest.mark.parametrize("name", ["ada", "bob"])
async def test_who_was_retired_as_the_server_was_killed_is_seen_off_later(
    team: TestTeam, monkeypatch: pytest.MonkeyPatch, ada: Member, bob: Member, name: str
) -> None:
    await team.owner.call("update_project", project="backend", owners=["owner", name], askers=["web", f"@{name}"])
    number = await ask(ada)
    await until(ada, number, "asked")
    with monkeypatch.context() as killed:
        killed.setattr(leaving, "see_off", AsyncMock())
        await team.owner.call("retire_agent", name=name)
        await team.server.settle()
    assert (await team.owner.call("get_question", question_id=number)).state == "asked"
    await leaving.look_at_retired(team.team)
    assert (await team.owner.call("get_question", question_id=number)).state == {"ada": "cancelled", "bob": "queued"}[
        name
    ]
    found = await team.owner.call("get_project", project="backend")
    assert (found.owners, found.askers) == (["owner"], ["web"])
    last = (await team.events())[-1]
    await leaving.look_at_retired(team.team)
    assert (await team.events())[-1] == last, "who was seen off is not looked for again"


async def test_what_nobody_answers_any_more_says_so_until_somebody_does(
    team: TestTeam, ada: Member, bob: Member
) -> None:
    joe = await team.agent("joe")
    first, second = await ask(ada), await ask(ada)
    await until(ada, first, "asked")
    await team.owner.call("retire_agent", name="bob")
    for number in (first, second):
        assert (await until(ada, number, "queued")).trouble.startswith("Nobody answers for backend now.")
    await team.owner.call("set_project_agents", project="backend", agents=["joe"])
    assert (await ada.call("get_question", question_id=second)).trouble == ""
    await joe.call("get_inbox")
    await until(ada, first, "asked")


async def test_a_project_with_open_questions_stays(team: TestTeam, ada: Member, bob: Member) -> None:
    number = await ask(ada)
    with pytest.raises(Conflict, match="1 questions to backend are open"):
        await team.owner.call("remove_project", project="backend")
    await team.owner.call("cancel_question", question_id=number)
    await team.owner.call("remove_project", project="backend")
    assert (await ada.call("get_question", question_id=number)).project == "backend"


async def test_a_program_waits_over_rest(ada: Member, bob: Member) -> None:
    number = await ask(ada)
    answer = await ada.http.get("/api/questions/answers", params={"question_ids": [number], "timeout": 0})
    assert (answer.status_code, [each["id"] for each in answer.json()["questions"]]) == (200, [number])


class Keeper:
    """A plugin that keeps messages back, in one way or another; how often it was asked."""

    how: Any = None
    asked = 0

    @hookimpl
    def before_message(self, context: Any, draft: Any) -> Any:
        self.asked += 1
        if isinstance(self.how, Exception):
            raise self.how
        return self.how


KEEPER = Keeper()


@pytest.mark.teammcp(install={"keeper": KEEPER})
@pytest.mark.parametrize("how", [Deferred(None), Refused("no questions today"), Conflict("x" * 2000, code="full")])
async def test_a_question_that_cannot_be_asked_says_why_and_is_tried_again_later(
    team: TestTeam, clock: MovedClock, ada: Member, bob: Member, monkeypatch: pytest.MonkeyPatch, how: Any
) -> None:
    monkeypatch.setattr(KEEPER, "how", how)
    monkeypatch.setattr(KEEPER, "asked", 0)
    number = await ask(ada)
    await team.server.settle()
    assert (await ada.call("get_question", question_id=number)).trouble != ""
    await look_at_all(team.team)
    assert KEEPER.asked == 1, "it waits a minute"
    monkeypatch.setattr(KEEPER, "how", None)
    clock.advance(minutes=1)
    await look_at_all(team.team)
    assert (await until(ada, number, "asked")).trouble == ""


async def test_what_was_to_be_begun_waits_for_a_more_urgent_one_that_was_asked_this_moment(
    team: TestTeam, ada: Member, bob: Member
) -> None:
    await until(ada, await ask(ada, "What keeps bob busy?"), "asked")
    normal = await ask(ada, "Which version?")
    await ask(ada, "Who is on call?", priority="high")
    with pytest.raises(Conflict, match=f"another comes before question {normal}") as refused:
        await Context.inside(team.team).call("begin_question", question_id=normal, holder="bob")
    assert refused.value.code == "not_its_turn"
