"""The board and the lists of tasks, without JavaScript, and the fragments that live.js asks for."""

from __future__ import annotations

from teammcp.testing import MovedClock, TestTeam
from tests.webkit import Page, visiting

FRAGMENT = {"X-Fragment": "columns"}


def cards(page: Page) -> dict[str, list[str]]:
    """The tasks of each column, by id."""
    found: dict[str, list[str]] = {}
    for _, values in page.tags:
        if "data-status" in values:
            found[values["data-status"]] = []
        elif values.get("class") == "task-card":
            found[list(found)[-1]].append(values["data-task"])
    return found


def shown(page: Page) -> list[str]:
    """The tasks of a list, by id."""
    return [values["data-task"] for tag, values in page.tags if tag == "tr" and "data-task" in values]


# -- the board ---------------------------------------------------------------------------------------------------------


async def test_the_board_shows_what_is_urgent_first_and_what_was_done_last(team: TestTeam, clock: MovedClock) -> None:
    for title, priority in (("low", "low"), ("urgent", "urgent"), ("high", "high")):
        await team.owner.call("create_task", title=title, priority=priority)
    for title in ("done first", "done last"):
        clock.advance(minutes=1)
        await team.owner.call("create_task", title=title, status="done")
    await team.owner.call("create_task", title="given up", status="failed")
    browser = await visiting(team, team.owner.key)
    board = await browser.get("/tasks")
    assert cards(board) == {"todo": ["2", "3", "1"], "doing": [], "blocked": [], "done": ["5", "4"]}
    assert cards(await browser.get("/tasks?closed=1"))["failed"] == ["6"]
    assert cards(await browser.get("/tasks?priority=high"))["todo"] == ["3"]


async def test_columns_are_fetched_alone_and_hold_fifty_cards(team: TestTeam) -> None:
    for number in range(52):
        await team.owner.call("create_task", title=f"task {number}", assignee="owner")
    browser = await visiting(team, team.owner.key)
    page = await browser.get("/tasks?assignee=me&columns=todo,blocked", **FRAGMENT)
    found = cards(page)
    assert list(found) == ["todo", "blocked"]
    assert len(found["todo"]) == 50
    more = await browser.get(page.links["50 of 52: show all"])
    assert len(shown(more)) == 50
    assert len(shown(await browser.get(more.links["Later"]))) == 2


async def test_a_card_says_what_there_is_to_say(team: TestTeam, clock: MovedClock) -> None:
    await team.owner.call("create_task", title="<b>Ship</b>", due_date="2025-12-31", labels=["x"], priority="urgent")
    await team.owner.call("create_task", title="Part", parent_id=1, status="done")
    await team.owner.call("create_task", title="Other part", parent_id=1)
    await team.owner.call("create_task", title="Wait", depends_on=[1])
    bob = await team.agent("bob")
    await bob.call("claim_task", task_id=3)
    page = await (await visiting(team, team.owner.key)).get("/tasks")
    assert "<b>Ship</b>" in page.text
    assert "Overdue" in page.text
    for label in ("Priority: Urgent", "Subtasks done", "Waits for 1 task", "bob is at it"):
        assert page.elements("svg", role="img", **{"aria-label": label}), label
    assert page.elements("progress", value="50", **{"aria-label": "Progress of #1"})


async def test_without_a_script_each_card_has_a_form_to_move_it(team: TestTeam) -> None:
    await team.owner.call("create_task", title="Write the docs")
    browser = await visiting(team, team.owner.key)
    board = await browser.get("/tasks?priority=medium")
    assert board.elements("button", form="move", name="to", value="1:doing")
    moved = await browser.send(board, "/tasks/move", to="1:doing")
    assert moved.path == "/tasks?priority=medium"
    assert cards(moved)["doing"] == ["1"]
    refused = await browser.send(moved, "/tasks/move", to="1:somewhere")
    assert refused.status == 400
    assert "status" in refused.text
    assert cards(refused)["doing"] == ["1"]
    assert (await browser.send(moved, "/tasks/move", to="nonsense")).status == 400
    assert (await browser.send(moved, "/tasks/move", to="99:doing")).status == 404


