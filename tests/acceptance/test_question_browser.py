"""The page of a question in a real browser: it shows what happens to the question, and keeps what somebody types."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable

import pytest
from playwright.async_api import Browser, expect

from teammcp.testing import all_plugins_but
from tests.acceptance.browser import Api, Street, api
from tests.live import LOOK, LiveServer

pytestmark = [pytest.mark.acceptance, pytest.mark.browser]


@pytest.fixture
def live(start_server: Callable[..., LiveServer]) -> LiveServer:
    """A server with the plugin."""
    rates = {"register_rate": 0, "agent_rate": 0, "address_rate": 0}
    return start_server(disabled_plugins=json.dumps(all_plugins_but({*LOOK, "projects"})), **rates)


@pytest.fixture
async def street(browser: Browser, live: LiveServer) -> AsyncIterator[Street]:
    """People with browsers, whose consoles must stay quiet."""
    found = Street(browser, live)
    yield found
    await found.close()


@pytest.fixture
def keys(live: LiveServer) -> dict[str, str]:
    """Maya, who asks; and bob and jonas, who answer for ``backend``."""
    found = {"Maya": live.register("Maya", kind="human")}
    maya = api(live, found["Maya"])
    for name, kind in (("bob", "agent"), ("Jonas", "human")):
        found[name] = maya("register_agent", name=name, kind=kind)["apiKey"]
    maya("add_project", name="backend")
    maya("set_project_agents", project="backend", agents=["bob", "Jonas"])
    return found


@pytest.fixture
def bob(live: LiveServer, keys: dict[str, str]) -> Api:
    """What bob does over REST; he is here, and Jonas is not."""
    found = api(live, keys["bob"])
    found("heartbeat", status="idle")
    return found


async def test_the_answer_and_what_is_asked_back_come_while_the_page_is_open(
    street: Street, keys: dict[str, str], bob: Api
) -> None:
    maya = await street.person(keys["Maya"])
    page = maya.page
    await maya.open("/projects/of/backend")
    await page.get_by_label("Ask it something").fill("Which version do you keep?")
    await page.get_by_role("button", name="Ask the project").click()
    await expect(page.get_by_role("heading", name="Question 1")).to_be_visible()
    await expect(page.locator("html[data-connected=true]")).to_be_attached()
    await expect(page.locator("#question")).to_contain_text("bob has it to answer.")
    await page.evaluate("window.sameWindow = true")

    bob("ask_back", question_id=1, content="Of **which** API?")
    await expect(page.locator("#question .state").first).to_have_text("something is asked back")
    await expect(page.locator("#question")).to_contain_text("Of which API?")
    await page.get_by_label("Say what is asked back").fill("Of the billing API.")
    await page.get_by_role("button", name="Send", exact=True).click()
    await expect(page.locator("#question")).to_contain_text("Of the billing API.")
    await expect(page.locator("html[data-connected=true]")).to_be_attached()
    await expect(page.locator("#question")).to_contain_text("bob has it to answer.")
    await page.evaluate("window.sameWindow = true")

    bob("answer_question", question_id=1, answer="Version `2`, until June.")
    await expect(page.locator("#question .state").first).to_have_text("answered")
    await expect(page.locator("#question")).to_contain_text("Version 2, until June.")
    await expect(page.get_by_role("button", name="Take the question back")).to_have_count(0)
    assert await page.evaluate("window.sameWindow"), "it was not loaded anew"


async def test_what_somebody_types_stays_while_another_answers(
    street: Street, live: LiveServer, keys: dict[str, str], bob: Api
) -> None:
    api(live, keys["Maya"])("teams_ask", projects=["backend"], question="Which version?")
    jonas = await street.person(keys["Jonas"])
    page = jonas.page
    await jonas.open("/projects/questions/1")
    field = page.get_by_label("Answer it")
    await field.fill("Version 3, I be")
    bob("answer_question", question_id=1, answer="Version 2.")
    await expect(page.locator("#question")).to_contain_text("Version 2.")
    await field.press_sequentially("lieve")
    await expect(field).to_have_value("Version 3, I believe")
    await page.get_by_role("button", name="Send the answer").click()
    await expect(page.locator("#notice")).to_contain_text("bob")
    await expect(page.get_by_label("Answer it")).to_have_value("Version 3, I believe")
    jonas.troubles.clear()  # the browser notes each answer that is an error
