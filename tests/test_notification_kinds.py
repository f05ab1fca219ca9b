"""The kinds that the core's features bring: what becomes of tasks is told as that, and only as long as it is so."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from teammcp import rfc3339
from teammcp.config import Settings
from teammcp.testing import Member, MovedClock, TestTeam
from tests.notification_kit import Plugin, paged_team, told, work


@pytest.fixture
def plugin() -> Plugin:
    return Plugin()


@pytest.fixture
async def team(settings: Settings, clock: MovedClock, plugin: Plugin) -> AsyncIterator[TestTeam]:
    async with paged_team(settings, clock, plugin) as team:
        yield team


@pytest.fixture
async def bob(team: TestTeam) -> Member:
    """One who has a pager, and is told of everything at once."""
    bob = await team.agent("bob")
    await bob.call("set_notification_address", notifier="pager", address="1")
    found = await bob.call("get_notification_preferences")
    await bob.call("set_notifier", notifier="pager", urgencies={each.name: "now" for each in found.kinds})
    return bob


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ([{"status": "doing"}], "task"),
        ([{"comment": "I begin"}], "task"),
        ([{"status": "blocked", "comment": "no access"}], "blocked"),
        ([{"status": "done"}], "task_done"),
        ([{"status": "failed"}], "task_done"),
        ([{"status": "cancelled"}], "task_done"),
        ([{"status": "done", "comment": "see this @bob"}], "task_done"),
    ],
)
async def test_what_becomes_of_a_task_is_told_as_what_it_is(
    team: TestTeam, bob: Member, plugin: Plugin, changes: list[dict[str, str]], kind: str
) -> None:
    ann = await team.agent("ann")
    task = (await bob.call("create_task", title="Mend it", assignee="ann")).task
    for change in changes:
        await ann.call("update_task", task_id=task.id, **change)
    await work(team)
    [thing] = told(plugin)
    assert (thing.kind, thing.path) == (kind, f"/tasks/{task.id}")
    assert "Mend it" in thing.content


async def test_who_gets_a_task_is_told_of_it_and_later_that_it_is_due(
    team: TestTeam, bob: Member, plugin: Plugin, clock: MovedClock
) -> None:
    due = rfc3339(clock.now() + 60_000)
    task = (await team.owner.call("create_task", title="Mend it", assignee="bob", due_date=due)).task
    await work(team)
    clock.advance(minutes=2)
    await team.server.run_jobs()
    await work(team)
    assert [(each.kind, each.path) for each in told(plugin)] == [
        ("task", f"/tasks/{task.id}"),
        ("overdue", f"/tasks/{task.id}"),
    ]


async def test_many_that_are_blocked_are_one_and_one_that_goes_on_is_none(
    team: TestTeam, bob: Member, plugin: Plugin, clock: MovedClock
) -> None:
    ann = await team.agent("ann")
    await bob.call("set_notifier", notifier="pager", urgencies={"blocked": "batch", "task": "never"})
    tasks = [(await bob.call("create_task", title=f"Part {number}", assignee="ann")).task for number in range(11)]
    for task in tasks:
        await ann.call("update_task", task_id=task.id, status="blocked")
    await ann.call("update_task", task_id=tasks[0].id, status="doing")
    await ann.call("update_task", task_id=tasks[1].id, status="doing")
    await work(team)
    clock.advance(minutes=11)
    await work(team)
    [came] = plugin.pager.came
    assert came.content == "9 tasks are blocked"
