"""Nothing that somebody wrote is lost because a session has ended meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, expect

from tests.acceptance.browser import Person, Street, api
from tests.live import LiveServer

pytestmark = [pytest.mark.acceptance, pytest.mark.browser]


@pytest.fixture
async def street(browser: Browser, live: LiveServer) -> AsyncIterator[Street]:
    found = Street(browser, live)
    yield found
    await found.close()


@pytest.fixture
def key(live: LiveServer) -> str:
    return live.register("Maya")


async def end_session(person: Person) -> None:
    """As if it had run out: the browser has no valid session, and no page was told."""
    await person.context.clear_cookies()


async def log_in_where_one_is(person: Person, key: str) -> None:
    await expect(person.page.get_by_role("heading", name="Log in")).to_be_visible()
    await person.page.get_by_label("Key").fill(key)
    await person.page.get_by_role("button", name="Log in").click()


async def test_a_message_that_was_not_sent_is_still_there_after_the_login(street: Street, key: str) -> None:
    maya = await street.person(key)
    await maya.open("/channels/general")
    field = maya.page.locator("#composer textarea")
    await end_session(maya)
    await field.fill("the important thing")
    await field.press("Enter")
    await log_in_where_one_is(maya, key)
    await expect(field).to_have_value("the important thing")
    assert api(street.server, key)("get_history", channel="general")["messages"] == []
    await field.press("Enter")
    await expect(maya.message("the important thing")).to_have_count(1)
    await expect(field).to_have_value("")
    await maya.page.reload()
    await expect(field).to_have_value("")


async def test_a_draft_is_in_every_window_until_the_server_has_it(street: Street, key: str) -> None:
    maya = await street.person(key)
    await maya.open("/channels/general")
    await maya.page.locator("#composer textarea").fill("half a thought")
    other = await maya.context.new_page()
    await other.goto(street.server.url + "/channels/general")
    await expect(other.locator("#composer textarea")).to_have_value("half a thought")
    await maya.page.locator("#composer textarea").press("Enter")
    await expect(maya.message("half a thought")).to_have_count(1)
    await other.reload()
    await expect(other.locator("#composer textarea")).to_have_value("")


async def test_an_answer_that_got_lost_does_not_send_twice(street: Street, key: str) -> None:
    """The message arrives, its answer does not, and the window is closed: sent again, it is still one."""
    maya = await street.person(key)
    await maya.open("/channels/general")
    arrived = []

    async def lose(route: object) -> None:
        arrived.append(await route.fetch())  # type: ignore[attr-defined]
        await route.abort()  # type: ignore[attr-defined]

    await maya.page.route("**/channels/general/send", lose, times=1)
    field = maya.page.locator("#composer textarea")
    await field.fill("once, please")
    await field.press("Enter")
    await expect(maya.page.locator("#connection")).to_be_visible()
    assert len(arrived) == 1
    await maya.page.reload()
    await expect(field).to_have_value("once, please")
    await field.press("Enter")
    await expect(field).to_have_value("")
    history = api(street.server, key)("get_history", channel="general")["messages"]
    assert [message["content"] for message in history] == ["once, please"]
    maya.troubles[:] = [trouble for trouble in maya.troubles if "ERR_FAILED" not in trouble]


@pytest.mark.parametrize("script", [True, False], ids=["in a dialog", "on a page"])
async def test_a_long_form_survives_the_login(street: Street, key: str, script: bool) -> None:
    maya = await street.person(key)
    await maya.open("/tasks")
    if script:
        await maya.page.get_by_role("link", name="New task").first.click()
        form = maya.page.get_by_role("dialog").locator("form").first
    else:
        await maya.open("/tasks/new")
        form = maya.page.locator("main form[action^='/tasks/new']")
    await form.get_by_label("Title").fill("Write the long report")
    await form.get_by_label("Description").fill("Many lines\nof it")
    await form.get_by_label("Priority").select_option("urgent")
    await end_session(maya)
    await form.get_by_role("button", name="Create").click()
    await log_in_where_one_is(maya, key)
    form = maya.page.locator("main form[action^='/tasks/new']")
    await expect(form.get_by_label("Title")).to_have_value("Write the long report")
    await expect(form.get_by_label("Description")).to_have_value("Many lines\nof it")
    await expect(form.get_by_label("Priority")).to_have_value("urgent")
    await form.get_by_role("button", name="Create").click()
    await expect(maya.page.get_by_role("heading", name="Write the long report")).to_be_visible()
    await maya.open("/tasks/new")
    await expect(form.get_by_label("Title")).to_have_value("")


async def test_a_form_that_is_being_filled_in_is_not_taken_away(street: Street, key: str) -> None:
    """The page hears that the session is over while somebody writes: it says so, and waits."""
    maya = await street.person(key)
    await maya.open("/tasks/new")
    form = maya.page.locator("main form[action^='/tasks/new']")
    await form.get_by_label("Title").fill("Half a title")
    await end_session(maya)
    api(street.server, key)("create_task", title="news")
    link = maya.page.get_by_role("link", name="Your session has ended. Log in again")
    script = "document.querySelector('script[src*=\"web/live.js\"]').src"
    await maya.page.evaluate(f"async () => (await import({script})).load('/tasks', 'content')")
    await expect(form.get_by_label("Title")).to_have_value("Half a title")
    await link.click()
    await log_in_where_one_is(maya, key)
    await expect(form.get_by_label("Title")).to_have_value("Half a title")
