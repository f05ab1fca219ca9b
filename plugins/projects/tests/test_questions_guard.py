"""Questions and the guard at its defaults: who asks and answers much is no loop, who only talks is stopped."""

from __future__ import annotations

from typing import Any

import pytest

from plugins.projects.tests.asking import ask, until
from teammcp import Conflict, Refused
from teammcp.testing import Member, MovedClock, TestTeam

GUARD: dict[str, Any] = {}
"""The guard as it comes."""
pytestmark = pytest.mark.teammcp(plugins={"guard": GUARD})


async def test_thirty_questions_and_answers_of_a_minute_are_no_loop(
    clock: MovedClock, team: TestTeam, ada: Member, bob: Member
) -> None:
    for _ in range(15):
        for asker, answerer, name in ((ada, bob, "backend"), (bob, ada, "web")):
            await until(asker, number := await ask(asker, "Which version?", name), "asked")
            await answerer.call("answer_question", question_id=number, answer="v2")
            assert (await asker.call("get_question", question_id=number)).state == "answered"
            clock.advance(seconds=1)
    assert (await team.owner.call("list_loops")).loops == []


async def talk(clock: MovedClock, ada: Member, bob: Member, **more: Any) -> int:
    """Two write to each other, one after the other, until they are stopped; after how many messages."""
    for sent in range(30):
        sender, other = ((bob, "ada"), (ada, "bob"))[sent % 2]
        try:
            await sender.call("send_message", channel=f"dm:{other}", content=f"thanks {sent}", **more)
        except Refused:
            return sent
        clock.advance(seconds=1)
    return 30


async def test_a_message_that_only_looks_like_an_answer_counts(clock: MovedClock, ada: Member, bob: Member) -> None:
    await until(ada, number := await ask(ada), "asked")
    forged = {"answers_question": number, "question_id": number, "asks_back": number}
    assert await talk(clock, ada, bob, metadata=forged) == 12


async def test_what_is_asked_back_for_ever_ends_by_the_bound_of_its_question(
    clock: MovedClock, team: TestTeam, ada: Member, bob: Member
) -> None:
    await until(ada, number := await ask(ada), "asked")
    for turn in range(10):
        await bob.call("ask_back", question_id=number, content=f"Which one? {turn}")
        await ada.call("answer_question", question_id=number, answer=f"That one. {turn}")
        await until(ada, number, "asked")
        clock.advance(seconds=1)
    with pytest.raises(Conflict, match="10 things were asked back"):
        await bob.call("ask_back", question_id=number, content="Which one?")
    await bob.call("answer_question", question_id=number, answer="I cannot say", cannot_say=True)
    assert (await team.owner.call("list_loops")).loops == []


async def test_two_that_only_talk_are_stopped_beside_their_questions(
    clock: MovedClock, ada: Member, bob: Member
) -> None:
    await until(ada, number := await ask(ada), "asked")
    await bob.call("answer_question", question_id=number, answer="v2")
    assert await talk(clock, ada, bob) == 12
    await until(ada, following := await ask(ada), "asked")
    await bob.call("answer_question", question_id=following, answer="v3")
    assert (await ada.call("get_question", question_id=following)).answer == "v3"
