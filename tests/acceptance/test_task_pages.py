"""Tasks in a real browser: cards moved by pointer and keyboard, and pages that follow what others do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.acceptance.browser import Api, Person, Street, api
from tests.live import LiveServer

pytestmark = [pytest.mark.acceptance, pytest.mark.browser]


@pytest.fixture
async def street(browser: Browser, live: LiveServer) -> AsyncIterator[Street]:
    """People with browsers, whose consoles must stay quiet."""
    found = Street(browser, live)
    yield found
    await found.close()


@pytest.fixture
def keys(live: LiveServer) -> dict[str, str]:
    """A team of two people."""
    found = {"Maya": live.register("Maya", kind="human")}
    found["Jonas"] = api(live, found["Maya"])("register_agent", name="Jonas", kind="human")["apiKey"]
    return found


@pytest.fixture
def maya(live: LiveServer, keys: dict[str, str]) -> Api:
    """What Maya does over REST."""
    return api(live, keys["Maya"])


def card(person: Person, column: str, title: str) -> Locator:
    """A card of the board, in a column."""
    return person.page.locator(f"#column-{column} .task-card", has_text=title)


def status(call: Api, task_id: int) -> Any:
    return call("get_task", task_id=task_id)["task"]["status"]


async def test_a_card_is_dragged_and_moves_in_other_windows_too(
    street: Street, keys: dict[str, str], maya: Api
) -> None:
    for title in ("Write the guide", "Read the guide"):
        maya("create_task", title=title)
    here, there = await street.person(keys["Maya"]), await street.person(keys["Jonas"])
    await here.open("/tasks")
    await there.open("/tasks")
    await expect(card(there, "todo", "Write")).to_have_attribute("data-task", "1")

    await card(here, "todo", "Write").drag_to(here.page.locator("#column-doing"))
    await expect(card(here, "doing", "Write")).to_be_visible()
    await expect(card(there, "doing", "Write")).to_be_visible()
    await expect(there.page.locator("#column-todo .count")).to_have_text("1")
    assert status(maya, 1) == "doing"

    maya("create_task", title="An urgent thing", priority="urgent")
    await expect(here.page.locator("#column-todo .task-card").first).to_contain_text("An urgent thing")
    maya("delete_task", task_id=2)
    await expect(card(there, "todo", "Read")).to_have_count(0)
    await expect(there.page.locator("#column-blocked .column-empty")).to_be_visible()
    await expect(there.page.locator("#column-doing .column-empty")).to_be_hidden()


async def opened(page: Page, details: str) -> None:
    """Open what is folded, with the keyboard: a key that comes while the page is drawn anew is lost."""
    async with asyncio.timeout(20):
        while await page.locator(details).get_attribute("open") is None:
            await page.locator(f"{details} > summary").press("Enter")
            await page.wait_for_timeout(300)


async def test_a_card_is_moved_with_the_keyboard_alone(street: Street, keys: dict[str, str], maya: Api) -> None:
    for title in ("First", "Second"):
        maya("create_task", title=title)
    here = await street.person(keys["Maya"])
    await here.open("/tasks")
    page = here.page
    await page.get_by_role("link", name="First").focus()
    await page.keyboard.press("ArrowDown")
    await expect(page.get_by_role("link", name="Second")).to_be_focused()
    await page.keyboard.press("Shift+ArrowRight")
    await expect(card(here, "doing", "Second")).to_be_visible()
    await expect(page.locator("#said")).to_have_text("Moved to Doing")
    await expect(page.locator("#column-doing .count")).to_have_text("1")
    await expect(page.get_by_role("link", name="Second")).to_be_focused()
    await page.keyboard.press("ArrowLeft")
    await expect(page.get_by_role("link", name="First")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="First")).to_be_visible()
    await page.get_by_role("button", name="Begin").press("Enter")
    await expect(page.locator("#task-facts")).to_contain_text("Doing")
    assert await page.evaluate("document.activeElement.closest('#task-facts') !== null"), "one stays near the button"
    await opened(page, "#task-more")
    await page.get_by_role("button", name="To do").press("Enter")
    await expect(page.locator("#task-facts")).to_contain_text("To do")
    assert [status(maya, number) for number in (1, 2)] == ["todo", "doing"]

    await here.open("/tasks")
    menu = card(here, "doing", "Second").locator("summary")
    await menu.focus()
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="Done").press("Enter")
    await expect(card(here, "done", "Second")).to_be_visible()


async def test_a_move_that_is_refused_is_taken_back_and_explained(
    street: Street, keys: dict[str, str], maya: Api
) -> None:
    maya("set_state", field="phase", value="Plan")
    maya("create_task", title="Ship it", assignee="Jonas", related_state="phase", target_value="Shipped")
    jonas = await street.person(keys["Jonas"])
    await jonas.open("/tasks")
    await card(jonas, "todo", "Ship it").drag_to(jonas.page.locator("#column-done"))
    await expect(jonas.page.locator("#notice")).to_contain_text("Maya")
    await expect(card(jonas, "todo", "Ship it")).to_be_visible()
    await expect(jonas.page.locator("#said")).to_have_text("Not moved")
    assert status(maya, 1) == "todo"

    maya("create_task", title="Not his")
    await jonas.page.get_by_role("link", name="Not his").focus()
    await jonas.page.keyboard.press("Shift+ArrowRight")
    await expect(jonas.page.locator("#connection")).to_contain_text("Only who has this task")
    assert status(maya, 2) == "todo"
    jonas.troubles.clear()  # the browser notes each answer that is an error


async def test_a_form_that_is_refused_leads_to_the_field_that_is_wrong(
    street: Street, keys: dict[str, str], maya: Api
) -> None:
    here = await street.person(keys["Maya"])
    await here.open("/tasks")
    form = here.page.get_by_role("dialog")
    await here.page.get_by_role("link", name="New task", exact=True).click()
    await form.get_by_label("Title").fill("Paint the fence")
    await form.locator("summary").click()
    await form.get_by_label("Waits for tasks").fill("#99")
    await form.get_by_role("button", name="Create the task").click()
    await expect(here.page.locator("#notice")).to_contain_text("there is no task 99")
    await expect(here.page.get_by_label("Waits for tasks")).to_be_focused()
    await expect(here.page.get_by_label("Title")).to_have_value("Paint the fence")
    here.troubles.clear()


async def test_a_task_follows_what_others_do_and_keeps_what_one_types(
    street: Street, keys: dict[str, str], maya: Api
) -> None:
    maya("create_task", title="Find the leak", assignee="Jonas")
    jonas = await street.person(keys["Jonas"])
    await jonas.open("/tasks/1")
    page = jonas.page
    field = page.get_by_label("Comment")
    await field.fill("half a thought")
    maya("update_task", task_id=1, priority="urgent", comment="It is in the **cache**.")
    await expect(page.locator("#task-history")).to_contain_text("It is in the cache.")
    await expect(page.locator("#task-history .step-new")).to_have_text("Urgent")
    await expect(page.locator("#task-facts")).to_contain_text("Urgent")
    await expect(field).to_have_value("half a thought")

    maya("create_task", title="Read the log", parent_id=1)
    await expect(page.locator("#task-around")).to_contain_text("Read the log")
    maya("done_task", task_id=2)
    await expect(page.locator("#task-around .count")).to_have_text("1/1")

    await field.fill("Found it.")
    await page.get_by_role("button", name="Comment").click()
    await expect(page.locator("#task-history")).to_contain_text("Found it.")
    await expect(field).to_have_value("")
    await page.get_by_role("link", name="Done…").click()
    await page.locator("dialog").get_by_label("What came of it?").fill("A missing `close`")
    await page.locator("dialog").get_by_role("button", name="It is done").click()
    await expect(page.locator("#task-summary")).to_contain_text("A missing close")
    assert status(maya, 1) == "done"


async def test_a_message_becomes_a_task_and_shows_how_it_is_going(
    street: Street, keys: dict[str, str], maya: Api
) -> None:
    maya("send_message", channel="general", content="The **login page** is blank in Safari.")
    jonas, here = await street.person(keys["Jonas"]), await street.person(keys["Maya"])
    await jonas.open("/channels/general")
    await here.open("/channels/general")
    message = here.message("login page")
    await message.hover()
    await message.locator("summary[title=More]").click()
    await message.get_by_role("link", name="Make a task of it").click()
    dialog = here.page.locator("dialog")
    await expect(dialog.get_by_label("Title")).to_have_value("The login page is blank in Safari.")
    await dialog.locator("select[name=assignee]").select_option("Jonas")
    await dialog.get_by_role("button", name="Create the task").click()
    await expect(here.page.get_by_role("heading", name="The login page is blank in Safari.")).to_be_visible()

    await expect(jonas.message("login page").get_by_role("link", name="Task 1 · To do")).to_be_visible()
    maya("update_task", task_id=1, status="doing")
    await expect(jonas.message("login page").get_by_role("link", name="Task 1 · Doing")).to_be_visible()


async def test_goals_and_lists_follow_the_tasks(street: Street, keys: dict[str, str], maya: Api) -> None:
    maya("create_goal", title="Release")
    maya("create_task", title="Write the notes", goal_id=1)
    goals, listed = await street.person(keys["Jonas"]), await street.person(keys["Maya"])
    await goals.open("/goals")
    await listed.open("/tasks/list?sort=-updated_at")
    await expect(goals.page.get_by_role("progressbar", name="Progress of Release")).to_have_attribute("value", "0")
    maya("done_task", task_id=1)
    await expect(goals.page.get_by_role("progressbar", name="Progress of Release")).to_have_attribute("value", "100")
    await expect(listed.page.locator('[data-task="1"] .cell-status')).to_have_text("Done")


async def test_nothing_is_cut_off_on_a_telephone(street: Street, keys: dict[str, str], maya: Api) -> None:
    maya("create_goal", title="A goal with a rather long name that needs more than one line")
    maya("create_task", title="A title " * 20, goal_id=1, assignee="Maya", labels=["one", "two"], due_date="2026-01-01")
    person = await street.person(keys["Maya"], viewport={"width": 390, "height": 800})
    widths = {}
    for path in ("/tasks", "/tasks/list", "/tasks/mine", "/tasks/1", "/tasks/1/edit", "/goals", "/goals/1"):
        await person.open(path)
        widths[path] = await person.page.evaluate("document.querySelector('main').scrollWidth")
    assert {path: width for path, width in widths.items() if width > 390} == {}
