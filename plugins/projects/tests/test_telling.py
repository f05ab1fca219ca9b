"""Messages to those who work for a project: whom they reach, and whom they wake."""

from __future__ import annotations

import pytest

from plugins.projects.tests.asking import inbox, project
from teammcp import Conflict, Forbidden, InvalidInput
from teammcp.testing import Member, TestTeam


@pytest.fixture
async def eve(team: TestTeam, bob: Member) -> Member:
    """She works in backend, too, and does not answer."""
    eve = await team.agent("eve")
    await team.owner.call("set_project_agents", project="backend", agents=["bob", "eve"], answerers=["bob"])
    return eve


async def test_a_message_reaches_who_answers_or_who_is_named(ada: Member, bob: Member, eve: Member) -> None:
    await bob.call("get_me")
    sent = await ada.call("teams_send_message", projects=["backend"], content="we move to v3")
    assert [(each.agent, each.project, each.here) for each in sent.reached] == [("bob", "backend", True)]
    assert await inbox(bob) == ["To backend on behalf of web:\n\nwe move to v3"]
    sent = await ada.call("teams_send_message", projects=["Backend"], content="and you", agents=["Eve"])
    assert [each.agent for each in sent.reached] == ["eve"]
    with pytest.raises(InvalidInput, match="ada does not work in backend"):
        await ada.call("teams_send_message", projects=["backend"], content="x", agents=["eve", "ada"])


async def test_a_message_sent_again_under_its_key_is_sent_once(ada: Member, bob: Member) -> None:
    body = {"projects": ["backend"], "content": "once"}
    answers = [
        (await ada.http.post("/api/projects/messages", json=body, headers={"Idempotency-Key": "k"})).json()
        for _ in range(2)
    ]
    assert answers[0] == answers[1]
    assert len(await inbox(bob)) == 1


async def test_a_notice_reaches_all_who_work_there_and_wakes_nobody(ada: Member, bob: Member, eve: Member) -> None:
    told = await ada.call("teams_notify", projects=["backend"], content="the build is green")
    assert [each.agent for each in told.reached] == ["bob", "eve"]
    for member in (bob, eve):
        assert (await member.call("wait_for_messages", timeout=0)).messages == []
        assert await inbox(member) == ["To backend on behalf of web:\n\nthe build is green"]


@pytest.mark.parametrize("verb", ["teams_send_message", "teams_notify"])
async def test_who_may_not_ask_writes_nothing_and_nobody_there_is_said(
    team: TestTeam, ada: Member, bob: Member, verb: str
) -> None:
    await project(team, "empty")
    with pytest.raises(Conflict, match="set_project_agents"):
        await ada.call(verb, projects=["backend", "empty"], content="x")
    await team.owner.call("update_project", project="backend", askers=["@bob"])
    with pytest.raises(Forbidden, match="you may not ask backend"):
        await ada.call(verb, projects=["backend"], content="x")
    assert await inbox(bob) == [], "nothing was half sent"
