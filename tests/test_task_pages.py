"""Pages of tasks and goals without JavaScript, and the fragments that live.js asks for."""

from __future__ import annotations

from typing import Any

import pytest

from teammcp import Deferred, hookimpl
from teammcp.testing import Member, MovedClock, TestTeam
from tests.webkit import Page, visiting

FRAGMENT = {"X-Fragment": "columns"}


async def task(member: Member, task_id: int = 1) -> Any:
    return (await member.call("get_task", task_id=task_id)).task


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


# -- one task ----------------------------------------------------------------------------------------------------------


async def test_a_task_is_made_edited_finished_and_deleted_by_forms(team: TestTeam) -> None:
    browser = await visiting(team, team.owner.key)
    typed = {"title": "Write the docs", "labels": "docs, release", "due_day": "2026-01-02", "due_time": "14:30"}
    page = await browser.send(await browser.get("/tasks/new"), "/tasks/new", **typed, priority="high")
    assert page.path == "/tasks/1"
    made = await task(team.owner)
    assert (made.title, made.labels, made.priority) == ("Write the docs", ["docs", "release"], "high")
    assert made.due_date == 1_767_364_200_000

    form = await browser.get("/tasks/1/edit")
    assert form.form("/tasks/1/edit").values["due_time"] == "14:30"
    page = await browser.send(form, "/tasks/1/edit", due_day="", due_time="", labels="docs", weight="3", priority="low")
    edited = await task(team.owner)
    assert (edited.due_date, edited.labels, edited.weight, edited.priority) == (None, ["docs"], 3, "low")
    assert "Priority: High → becomes Low" in page.text
    assert "Labels: docs, release → becomes docs" in page.text

    page = await browser.send(await browser.get("/tasks/1/done"), "/tasks/1/done", result="All **pages** written")
    assert "Result All pages written" in page.text
    assert (await task(team.owner)).status == "done"
    page = await browser.send(page, "/tasks/1/change", status="todo")
    assert (await task(team.owner)).status == "todo"

    gone = await browser.send(await browser.get("/tasks/1/delete"), "/tasks/1/delete")
    assert gone.path == "/tasks"
    assert (await browser.get("/tasks/1")).status == 404


async def test_nothing_typed_is_lost_when_it_is_refused(team: TestTeam) -> None:
    browser = await visiting(team, team.owner.key)
    form = await browser.get("/tasks/new")
    for wrong in ({"parent_id": "x"}, {"parent_id": "99"}, {"depends_on": "#4 no"}, {"due_day": "x", "due_time": "y"}):
        refused = await browser.send(form, "/tasks/new", title="My task", description="All of it", **wrong)
        assert refused.status == 400, wrong
        assert next(iter(wrong)).partition("_")[0] in refused.text
        assert refused.form("/tasks/new").values["title"] == "My task"
        assert "All of it" in refused.text
    await team.owner.call("create_task", title="x")
    page = await browser.get("/tasks/1")
    refused = await browser.send(page, "/tasks/1/comment", comment="y" * 5001)
    assert refused.status == 400
    assert "y" * 5001 in refused.response.text


async def test_people_talk_split_and_take_tasks(team: TestTeam) -> None:
    bob = await team.agent("bob", kind="human")
    await team.owner.call("create_task", title="Move house")
    browser = await visiting(team, bob.key)
    page = await browser.send(await browser.get("/tasks/1"), "/tasks/1/comment", comment="By **truck**?")
    assert "bob just now By truck ?" in page.text
    page = await browser.send(page, "/tasks/1/subtasks", title="Pack the books")
    assert "Subtasks 0/1" in page.text
    page = await browser.send(page, "/tasks/1/claim")
    assert (await task(bob)).lease.agent == "bob"
    assert "bob is at it" in page.text
    page = await browser.send(page, "/tasks/1/release")
    assert (await task(bob)).lease is None
    await team.owner.call("claim_task", task_id=1)
    refused = await browser.send(page, "/tasks/1/claim")
    assert refused.status == 409
    assert "owner has taken this task." in refused.text


