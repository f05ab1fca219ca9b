"""What an asker hears, however late, and however long it was away."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from teammcp_projects.questions.operations.lateness import look_at_late

from plugins.projects.tests.asking import ask, inbox, until
from teammcp import InvalidInput
from teammcp.testing import Member, MovedClock, TestTeam, serve


async def test_an_asker_is_told_once_that_the_time_is_over_and_late_answers_still_come(
    team: TestTeam, clock: MovedClock, ada: Member, bob: Member
) -> None:
    soon = "2026-01-01T12:10:00Z"
    held, waits = await ask(ada, reply_by=soon), await ask(ada, "And this?", reply_by=soon)
    await until(ada, held, "asked")
    assert "An answer is wanted by 2026-01-01T12:10Z" in (await inbox(bob))[0]
    await look_at_late(team.team)
    assert await inbox(ada) == []
    clock.advance(minutes=11)
    for _ in range(2):
        await look_at_late(team.team)
        await team.server.settle()
    told = await inbox(ada)
    assert len(told) == 2
    assert f"No answer in time to question {held} to backend: asked bob in message" in told[0]
    assert f"No answer in time to question {waits} to backend: queued, place 1." in told[1]
    assert (await ada.call("get_question", question_id=held)).overdue
    await bob.call("answer_question", question_id=held, answer="v2")
    assert (await until(ada, held, "answered")).answer == "v2"
    assert [each for each in await inbox(ada) if each.endswith("v2")] != []


async def test_of_what_is_answered_in_time_nothing_is_told(
    team: TestTeam, clock: MovedClock, ada: Member, bob: Member
) -> None:
    number = await ask(ada, reply_by="2026-01-01T12:10:00Z")
    await until(ada, number, "asked")
    await bob.call("answer_question", question_id=number, answer="v2")
    clock.advance(minutes=11)
    await look_at_late(team.team)
    assert len(await inbox(ada)) == 1


async def test_an_answer_that_comes_between_two_waits_is_in_the_next(ada: Member, bob: Member) -> None:
    number = await ask(ada)
    await until(ada, number, "asked")
    assert (await ada.call("wait_for_answers", question_ids=[number], timeout=0)).questions[0].state == "asked"
    await bob.call("answer_question", question_id=number, answer="v2")
    waited = await ada.call("wait_for_answers", question_ids=[number])
    assert waited.questions[0].answer == "v2"


async def test_a_wait_is_for_replies_to_messages_too(ada: Member, bob: Member) -> None:
    sent = await ada.call("teams_send_message", projects=["backend"], content="we move to v3")
    message = sent.reached[0].message_id
    assert (await ada.call("wait_for_answers", message_ids=[message], timeout=0)).replies == []
    waiting = asyncio.create_task(ada.call("wait_for_answers", message_ids=[message], timeout=20))
    await asyncio.sleep(0.05)
    reply = await bob.call("send_dm", recipient="ada", content="fine", replyTo=message)
    found = await asyncio.wait_for(waiting, 10)
    assert [(each.message_id, each.reply_id, each.agent, each.content) for each in found.replies] == [
        (message, reply.id, "bob", "fine")
    ]
    assert "bob has replied" in found.text()
    with pytest.raises(InvalidInput, match="message_ids"):
        await ada.call("wait_for_answers", timeout=0)


async def test_an_answer_to_what_was_taken_back_is_offered_to_an_asker_who_was_gone(
    team: TestTeam, ada: Member, bob: Member
) -> None:
    number = await ask(ada)
    await until(ada, number, "asked")
    await ada.call("cancel_question", question_id=number)
    team.team.presence.leave("ada")
    await bob.call("answer_question", question_id=number, answer="v2, if it still matters")
    found = await ada.call("wait_for_messages", timeout=0)  # what its program asks when it is there again
    assert [each.content.endswith("v2, if it still matters") for each in found.messages] == [True]
    assert (await ada.call("get_question", question_id=number)).answer == "v2, if it still matters"


async def test_a_call_made_again_asks_once_also_after_a_restart(settings: Any, clock: MovedClock) -> None:
    keys: dict[str, str] = {}
    answers = []
    for _ in range(2):
        async with serve(settings, clock) as app:
            team = TestTeam(app, app.server, "default")  # type: ignore[attr-defined]
            if not keys:
                await team.register_owner()
                keys = {"owner": team.owner.key, **{name: (await team.agent(name)).key for name in ("ada", "bob")}}
                await team.owner.call("add_project", name="backend")
                await team.owner.call("set_project_agents", project="backend", agents=["bob"])
            ada, bob = team.member("ada", keys["ada"]), team.member("bob", keys["bob"])
            answers.append(
                await ada.http.post(
                    "/api/questions",
                    json={"projects": ["backend"], "question": "which?"},
                    headers={"Idempotency-Key": "k"},
                )
            )
            await team.server.settle()
            assert len(await inbox(bob)) == 1
            await team.close()
    assert answers[0].json() == answers[1].json()
