"""How projects stand."""

from __future__ import annotations

import pytest
from teammcp_projects.status.models import ProjectStatus
from teammcp_projects.status.waits import next_wait

from plugins.projects.tests.asking import ask, until
from teammcp.testing import Member, MovedClock, TestTeam


async def test_it_says_who_is_at_what_and_how_long_one_would_wait(
    team: TestTeam, clock: MovedClock, ada: Member, bob: Member
) -> None:
    eve = await team.agent("eve")
    await until(ada, first := await ask(ada), "asked")
    clock.advance(minutes=2)
    await bob.call("answer_question", question_id=first, answer="v2")
    await until(ada, second := await ask(ada), "asked")
    third = await ask(eve)
    await bob.call("heartbeat", status="busy", reason="reads billing.py")
    [found] = (await ada.call("teams_get_status", projects=["backend"])).projects
    [worker] = found.answerers
    assert (worker.agent, worker.status, worker.reason, worker.question) == ("bob", "busy", "reads billing.py", second)
    assert [(each.id, each.asker, each.holder) for each in found.answering] == [(second, "ada", "bob")]
    assert (found.waiting, found.next_wait, found.yours, found.may_ask) == (1, 240, [second], True)
    assert (await eve.call("teams_get_status")).projects[0].yours == [third]
    for words in ("bob: busy", "reads billing.py", f"has question {second}", f"yours, still open: {second}"):
        assert words in found.text()


async def test_it_says_where_nobody_would_answer_now(
    team: TestTeam, clock: MovedClock, ada: Member, bob: Member
) -> None:
    async def standing() -> ProjectStatus:
        found: ProjectStatus = (await ada.call("teams_get_status", projects=["backend"])).projects[0]
        return found

    await bob.call("heartbeat", status="idle")
    assert ((await standing()).reach, (await standing()).next_wait) == ("here", 0)
    assert (await standing()).text().startswith("backend: 0 wait, the next one about 0 s")
    await bob.call("heartbeat", status="away")
    assert ((await standing()).reach, (await standing()).next_wait) == ("away", None)
    assert (await standing()).text().splitlines()[0] == "backend: nobody who answers is here"
    for _ in range(2):
        await ask(ada)
    await team.server.settle()
    assert (await standing()).text().splitlines()[0] == "backend: nobody who answers is here, 1 wait"
    await team.owner.call("set_project_agents", project="backend", agents=[])
    assert (await standing()).reach == "nobody"
    assert (await standing()).text().splitlines()[0] == "backend: nobody answers for it, 1 wait"


async def test_all_projects_come_page_by_page(team: TestTeam, ada: Member, bob: Member) -> None:
    first = await ada.call("teams_get_status", limit=1)
    assert ([each.project for each in first.projects], first.next) == (["backend"], "backend")
    last = await ada.call("teams_get_status", limit=1, after=first.next)
    assert ([each.project for each in last.projects], last.next) == (["web"], None)


@pytest.mark.parametrize(
    ("took", "waiting", "answering", "at_once", "seconds"),
    [
        ([], 0, 0, 2, 0),
        ([], 0, 2, 2, None),
        ([60_000], 0, 2, 2, 60),
        ([60_000, 120_000, 900_000], 3, 2, 2, 240),
        ([60_000], 1, 0, 0, None),
    ],
)
def test_the_next_wait_is_as_long_as_the_last_answers_took(
    took: list[int], waiting: int, answering: int, at_once: int, seconds: int | None
) -> None:
    assert next_wait(took, waiting, answering, at_once) == seconds
