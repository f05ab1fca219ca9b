"""How far tasks and goals are: rounding says no more than is so, and a report that does not count is told."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from teammcp.features.tasks.progress import percent_of
from teammcp.testing import TestTeam

PARTS = st.lists(st.tuples(st.integers(1, 1000), st.integers(0, 100)), min_size=1, max_size=30)


@given(PARTS)
def test_all_is_done_only_if_every_part_is_and_nothing_only_if_none_has_begun(parts: list[tuple[int, int]]) -> None:
    progress, weights = sum(weight * done for weight, done in parts), sum(weight for weight, _ in parts)
    percent = percent_of(progress, weights)
    assert (percent == 100) == all(done == 100 for _, done in parts)
    assert (percent == 0) == all(done == 0 for _, done in parts)
    assert abs(percent - progress / weights) <= 1


def test_a_thousand_of_a_thousand_and_one_are_not_all() -> None:
    assert percent_of(100 * 1000, 1001) == 99
    assert percent_of(100, 1001) == 1
    assert percent_of(0, 0) == 0


async def test_a_goal_and_a_task_with_one_part_left_are_not_at_100_percent(team: TestTeam) -> None:
    boss = team.owner
    goal = (await boss.call("create_goal", title="Ship")).goal.id
    whole = (await boss.call("create_task", title="whole", goal_id=goal)).task.id
    heavy = (await boss.call("create_task", title="heavy", parent_id=whole, weight=1000)).task.id
    await boss.call("create_task", title="light", parent_id=whole, weight=1)
    await boss.call("update_task", task_id=heavy, status="done")
    assert (await boss.call("get_task", task_id=whole)).task.progress == 99
    assert (await boss.call("get_goal", goal_id=goal)).goal.progress == 99


async def test_a_report_that_its_subtasks_overrule_is_said_to_be_so(team: TestTeam) -> None:
    boss = team.owner
    whole = (await boss.call("create_task", title="whole")).task.id
    part = (await boss.call("create_task", title="part", parent_id=whole)).task.id
    await boss.call("update_task", task_id=part, progress=40)
    claim = await boss.call("claim_task", task_id=whole)
    report = await boss.call("update_task_progress", task_id=whole, fencing_token=claim.fencing_token, progress=60)
    assert (report.ok, report.progress) == (True, 40)
    answer = await boss.call("get_task", task_id=whole)
    assert (answer.task.progress, answer.task.reported_progress) == (40, 60)
    assert "40% (by its subtasks; 60% was reported)" in answer.text()
    await boss.log_in()
    assert "60 % was reported" in (await boss.http.get(f"/tasks/{whole}")).text
    await boss.call("update_task", task_id=part, status="cancelled")
    task = (await boss.call("get_task", task_id=whole)).task
    assert (task.progress, task.reported_progress) == (60, None)
