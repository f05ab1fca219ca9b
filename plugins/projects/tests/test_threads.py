"""Asking back, and questions that go on from others."""

from __future__ import annotations

import asyncio

import pytest
from teammcp_projects.questions.operations.countering import MOST_ASKED_BACK

from plugins.projects.tests.asking import ask, inbox, until
from teammcp import Conflict, Forbidden, InvalidInput, NotFound
from teammcp.testing import Member, TestTeam


async def asked(asker: Member, text: str = "Which version?", **more: object) -> int:
    """A question that somebody has to answer."""
    number = await ask(asker, text, **more)
    await until(asker, number, "asked")
    return number


async def back(holder: Member, number: int, text: str = "Of which API?") -> int:
    """Something is asked back; in which message."""
    found = await holder.call("ask_back", question_id=number, content=text)
    message: int = found.exchanges[-1].asked_id
    return message


async def test_what_is_asked_back_ends_the_askers_wait_and_stands_in_the_thread(ada: Member, bob: Member) -> None:
    number = await asked(ada)
    waiting = asyncio.create_task(ada.call("wait_for_answers", question_ids=[number], timeout=20))
    await asyncio.sleep(0.05)
    message = await back(bob, number)
    [found] = (await asyncio.wait_for(waiting, 10)).questions
    assert (found.state, found.exchanges[0].asked, found.exchanges[0].asked_by) == ("countered", "Of which API?", "bob")
    assert "bob asks back" in found.text()
    assert f"answer_question {number}" in found.text()
    [told] = await inbox(ada)
    assert "Of which API?" in told
    said = await ada.call("get_message", message_id=message)
    assert said.reply_to == (await ada.call("get_history", channel="dm:bob")).messages[0].id


@pytest.mark.parametrize("by_reply", [True, False])
async def test_what_the_asker_says_to_it_puts_the_question_back_before_all_others_of_its_lane(
    team: TestTeam, ada: Member, bob: Member, by_reply: bool
) -> None:
    first = await asked(ada)
    urgent = await ask(ada, "And this?", priority="high")
    message = await back(bob, first)
    await until(ada, urgent, "asked")  # bob is free for others meanwhile
    if by_reply:
        await ada.call("send_message", channel="dm:bob", content="the billing one", replyTo=message)
        await until(ada, first, "queued")
    else:
        assert (await ada.call("answer_question", question_id=first, answer="the billing one")).state == "queued"
    later = await ask(ada, "And that?", priority="high")
    await bob.call("answer_question", question_id=urgent, answer="so")
    found = await until(ada, first, "asked")
    assert (found.holder, found.exchanges[0].said, found.exchanges[0].said_by) == ("bob", "the billing one", "ada")
    assert (await ada.call("get_question", question_id=later)).state == "queued"
    again = await bob.call("get_message", message_id=found.message_id)
    for words in ("Which version?", "bob asked back:\nOf which API?", "ada said:\nthe billing one"):
        assert words in again.content
    assert again.reply_to == message
    await bob.call("answer_question", question_id=first, answer="v2")
    assert (await until(ada, first, "answered")).answer == "v2"


async def test_whoever_asks_back_may_answer_all_the_same_but_not_by_words_that_say_so(ada: Member, bob: Member) -> None:
    """A program that was started for the question ends its turn with some words, which are sent as a reply."""
    number = await asked(ada)
    message = (await ada.call("get_question", question_id=number)).message_id
    await back(bob, number)
    await bob.call("send_message", channel="dm:ada", content="I have asked back.", replyTo=message)
    await asyncio.sleep(0.05)
    assert (await ada.call("get_question", question_id=number)).state == "countered"
    await bob.call("answer_question", question_id=number, answer="v2, I found it")
    found = await until(ada, number, "answered")
    with pytest.raises(Forbidden, match="your own"):
        await ada.call("answer_question", question_id=number, answer="the billing one")
    assert found.exchanges[0].said == ""


