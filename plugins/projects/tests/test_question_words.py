"""What becomes of the messages in which questions are asked and answered, and of questions as these change."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from teammcp_projects.questions.dispatch import look_at_all
from teammcp_projects.questions.operations.returning import look_at_holders

from plugins.projects.tests.asking import ask, inbox, until, until_answer
from teammcp import Conflict, Gone, NotFound
from teammcp.testing import Member, MovedClock, TestTeam


async def is_deleted(member: Member, message_id: int) -> bool:
    """Whether the words of a question are gone."""
    deleted: bool = (await member.call("get_message", message_id=message_id)).deleted
    return deleted


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


# -- what was edited or deleted --------------------------------------------------------------------------------------

SECRET = "hunter2"


async def everything(*members: Member) -> str:
    """All that members can read of questions."""
    found = []
    for member in members:
        for number in (1, 2):
            with suppress(NotFound):
                found.append(await member.call("get_question", question_id=number))
        found += [await member.call("list_questions", **more) for more in ({}, {"project": "backend"})]
    return " ".join(f"{each!r} {each.text()}" for each in found)


async def brought_to_word(which: str, ada: Member, bob: Member) -> tuple[Member, int]:
    """A question in which a word stands, in a message of somebody."""
    number = await ask(ada, f"Is it {SECRET}?" if which == "asked" else "What is it?")
    asked = (await until(ada, number, "asked")).message_id
    assert len(await inbox(bob)) == 1
    if which == "asked":
        return ada, asked
    if which == "answered":
        await bob.call("answer_question", question_id=number, answer=f"It is {SECRET}.")
        return bob, (await until(ada, number, "answered")).answer_id
    words = f"Not {SECRET}?" if which == "asked back" else "Which?"
    back = (await bob.call("ask_back", question_id=number, content=words)).exchanges[0].asked_id
    if which == "asked back":
        return bob, back
    said = await ada.call("send_message", channel="dm:bob", content=f"The {SECRET} one.", replyTo=back)
    await until(ada, number, "asked")
    return ada, said.id


@pytest.mark.parametrize("how", ["deleted", "edited"])
@pytest.mark.parametrize("which", ["asked", "asked back", "said", "answered"])
async def test_what_was_deleted_or_edited_away_is_read_nowhere(
    team: TestTeam, ada: Member, bob: Member, which: str, how: str
) -> None:
    author, message = await brought_to_word(which, ada, bob)
    await team.server.settle()
    assert SECRET in await everything(ada, bob, team.owner)
    if how == "deleted":
        await author.call("delete_message", message_id=message)
    else:
        written = (await author.call("get_message", message_id=message)).content
        await author.call("edit_message", message_id=message, content=written.replace(SECRET, "xyzzy"))
    await team.server.settle()
    found = await everything(ada, bob, team.owner)
    assert SECRET not in found
    assert ("xyzzy" in found) == (how == "edited")
    assert "answer_question 1, or by a reply" not in found, "what the server wrote around the words is no part of them"


async def test_a_question_that_follows_repeats_no_words_that_are_gone(team: TestTeam, ada: Member, bob: Member) -> None:
    author, message = await brought_to_word("answered", ada, bob)
    await author.call("delete_message", message_id=message)
    await team.server.settle()
    second = await ask(ada, "And now?", follows=1)
    asked = (await until(ada, second, "asked")).message_id
    assert SECRET not in (await bob.call("get_message", message_id=asked)).content


async def test_an_edit_says_whether_somebody_cannot_say(team: TestTeam, ada: Member, bob: Member) -> None:
    number = await ask(ada)
    message = (await until(ada, number, "asked")).message_id
    sent = await bob.call("send_message", channel="dm:ada", content="v2", replyTo=message)
    await until(ada, number, "answered")
    await bob.call("edit_message", message_id=sent.id, content="cannot_say: I was wrong")
    found = await until(ada, number, "cannot_say")
    assert found.answer == "I was wrong"
    await bob.call("edit_message", message_id=sent.id, content="v3")
    assert (await until(ada, number, "answered")).answer == "v3"


async def test_an_answer_that_was_deleted_can_be_given_again(team: TestTeam, ada: Member, bob: Member) -> None:
    number = await ask(ada)
    await until(ada, number, "asked")
    await bob.call("answer_question", question_id=number, answer="v2")
    first = (await until(ada, number, "answered")).answer_id
    with pytest.raises(Conflict, match="bob has answered"):
        await bob.call("answer_question", question_id=number, answer="v3")
    await bob.call("delete_message", message_id=first)
    await until_answer(ada, number, "")
    await bob.call("answer_question", question_id=number, answer="v3")
    found = await until_answer(ada, number, "v3")
    assert (found.state, found.answered_by, found.answer_id > first) == ("answered", "bob", True)


async def test_nobody_answers_one_who_has_left(team: TestTeam, ada: Member, bob: Member) -> None:
    number = await ask(ada)
    await until(ada, number, "asked")
    assert len(await inbox(bob)) == 1
    await team.owner.call("retire_agent", name="ada")
    await team.server.settle()
    with pytest.raises(Gone, match="question_id: ada, who has asked it, was retired"):
        await bob.call("answer_question", question_id=number, answer="v2")


async def test_waiting_for_the_reply_to_no_message_names_the_field(ada: Member) -> None:
    with pytest.raises(NotFound, match="message_ids: you have sent no message 9999"):
        await ada.call("wait_for_answers", message_ids=[9999], timeout=0)