async def test_only_who_may_move_a_card_gets_the_form(team: TestTeam) -> None:
    bob, carol = await team.agent("bob", kind="human"), await team.agent("carol", kind="human")
    watcher = await team.agent("watcher", kind="human", access="observer")
    await team.owner.call("create_task", title="Given to bob", assignee="bob")
    await team.owner.call("create_task", title="For anybody")
    await team.owner.call("create_task", title="For nobody yet", depends_on=[1])
    boards = {each.name: await (await visiting(team, each.key)).get("/tasks") for each in (bob, carol, watcher)}
    movable = {
        name: [values["data-task"] for values in board.elements("li", draggable="true")]
        for name, board in boards.items()
    }
    assert movable == {"bob": ["1"], "carol": [], "watcher": []}
    takeable = {
        name: [values["formaction"] for values in board.elements("button") if "formaction" in values]
        for name, board in boards.items()
    }
    assert takeable == {"bob": ["/tasks/2/claim"], "carol": ["/tasks/2/claim"], "watcher": []}
    assert not boards["watcher"].elements("a", href="/tasks/new")


# -- lists -------------------------------------------------------------------------------------------------------------


async def test_the_list_is_filtered_sorted_and_searched(team: TestTeam) -> None:
    await team.agent("bob")
    await team.owner.call("create_goal", title="Release")
    await team.owner.call("create_task", title="Banana", assignee="bob", labels=["fruit"])
    await team.owner.call("create_task", title="Apple", goal_id=1, priority="high")
    await team.owner.call("create_task", title="Carrot", status="done")
    browser = await visiting(team, team.owner.key)
    expected = {
        "": ["2", "1", "3"],
        "sort=title": ["2", "1", "3"],
        "sort=-title": ["3", "1", "2"],
        "sort=nonsense&offset=-5&goal=x": ["2", "1", "3"],
        "status=todo": ["2", "1"],
        "status=todo,done&sort=title": ["2", "1", "3"],
        "assignee=bob": ["1"],
        "assignee=none&status=done": ["3"],
        "label=fruit": ["1"],
        "goal=1": ["2"],
        "priority=high": ["2"],
        "q=carrot": ["3"],
    }
    assert {query: shown(await browser.get(f"/tasks/list?{query}")) for query in expected} == expected
    page = await browser.get("/tasks/list?sort=title&status=todo")
    assert page.elements("th", **{"aria-sort": "ascending"})[0]["class"] == "cell-title"
    assert page.elements("a", href="/tasks/list?status=todo&sort=-title"), "the same column the other way round"
    assert (await browser.get("/tasks/list?assignee=nobody-of-that-name")).status == 404


async def test_my_work_is_what_i_can_do_something_about(team: TestTeam) -> None:
    bob = await team.agent("bob", kind="human")
    mine = [
        ("overdue", {"due_date": "2025-12-30"}),
        ("soon", {"due_date": "2026-01-02"}),
        ("at it", {"status": "doing"}),
    ]
    for title, more in (*mine, ("later", {"due_date": "2026-03-01"})):
        await team.owner.call("create_task", title=title, assignee="bob", **more)
    await bob.call("create_task", title="asked of the owner", assignee="owner")
    await team.owner.call("create_task", title="free")
    await team.owner.call("create_task", title="not for bob", requires=["juggling"])
    await team.owner.call("create_task", title="the owner's own", assignee="owner")
    page = await (await visiting(team, bob.key)).get("/tasks/mine")
    parts = [values["id"] for values in page.elements("h2") if values.get("id", "").startswith("mine-")]
    assert parts == ["mine-over", "mine-soon", "mine-doing", "mine-todo", "mine-others", "mine-free"]
    assert shown(page) == ["1", "2", "3", "4", "5", "6"]
