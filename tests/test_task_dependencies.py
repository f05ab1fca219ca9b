"""What waits for what, and how progress goes up from subtasks."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from teammcp import InvalidInput
from teammcp.testing import Member, TestTeam


@pytest.fixture
async def alice(team: TestTeam) -> Member:
    return await team.agent("alice")


async def make(member: Member, title: str = "Build it", **more: Any) -> int:
    return int((await member.call("create_task", title=title, **more)).task.id)


async def look(member: Member, task_id: int) -> Any:
    return (await member.call("get_task", task_id=task_id)).task


# -- dependencies ----------------------------------------------------------------------------------------------------


async def test_a_task_waits_until_all_it_depends_on_is_done(alice: Member) -> None:
    first, second = await make(alice), await make(alice)
    last = await make(alice, depends_on=[second, first, first])
    assert (await look(alice, last)).pending_deps == [first, second]
    assert (await alice.call("done_task", task_id=first)).unblocked == []
    assert (await look(alice, last)).pending_deps == [second]
    answer = await alice.call("done_task", task_id=second)
    assert answer.unblocked == [last]
    assert f"Unblocked: {last}." in answer.text()
    assert (await alice.call("claim_task", task_id=last)).ok


async def test_only_done_counts_as_done(alice: Member) -> None:
    first = await make(alice)
    last = await make(alice, depends_on=[first])
    for status in ("doing", "failed", "cancelled"):
        assert (await alice.call("update_task", task_id=first, status=status)).unblocked == []
        claim = await alice.call("claim_task", task_id=last)
        assert (claim.ok, claim.reason, claim.pending_deps) == (False, "deps_unmet", [first])


async def test_a_task_that_is_opened_again_is_waited_for_again(alice: Member) -> None:
    first = await make(alice)
    last = await make(alice, depends_on=[first])
    await alice.call("done_task", task_id=first)
    await alice.call("update_task", task_id=first, status="todo")
    assert (await alice.call("claim_task", task_id=last)).reason == "deps_unmet"
    assert (await alice.call("update_task", task_id=first, status="done")).unblocked == [last]


async def test_dependencies_may_be_changed(alice: Member) -> None:
    open_one, done_one = await make(alice), await make(alice, status="done")
    last = await make(alice, depends_on=[open_one])
    await alice.call("update_task", task_id=last, depends_on=[done_one])
    task = await look(alice, last)
    assert (task.depends_on, task.pending_deps) == ([done_one], [])
    assert (await alice.call("claim_task", task_id=last)).ok
    change = (await alice.call("get_task_history", task_id=last)).history[1].changes[0]
    assert (change.field, change.old, change.new) == ("depends_on", [open_one], [done_one])


async def test_what_waits_for_a_deleted_task_waits_no_longer_and_its_history_says_why(alice: Member) -> None:
    first = await make(alice)
    last = await make(alice, depends_on=[first])
    await alice.call("delete_task", task_id=first)
    entry = (await alice.call("get_task_history", task_id=last)).history[-1]
    assert (entry.comment, entry.changes[0].new) == (f"task {first} was deleted", [])
    assert (await alice.call("claim_task", task_id=last)).ok


async def test_both_ends_show_each_other(alice: Member) -> None:
    first = await make(alice, "First")
    last = await make(alice, "Last", depends_on=[first])
    assert [(ref.id, ref.title, ref.status) for ref in (await look(alice, last)).dependencies] == [
        (first, "First", "todo")
    ]
    assert [ref.id for ref in (await look(alice, first)).dependents] == [last]


async def test_a_circle_is_refused_with_its_way(alice: Member) -> None:
    one = await make(alice)
    two = await make(alice, depends_on=[one])
    three = await make(alice, depends_on=[two])
    with pytest.raises(InvalidInput) as caught:
        await alice.call("update_task", task_id=one, depends_on=[three])
    assert caught.value.code == "cycle"
    assert caught.value.data["cycle"] == f"{one} → {three} → {two} → {one}"
    with pytest.raises(InvalidInput, match=f"{one} → {one}"):
        await alice.call("update_task", task_id=one, depends_on=[one])
    assert (await look(alice, one)).depends_on == []


async def test_two_halves_of_a_circle_at_once_do_not_make_one(alice: Member) -> None:
    one, two = await make(alice), await make(alice)
    answers = await asyncio.gather(
        alice.call("update_task", task_id=one, depends_on=[two]),
        alice.call("update_task", task_id=two, depends_on=[one]),
        return_exceptions=True,
    )
    assert sum(isinstance(answer, InvalidInput) for answer in answers) == 1


def has_circle(edges: dict[int, set[int]]) -> bool:
    """The plain answer: whether some node can be reached from itself."""

    def reached(start: int) -> set[int]:
        found: set[int] = set()
        border = set(edges[start])
        while border:
            found |= border
            border = {after for one in border for after in edges[one]} - found
        return found

    return any(node in reached(node) for node in edges)


async def test_any_edges_are_taken_exactly_if_they_make_no_circle(alice: Member) -> None:
    nodes = [await make(alice) for _ in range(6)]

    @settings(max_examples=12, deadline=None, database=None)
    @given(st.lists(st.tuples(st.sampled_from(nodes), st.sets(st.sampled_from(nodes), max_size=3)), max_size=6))
    def check(steps: list[tuple[int, set[int]]]) -> None:
        plans.append(steps)

    plans: list[list[tuple[int, set[int]]]] = []
    check()
    for steps in plans:
        edges: dict[int, set[int]] = {node: set() for node in nodes}
        for node in nodes:
            await alice.call("update_task", task_id=node, depends_on=[])
        for node, wanted in steps:
            after = {**edges, node: wanted}
            try:
                await alice.call("update_task", task_id=node, depends_on=sorted(wanted))
            except InvalidInput:
                assert has_circle(after)
                continue
            assert not has_circle(after)
            edges = after
        assert {node: set((await look(alice, node)).depends_on) for node in nodes} == edges


# -- subtasks --------------------------------------------------------------------------------------------------------


async def test_progress_is_the_weighted_mean_of_the_subtasks_and_goes_all_the_way_up(
    alice: Member, team: TestTeam
) -> None:
    top = await make(alice, progress=70)
    middle = await make(alice, parent_id=top)
    light = await make(alice, parent_id=middle, progress=20)
    heavy = await make(alice, parent_id=middle, weight=3)
    assert [(await look(alice, one)).progress for one in (light, middle, top)] == [20, 5, 5]
    await alice.call("done_task", task_id=heavy)
    assert [(await look(alice, one)).progress for one in (heavy, middle, top)] == [100, 80, 80]
    await alice.call("update_task", task_id=light, status="cancelled")
    assert (await look(alice, top)).progress == 100
    await alice.call("update_task", task_id=light, status="todo", weight=9)
    assert (await look(alice, top)).progress == 40
    await alice.call("delete_task", task_id=heavy)
    assert (await look(alice, top)).progress == 20
    await alice.call("update_task", task_id=light, parent_id=0)
    assert [(await look(alice, one)).progress for one in (middle, top)] == [0, 0]
    told = {event.subject for event in await team.events("task.progress")}
    assert told == {str(middle), str(top)}


async def test_without_subtasks_that_count_progress_is_what_was_reported(alice: Member) -> None:
    parent = await make(alice, progress=30)
    child = await make(alice, parent_id=parent, progress=80)
    assert (await look(alice, parent)).progress == 80
    await alice.call("update_task", task_id=child, status="cancelled")
    assert (await look(alice, parent)).progress == 30
    await alice.call("done_task", task_id=parent)
    assert (await look(alice, parent)).progress == 100


async def test_subtasks_are_counted(alice: Member) -> None:
    parent = await make(alice)
    children = [await make(alice, f"part {number}", parent_id=parent) for number in range(3)]
    await alice.call("done_task", task_id=children[1])
    task = await look(alice, parent)
    assert (task.children_count, task.children_done) == (3, 1)
    assert [(child.id, child.status) for child in task.children] == [
        (children[0], "todo"),
        (children[1], "done"),
        (children[2], "todo"),
    ]
    listed = await alice.call("list_tasks", parent_id=0)
    assert [(task.id, task.children_count, task.children_done) for task in listed.tasks] == [(parent, 3, 1)]


async def test_a_task_is_no_part_of_itself(alice: Member) -> None:
    top = await make(alice)
    middle = await make(alice, parent_id=top)
    low = await make(alice, parent_id=middle)
    with pytest.raises(InvalidInput) as caught:
        await alice.call("update_task", task_id=top, parent_id=low)
    assert caught.value.data["cycle"] == f"{top} → {low} → {middle} → {top}"
    with pytest.raises(InvalidInput, match=f"{low} → {low}"):
        await alice.call("update_task", task_id=low, parent_id=low)


async def test_subtasks_are_nested_eight_deep_and_no_deeper(alice: Member) -> None:
    chain = [await make(alice)]
    for _ in range(7):
        chain.append(await make(alice, parent_id=chain[-1]))
    with pytest.raises(InvalidInput, match="nested 8 deep"):
        await make(alice, parent_id=chain[-1])
    tall = await make(alice)
    await make(alice, parent_id=tall)
    with pytest.raises(InvalidInput, match="nested 8 deep"):
        await alice.call("update_task", task_id=tall, parent_id=chain[-2])
    await alice.call("update_task", task_id=tall, parent_id=chain[-3])
