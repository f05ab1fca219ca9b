"""What becomes of the messages in which questions are asked and answered, and of questions as these change."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from teammcp_projects.questions.dispatch import look_at_all
from teammcp_projects.questions.operations.returning import look_at_holders

from plugins.projects.tests.asking import ask, inbox, until
from teammcp.testing import Member, MovedClock, TestTeam


async def is_deleted(member: Member, message_id: int) -> bool:
    """Whether the words of a question are gone."""
    deleted: bool = (await member.call("get_message", message_id=message_id)).deleted
    return deleted


async def until_answer(member: Member, number: int, answer: str) -> Any:
    """A question, once its answer is this."""
    async with asyncio.timeout(3):
        while (found := await member.call("get_question", question_id=number)).answer != answer:  # noqa: ASYNC110 - a test looks
            await asyncio.sleep(0.01)
    return found


@pytest.fixture
async def joe(team: TestTeam, bob: Member) -> Member:
    """He answers for backend, too, where bob does not."""
    joe = await team.agent("joe")
    await team.owner.call("set_project_agents", project="backend", agents=["bob", "joe"], answerers=["bob"])
    return joe


async def handed_on(team: TestTeam, clock: MovedClock, number: int, ada: Member, joe: Member) -> Any:
    """A question, after its holder was gone for so long that joe has it now."""
    team.team.presence.leave("bob")
    await team.owner.call("set_project_agents", project="backend", agents=["bob", "joe"], answerers=["bob", "joe"])
    clock.advance(minutes=16)
    await joe.call("get_inbox")
    await look_at_holders(team.team)
    await look_at_all(team.team)
    question = await ada.call("get_question", question_id=number)
    assert question.holder == "joe"
    return question


async def test_what_is_taken_back_unseen_is_out_of_the_inbox(ada: Member, bob: Member) -> None:
    number = await ask(ada)
    message = (await until(ada, number, "asked")).message_id
    await ada.call("cancel_question", question_id=number)
    assert await inbox(bob) == []
    assert await is_deleted(ada, message)


async def test_what_is_taken_back_after_it_was_seen_stays(ada: Member, bob: Member) -> None:
    number = await ask(ada)
    message = (await until(ada, number, "asked")).message_id
    assert len(await inbox(bob)) == 1
    await ada.call("cancel_question", question_id=number)
    assert not await is_deleted(ada, message)


async def test_what_a_manager_takes_back_or_another_answers_is_out_of_the_inbox_too(
    team: TestTeam, ada: Member, bob: Member, joe: Member
) -> None:
    first, second = await ask(ada), await ask(ada)
    await until(ada, first, "asked")
    await team.owner.call("cancel_question", question_id=first)
    await until(ada, second, "asked")
    await team.owner.call("answer_question", question_id=second, answer="v2")
    assert await inbox(bob) == []


async def test_the_reply_of_one_who_has_lost_the_question_counts_when_it_comes_first(
    team: TestTeam, clock: MovedClock, ada: Member, bob: Member, joe: Member
) -> None:
    number = await ask(ada)
    message = (await until(ada, number, "asked")).message_id
    assert len(await inbox(bob)) == 1
    await handed_on(team, clock, number, ada, joe)
    await bob.call("send_message", channel="dm:ada", content="v2", replyTo=message)
    found = await until(ada, number, "answered")
    assert (found.answer, found.answered_by) == ("v2", "bob")
    assert await inbox(joe) == [], "nobody needs his answer"


async def test_the_reply_of_one_who_has_lost_it_comes_second_to_nothing(
    team: TestTeam, clock: MovedClock, ada: Member, bob: Member, joe: Member
) -> None:
    number = await ask(ada)
    first = (await until(ada, number, "asked")).message_id
    assert len(await inbox(bob)) == 1
    second = (await handed_on(team, clock, number, ada, joe)).message_id
    await joe.call("send_message", channel="dm:ada", content="v3", replyTo=second)
    await until(ada, number, "answered")
    await bob.call("send_message", channel="dm:ada", content="v2", replyTo=first)
    assert (await ada.call("get_question", question_id=number)).answer == "v3"


async def test_deleting_the_words_in_which_it_was_asked_first_leaves_it_with_its_holder(
    team: TestTeam, clock: MovedClock, ada: Member, bob: Member, joe: Member
) -> None:
    number = await ask(ada)
    first = (await until(ada, number, "asked")).message_id
    assert len(await inbox(bob)) == 1
    await handed_on(team, clock, number, ada, joe)
    await ada.call("delete_message", message_id=first)
    assert (await ada.call("get_question", question_id=number)).state == "asked"


@pytest.mark.parametrize("by_reply", [False, True])
async def test_an_answer_follows_its_message(team: TestTeam, ada: Member, bob: Member, by_reply: bool) -> None:
    number = await ask(ada)
    message = (await until(ada, number, "asked")).message_id
    if by_reply:
        await bob.call("send_message", channel="dm:ada", content="v2", replyTo=message)
    else:
        await bob.call("answer_question", question_id=number, answer="v2")
    answer_id = (await until(ada, number, "answered")).answer_id
    written = (await bob.call("get_message", message_id=answer_id)).content
    await bob.call("edit_message", message_id=answer_id, content=written.replace("v2", "v3"))
    await until_answer(ada, number, "v3")
    await bob.call("delete_message", message_id=answer_id)
    found = await until_answer(ada, number, "")
    assert found.state == "answered"
    assert found.standing() == "answered; the message that says so was deleted"
