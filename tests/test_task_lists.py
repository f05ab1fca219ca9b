"""Lists of tasks: each filter, each order, pages, and the same answer whether few or many fit."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from teammcp import InvalidInput, NotFound
from teammcp.features.tasks.tasks import list_queries
from teammcp.testing import Member, MovedClock, TestTeam
from teammcp.text.folding import fold_text

PRIORITIES = ["urgent", "high", "medium", "low"]


@pytest.fixture
async def alice(team: TestTeam, clock: MovedClock) -> Member:
    """A member of a team with a dozen tasks, of every kind."""
    alice, bob = await team.agent("alice"), await team.agent("bob")
    goal = (await alice.call("create_goal", title="Ship")).goal.id
    statuses = itertools.cycle(["todo", "doing", "blocked", "done", "todo"])
    for number in range(12):
        clock.advance(minutes=1)
        await (alice if number % 3 else bob).call(
            "create_task",
            title=f"{'Zebra' if number % 2 else 'apple'} 100% 登录 {number}",
            status=next(statuses),
            priority=PRIORITIES[number * 7 % 4],
            assignee=[None, "alice", "bob"][number % 3] or "",
            labels=["ui"] if number % 4 == 0 else ["api", "ui"] if number % 4 == 1 else [],
            due_date=f"2026-02-{28 - number}" if number % 2 else "",
            goal_id=goal if number < 5 else 0,
            parent_id=1 if number in (3, 6) else 0,
        )
    clock.advance(minutes=1)
    await alice.call("update_task", task_id=5, comment="touched")
    return alice


async def ids(member: Member, **arguments: Any) -> list[int]:
    listed = await member.call("list_tasks", **{"sort": "created_at", "limit": 100, **arguments})
    assert listed.total == len(listed.tasks)
    return [task.id for task in listed.tasks]


@pytest.mark.parametrize("few", [list_queries.FEW, 0], ids=["sorted", "walked"])
async def test_every_filter_and_every_order(alice: Member, monkeypatch: pytest.MonkeyPatch, few: int) -> None:
    monkeypatch.setattr(list_queries, "FEW", few)
    every = (await alice.call("list_tasks", limit=100)).tasks
    wanted: list[tuple[dict[str, Any], Any]] = [
        ({"status": "todo"}, lambda task: task.status == "todo"),
        ({"status": "todo, doing"}, lambda task: task.status in ("todo", "doing")),
        ({"priority": "urgent,low"}, lambda task: task.priority in ("urgent", "low")),
        ({"assignee": "me"}, lambda task: task.assignee == "alice"),
        ({"assignee": "Bob"}, lambda task: task.assignee == "bob"),
        ({"assignee": "none"}, lambda task: task.assignee is None),
        ({"creator": "bob", "status": "todo"}, lambda task: task.creator == "bob" and task.status == "todo"),
        ({"parent_id": 1}, lambda task: task.parent_id == 1),
        ({"parent_id": 0}, lambda task: task.parent_id is None),
        ({"goal_id": 1}, lambda task: task.goal_id == 1),
        ({"label": "UI"}, lambda task: "ui" in task.labels),
        ({"label": "api", "status": "done"}, lambda task: "api" in task.labels and task.status == "done"),
        ({"query": "APPLE"}, lambda task: task.title.startswith("apple")),
        ({"query": "登 1"}, lambda task: task.title.endswith(("1", "10", "11")) or "100%" in task.title),
        ({"query": "0% 登"}, lambda task: True),
        ({"query": "1_0"}, lambda task: False),
        ({"due_before": "2026-02-20T12:00:00Z"}, lambda task: task.id in (10, 12)),
    ]
    for arguments, fits in wanted:
        assert await ids(alice, **arguments) == sorted(task.id for task in every if fits(task)), arguments
    keys: dict[str, Any] = {
        "priority": lambda task: (-PRIORITIES.index(task.priority), -task.id),
        "created_at": lambda task: task.id,
        "updated_at": lambda task: (task.updated_at, task.id),
        "status": lambda task: (task.status, task.id),
        "title": lambda task: (fold_text(task.title), task.id),
    }
    for (sort, key), way in itertools.product(keys.items(), ("", "-")):
        ordered = [task.id for task in sorted(every, key=key, reverse=way == "-")]
        assert await ids(alice, sort=way + sort) == ordered, sort
        assert await ids(alice, sort=way + sort, status="todo,done,doing,blocked") == ordered, sort
    todo = [task.id for task in sorted(every, key=keys["priority"], reverse=True) if task.status == "todo"]
    assert await ids(alice, sort="-priority", status="todo") == todo
    for way in ("", "-"):
        due = [
            (await alice.call("get_task", task_id=one)).task.due_date for one in await ids(alice, sort=way + "due_date")
        ]
        dated = [moment for moment in due if moment is not None]
        assert dated == sorted(dated, reverse=way == "-")
        assert due[len(dated) :] == [None] * 6


@pytest.mark.parametrize("few", [list_queries.FEW, 0], ids=["sorted", "walked"])
async def test_pages(alice: Member, monkeypatch: pytest.MonkeyPatch, few: int) -> None:
    monkeypatch.setattr(list_queries, "FEW", few)
    whole = await ids(alice, sort="-priority")
    assert len(whole) == 12
    found: list[int] = []
    for offset in range(0, 15, 5):
        page = (await alice.http.get("/api/tasks", params={"limit": 5, "offset": offset})).json()
        assert (page["total"], page["limit"], page["offset"]) == (12, 5, offset)
        found += [task["id"] for task in page["tasks"]]
    assert found == whole
    behind = await alice.call("list_tasks", offset=12)
    assert (behind.tasks, behind.total) == ([], 12)


@pytest.mark.parametrize("few", [list_queries.FEW, 0], ids=["sorted", "walked"])
@pytest.mark.parametrize("sort", [way + order for order in list_queries.START for way in ("", "-")])
async def test_whoever_works_through_a_list_misses_nothing(
    alice: Member, team: TestTeam, monkeypatch: pytest.MonkeyPatch, few: int, sort: str
) -> None:
    """Each task that is shown is done at once, and so leaves the list; those behind it are shown all the same."""
    monkeypatch.setattr(list_queries, "FEW", few)
    wanted = {"status": "todo,doing,blocked", "sort": sort}
    expected = set(await ids(alice, **wanted))
    seen: list[int] = []
    more: dict[str, Any] = {}
    while True:
        page = await alice.call("list_tasks", **wanted, limit=2, **more)
        for task in page.tasks:
            seen.append(task.id)
            await team.owner.call("update_task", task_id=task.id, status="cancelled", title="Now something else")
        if page.next is None:
            break
        more = {"cursor": page.next}
    assert sorted(seen) == sorted(expected)


@pytest.mark.parametrize("cursor", ["x", "W10", "WzEsMl0", "é", "", "WyJ4IiwxLDJd", "A" * 5000])
async def test_a_cursor_of_something_else_is_refused(alice: Member, cursor: str) -> None:
    with pytest.raises(InvalidInput, match="cursor"):
        await alice.call("list_tasks", cursor=cursor)
    page = await alice.call("list_tasks", limit=2, sort="title")
    with pytest.raises(InvalidInput, match="cursor"):
        await alice.call("list_tasks", sort="-title", cursor=page.next)
    with pytest.raises(InvalidInput, match="offset"):
        await alice.call("list_tasks", sort="title", cursor=page.next, offset=2)


async def test_titles_are_sorted_and_found_as_people_read_them(team: TestTeam) -> None:
    alice = await team.agent("alice")
    for title in ("Zebra", "apple", "Äpfel", "Привет, мир", "ŁÓDŹ", "Straße"):
        await alice.call("create_task", title=title)
    titles = [task.title for task in (await alice.call("list_tasks", sort="title")).tasks]
    assert titles == ["Äpfel", "apple", "ŁÓDŹ", "Straße", "Zebra", "Привет, мир"]
    for query, title in (("привет", "Привет, мир"), ("lodz", "ŁÓDŹ"), ("STRASSE", "Straße"), ("äpf", "Äpfel")):
        assert [task.title for task in (await alice.call("list_tasks", query=query)).tasks] == [title]


async def test_a_long_list_says_where_it_goes_on(alice: Member) -> None:
    listed = await alice.call("list_tasks", limit=10)
    assert listed.text().endswith(f"(12 in all; cursor={listed.next} for more)")
    assert (await alice.call("list_tasks", query="nothing like that")).text() == "(no tasks)"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"status": "todo,open"}, "status: must be one or several of todo"),
        ({"priority": "asap"}, "priority: must be one or several of urgent"),
        ({"sort": "importance"}, "sort: must be one of priority"),
        ({"sort": "--title"}, "sort: must be one of"),
        ({"due_before": "soon"}, "due_before: must be a date"),
        ({"limit": 101}, "limit"),
        ({"offset": -1}, "offset"),
    ],
)
async def test_what_makes_no_sense_is_named(alice: Member, arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        await alice.call("list_tasks", **arguments)


async def test_a_member_that_is_not_there_is_no_filter(alice: Member, team: TestTeam) -> None:
    with pytest.raises(NotFound, match="assignee: there is no member called 'ghost'"):
        await alice.call("list_tasks", assignee="ghost")
    await team.owner.call("retire_agent", name="bob")
    assert await ids(alice, assignee="bob") == [3, 6, 9, 12]
