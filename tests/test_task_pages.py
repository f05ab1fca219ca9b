"""Pages of tasks and goals without JavaScript, and the fragments that live.js asks for."""

from __future__ import annotations

import pytest

from teammcp.testing import TestTeam
from tests.webkit import visiting


async def test_a_task_is_made_moved_finished_and_deleted_by_forms(team: TestTeam) -> None:
    browser = await visiting(team, team.owner.key)
    form = await browser.get("/tasks/new")
    page = await browser.send(
        form, "/tasks/new", title="Write the docs", labels="docs, release", priority="high", due_day="2026-01-02"
    )
    assert page.path == "/tasks/1"
    made = (await team.owner.call("get_task", task_id=1)).task
    assert (made.title, made.labels, made.priority) == ("Write the docs", ["docs", "release"], "high")

    board = await browser.get("/tasks")
    assert board.elements("button", name="to", value="1:doing", form="move")
    await browser.send(board, "/tasks/move", to="1:doing")
    assert (await team.owner.call("get_task", task_id=1)).task.status == "doing"

    done = await browser.get("/tasks/1/done")
    page = await browser.send(done, "/tasks/1/done", result="All **pages** written")
    assert "Result All pages written" in page.text
    assert (await team.owner.call("get_task", task_id=1)).task.status == "done"

    gone = await browser.send(await browser.get("/tasks/1/delete"), "/tasks/1/delete")
    assert gone.path == "/tasks"
    assert (await browser.get("/tasks/1")).status == 404


@pytest.mark.parametrize(
    "path", ["/tasks", "/tasks?closed=1", "/tasks/list", "/tasks/mine", "/tasks/new", "/goals", "/goals/new"]
)
async def test_pages_of_a_team_without_tasks(team: TestTeam, path: str) -> None:
    page = await (await visiting(team, team.owner.key)).get(path)
    assert page.status == 200
    assert page.elements("a", href="/tasks", **{"aria-current": "page"}), "the navigation shows where one is"