async def test_only_its_holder_asks_back_and_not_for_ever(team: TestTeam, ada: Member, bob: Member) -> None:
    eve = await team.agent("eve")
    number = await asked(ada)
    with pytest.raises(Forbidden, match="you do not have question"):
        await back(eve, number)
    for _ in range(MOST_ASKED_BACK):
        await back(bob, number)
        with pytest.raises(Conflict, match="countered"):
            await back(bob, number)
        await ada.call("answer_question", question_id=number, answer="x" * 9_000)
        await until(ada, number, "asked")
    with pytest.raises(Conflict, match="cannot_say"):
        await back(bob, number)


async def test_a_question_that_is_taken_back_while_something_is_asked_is_over(ada: Member, bob: Member) -> None:
    number = await asked(ada)
    message = await back(bob, number)
    await ada.call("cancel_question", question_id=number)
    await ada.call("send_message", channel="dm:bob", content="the billing one", replyTo=message)
    await asyncio.sleep(0.05)
    assert (await ada.call("get_question", question_id=number)).state == "cancelled"


async def test_if_who_asked_back_is_gone_another_answers_and_an_asker_who_is_gone_asks_nothing(
    team: TestTeam, ada: Member, bob: Member
) -> None:
    joe = await team.agent("joe")
    await team.owner.call("set_project_agents", project="backend", agents=["bob", "joe"], answerers=["bob"])
    number = await asked(ada)
    await back(bob, number)
    await team.owner.call("retire_agent", name="bob")
    await team.owner.call("set_project_agents", project="backend", agents=["joe"])
    await ada.call("answer_question", question_id=number, answer="the billing one")
    assert (await until(ada, number, "asked")).holder == "joe"
    await back(joe, number)
    with pytest.raises(Conflict, match="1 questions to backend are open"):
        await team.owner.call("remove_project", project="backend")
    await team.owner.call("retire_agent", name="ada")
    await until(joe, number, "cancelled")


async def test_a_question_goes_on_from_another_with_whoever_answered_it(
    team: TestTeam, ada: Member, bob: Member
) -> None:
    joe, eve = await team.agent("joe"), await team.agent("eve")
    await team.owner.call("set_project_agents", project="web", agents=["ada", "eve"])
    await team.owner.call("set_project_agents", project="backend", agents=["bob", "joe"])
    for member in (bob, joe):
        await member.call("get_me")
    first = await asked(ada, "Which version?")
    holder = bob if (await ada.call("get_question", question_id=first)).holder == "bob" else joe
    await holder.call("answer_question", question_id=first, answer="v2")
    other = await asked(ada, "Something else?")
    await (bob if holder is joe else joe).call("get_me")
    await holder.call("answer_question", question_id=other, answer="no")
    second = await asked(ada, "Since when?", follows=first)
    found = await until(ada, second, "asked")
    assert found.holder == holder.name
    message = await holder.call("get_message", message_id=found.message_id)
    assert "It goes on from question" in message.content
    assert message.reply_to == (await ada.call("get_question", question_id=first)).message_id
    await holder.call("answer_question", question_id=second, answer="May")
    third = await asked(eve, "And why?", follows=second)  # of the same project
    shown = await eve.call("get_question", question_id=third)
    assert [(each.id, each.answer) for each in shown.thread] == [(first, "v2"), (second, "May")]
    assert "others of its thread:" in shown.text()
    assert [each.id for each in (await ada.call("get_question", question_id=first)).thread] == [second, third]


async def test_a_question_goes_on_only_from_one_of_ones_own_to_the_same_project(
    team: TestTeam, ada: Member, bob: Member
) -> None:
    eve = await team.agent("eve")
    number = await asked(ada)
    with pytest.raises(NotFound, match="follows: there is no question"):
        await ask(ada, follows=number + 1)
    with pytest.raises(InvalidInput, match="one of your own"):
        await ask(eve, follows=number)
    await team.owner.call("set_project_agents", project="web", agents=["ada", "eve"])
    with pytest.raises(InvalidInput, match="ask that project"):
        await ask(ada, "both?", "backend", "web", follows=number)