async def test_a_long_history_is_shown_from_its_end(team: TestTeam) -> None:
    await team.owner.call("create_task", title="Talk")
    for number in range(205):
        await team.owner.call("update_task", task_id=1, comment=f"word {number}!")
    browser = await visiting(team, team.owner.key)
    page = await browser.get("/tasks/1")
    assert ("word 204!" in page.text, "word 0!" in page.text) == (True, False)
    first = await browser.get(page.links["From the beginning"])
    assert ("word 204!" in first.text, "word 0!" in first.text) == (False, True)
    assert "word 204!" in (await browser.get(first.links["What came later"])).text


async def test_finishing_says_what_may_be_begun_now(team: TestTeam) -> None:
    await team.owner.call("create_task", title="First")
    await team.owner.call("create_task", title="Then", depends_on=[1])
    browser = await visiting(team, team.owner.key)
    assert "Waits for 1 task that is not done yet." in (await browser.get("/tasks/2")).text
    page = await browser.send(await browser.get("/tasks/1/done"), "/tasks/1/done")
    assert "Nothing stands in the way of #2 any more." in page.text


async def test_an_assignee_edits_what_is_of_the_work_and_others_look(team: TestTeam) -> None:
    bob = await team.agent("bob", kind="human")
    carol, watcher = await team.agent("carol", kind="human"), await team.agent("watcher", access="observer")
    await team.owner.call("create_task", title="Paint", assignee="bob")
    browser = await visiting(team, bob.key)
    form = await browser.get("/tasks/1/edit")
    assert set(form.form("/tasks/1/edit").values) == {"csrf", "labels", "progress"}
    await browser.send(form, "/tasks/1/edit", progress="30", checkin_interval="daily")
    assert ((await task(bob)).progress, (await task(bob)).checkin_interval) == (30, "daily")
    assert not (await browser.get("/tasks/1")).elements("a", href="/tasks/1/delete")

    looking = await visiting(team, carol.key)
    page = await looking.get("/tasks/1")
    assert [form.action for form in page.forms if form.action.startswith("/tasks")] == [
        "/tasks/1/subtasks",
        "/tasks/1/comment",
    ]
    refused = await looking.http.post("/tasks/1/change", data={**page.forms[-1].values, "status": "done"})
    assert refused.status_code == 403
    assert "you cannot modify &#39;status&#39;; ask owner or a manager" in refused.text
    page = await (await visiting(team, watcher.key)).get("/tasks/1")
    assert [form.action for form in page.forms if form.action.startswith("/tasks")] == []


async def test_a_private_task_is_no_more_than_a_number_to_others(team: TestTeam) -> None:
    bob = await team.agent("bob", kind="human")
    await team.owner.call("create_channel", id="secret", type="topic")
    await team.owner.call("create_task", title="Buy the company", channel="secret")
    await team.owner.call("create_task", title="Tell the press", depends_on=[1])
    browser = await visiting(team, bob.key)
    assert (await browser.get("/tasks/1")).status == 404
    assert (await browser.get("/tasks/1/done")).status == 404
    page = await browser.get("/tasks/2")
    assert "#1 a task that you may not see" in page.text
    for path in ("/tasks", "/tasks/list", "/tasks/mine", "/tasks/2"):
        assert "Buy the company" not in (await browser.get(path)).text


class Approver:
    """A plugin that lets nothing be changed at once."""

    @hookimpl
    def before_task_change(self, context: Any, change: Any) -> Any:
        return Deferred({"waits": True}) if change.action == "done" else None


@pytest.mark.teammcp(install={"approver": Approver()})
async def test_a_change_that_waits_says_so(team: TestTeam) -> None:
    await team.owner.call("create_task", title="Ship")
    browser = await visiting(team, team.owner.key)
    page = await browser.send(await browser.get("/tasks/1"), "/tasks/1/change", status="done")
    assert page.status == 202
    assert "This waits for approval." in page.text


