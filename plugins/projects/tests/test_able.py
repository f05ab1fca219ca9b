"""Who cannot answer is given nothing to answer, and who waits is told why."""

from __future__ import annotations

from typing import Any

import pytest

from plugins.projects.tests.asking import ask, inbox, project, until
from teammcp import Conflict, InvalidInput
from teammcp.testing import Member, TestTeam


async def standing(member: Member, name: str = "backend") -> Any:
    """How a project stands."""
    [found] = (await member.call("teams_get_status", projects=[name])).projects
    return found


async def test_an_observer_cannot_be_named_to_answer(team: TestTeam, ada: Member, bob: Member) -> None:
    await team.agent("oz", access="observer")
    with pytest.raises(InvalidInput, match=r"answerers: oz has the access level 'observer'.*update_agent_profile"):
        await team.owner.call("set_project_agents", project="backend", agents=["bob", "oz"], answerers=["oz"])
    with pytest.raises(InvalidInput, match="agents: oz has"):
        await team.owner.call("set_project_agents", project="backend", agents=["bob", "oz"])
    await team.owner.call("set_project_agents", project="backend", agents=["bob", "oz"], answerers=["bob"])


async def test_one_who_was_lowered_is_passed_over_and_what_it_had_is_given_to_another(
    team: TestTeam, ada: Member, bob: Member
) -> None:
    joe = await team.agent("joe")
    await team.owner.call("set_project_agents", project="backend", agents=["bob", "joe"], answerers=["bob"])
    number = await ask(ada)
    await until(ada, number, "asked")
    assert len(await inbox(bob)) == 1, "he has seen it"
    await team.owner.call("set_project_agents", project="backend", agents=["bob", "joe"], answerers=["bob", "joe"])
    await joe.call("get_me")
    await team.owner.call("update_agent_profile", name="bob", access="observer")
    await team.server.settle()
    found = await until(ada, number, "asked")
    assert found.holder == "joe"


async def test_where_nobody_can_answer_that_is_said_with_the_remedy(team: TestTeam, ada: Member, bob: Member) -> None:
    first, second = await ask(ada), await ask(ada)
    await until(ada, first, "asked")
    await team.owner.call("update_agent_profile", name="bob", access="observer")
    await team.server.settle()
    for number in (first, second):
        found = await until(ada, number, "queued")
        assert found.trouble.startswith("Nobody answers for backend now.")
        assert "bob has the access level 'observer'" in found.trouble
    now = await standing(ada)
    assert (now.reach, now.next_wait, now.trouble) == ("nobody", None, found.trouble)
    assert found.trouble[:20] in now.text()
    with pytest.raises(Conflict, match="projects: nobody answers for backend") as none:
        await ada.call("teams_ask", projects=["backend"], question="And now?")
    assert "but you" not in none.value.detail
    await team.owner.call("update_agent_profile", name="bob", access="member")
    await team.server.settle()
    await until(ada, first, "asked")


async def test_a_former_answerer_loses_what_it_has_not_seen_and_keeps_what_it_has(
    team: TestTeam, ada: Member, bob: Member
) -> None:
    joe = await team.agent("joe")
    await joe.call("get_me")
    number = await ask(ada)
    await until(ada, number, "asked")
    both = ["bob", "joe"]
    await team.owner.call("set_project_agents", project="backend", agents=both, answerers=["joe"])
    await team.server.settle()
    assert (await until(ada, number, "asked")).holder == "joe"
    assert await inbox(bob) == []
    assert len(await inbox(joe)) == 1
    later = await ask(ada)
    await team.owner.call("set_project_agents", project="backend", agents=both, answerers=["bob"])
    await team.server.settle()
    kept, waits = [await ada.call("get_question", question_id=each) for each in (number, later)]
    assert (kept.holder, kept.trouble) == (
        "joe",
        "joe, who has seen it and may still answer, answers for backend no more.",
    )
    assert waits.trouble == f"It waits for question {number}, which joe has: {kept.trouble}"
    assert (await standing(ada)).trouble == kept.trouble


async def test_with_nobody_named_to_answer_the_form_as_it_is_changes_nothing(team: TestTeam) -> None:
    await team.agent("bob")
    await project(team, "backend", "bob", answerers=[])
    [before] = (await team.owner.call("get_project", project="backend")).agents
    assert not before.answers
