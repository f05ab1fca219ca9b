"""Pages of tasks and goals without JavaScript: forms do everything. The board is in ``test_task_board.py``."""

from __future__ import annotations

from typing import Any

import pytest

from teammcp import Deferred, hookimpl
from teammcp.testing import Member, TestTeam
from tests.webkit import visiting


async def task(member: Member, task_id: int = 1) -> Any:
    return (await member.call("get_task", task_id=task_id)).task


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
    for wrong in (
        {"parent_id": "x"},
        {"parent_id": "99"},
        {"depends_on": "#4 no"},
        {"due_day": "x", "due_time": "y"},
        {"due_time": "14:00"},
        {"labels": "b@d"},
    ):
        refused = await browser.send(form, "/tasks/new", title="My task", description="All of it", **wrong)
        assert refused.status == 400, wrong
        (about,) = refused.elements("p", **{"class": "notice notice-error"})
        assert about["data-field"] in {*wrong, "due_date"}, wrong
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
    assert set(form.form("/tasks/1/edit").values) == {"csrf", "labels", "progress", "checkin_interval"}
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
    """A plugin that makes it wait when a task is done."""

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
    assert [values["data-task"] for values in page.elements("tr") if values] == ["2", "1"]

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
    "path",
    [
        "/tasks/new?message=99999999999999999999",
        "/tasks/new?message=-1&parent=x&goal=y",
        "/tasks/99999999999999999999",
        "/tasks/1?after=99999999999999999999",
        "/tasks/list?offset=99999999999999999999",
        "/tasks?goal=99999999999999999999",
        "/tasks?assignee=%00&label=%00&q=%00",
        "/goals/99999999999999999999",
        "/goals/0",
    ],
)
async def test_an_address_that_makes_no_sense_is_no_failure_of_the_server(team: TestTeam, path: str) -> None:
    await team.owner.log_in()
    assert (await team.owner.http.get(path)).status_code in (400, 404)


@pytest.mark.parametrize(
    "path", ["/tasks", "/tasks?closed=1", "/tasks/list", "/tasks/mine", "/tasks/new", "/goals", "/goals/new"]
)
async def test_pages_of_a_team_without_tasks(team: TestTeam, path: str) -> None:
    page = await (await visiting(team, team.owner.key)).get(path)
    assert page.status == 200
    assert page.elements("a", href="/tasks", **{"aria-current": "page"}), "the navigation shows where one is"