# -- from a message ----------------------------------------------------------------------------------------------------


async def test_a_message_becomes_a_task_once(team: TestTeam) -> None:
    sent = await team.owner.call("send_message", channel="general", content="**Login** is blank\n\nin Safari")
    browser = await visiting(team, team.owner.key)
    stream = await browser.get("/channels/general")
    assert stream.links["Make a task of it"] == f"/tasks/new?message={sent.id}"
    form = await browser.get(f"/tasks/new?message={sent.id}")
    assert form.form("/tasks/new").values["title"] == "Login is blank"
    page = await browser.send(form, "/tasks/new", priority="high")
    assert page.path == "/tasks/1"
    made = await task(team.owner)
    assert (made.source_msg, made.channel, made.priority) == (sent.id, "general", "high")
    assert page.links["a message"] == f"/messages/{sent.id}"
    assert (await browser.get(f"/tasks/new?message={sent.id}")).path == "/tasks/1", "it is one already"
    stream = await browser.get("/channels/general")
    assert stream.links["Task 1 · To do"] == "/tasks/1"
    (created,) = await team.events("task.created")
    assert created.data["message_id"] == sent.id


async def test_the_task_of_a_message_is_shown_to_those_who_may_see_it(team: TestTeam) -> None:
    bob = await team.agent("bob", kind="human")
    await team.owner.call("create_channel", id="secret", type="topic")
    sent = await team.owner.call("send_message", channel="general", content="hello")
    await team.owner.call("create_task", title="x", source_msg=sent.id, channel="secret")
    assert "Task 1" in (await (await visiting(team, team.owner.key)).get("/channels/general")).text
    browser = await visiting(team, bob.key)
    assert "Task 1" not in (await browser.get("/channels/general")).text
    assert (await browser.get(f"/tasks/new?message={sent.id}")).path == f"/tasks/new?message={sent.id}"


# -- goals -------------------------------------------------------------------------------------------------------------


async def test_goals_are_made_nested_changed_and_reached(team: TestTeam) -> None:
    browser = await visiting(team, team.owner.key)
    page = await browser.send(await browser.get("/goals/new"), "/goals/new", title="Release", description="*All* of it")
    assert page.path == "/goals/1"
    await browser.send(await browser.get("/goals/new?parent=1"), "/goals/new", title="Docs", parent_id="1")
    await team.owner.call("create_task", title="Guide", goal_id=2, status="done")
    await team.owner.call("create_task", title="Reference", goal_id=2)
    page = await browser.get("/goals")
    assert page.elements("progress", value="50", **{"aria-label": "Progress of Release"})
    assert "goal-depth-1" in page.elements("li", **{"data-goal": "2"})[0]["class"]
    assert "1 to do 1 done" in page.text
    page = await browser.get("/goals/2")
    assert shown(page) == ["2", "1"]

    form = await browser.get("/goals/2/edit")
    assert form.form("/goals/2/edit").values["title"] == "Docs"
    page = await browser.send(form, "/goals/2/edit", title="Documentation", status="achieved", parent_id="")
    assert "Achieved" in page.text
    page = await browser.get("/goals")
    assert [values["data-goal"] for values in page.elements("li") if "data-goal" in values] == ["1"]
    assert "Documentation" in (await browser.get("/goals?closed=1")).text
    refused = await browser.send(await browser.get("/goals/1/edit"), "/goals/1/edit", title="")
    assert refused.status == 400


@pytest.mark.parametrize(
    "path", ["/tasks", "/tasks?closed=1", "/tasks/list", "/tasks/mine", "/tasks/new", "/goals", "/goals/new"]
)
async def test_pages_of_a_team_without_tasks(team: TestTeam, path: str) -> None:
    page = await (await visiting(team, team.owner.key)).get(path)
    assert page.status == 200
    assert page.elements("a", href="/tasks", **{"aria-current": "page"}), "the navigation shows where one is"
