"""The pages of the shared state in a real browser: they follow what others change, and keep what one is typing."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, expect

from tests.acceptance.browser import Street, api
from tests.live import LiveServer

pytestmark = [pytest.mark.acceptance, pytest.mark.browser]


@pytest.fixture
async def street(browser: Browser, live: LiveServer) -> AsyncIterator[Street]:
    """People with browsers, whose consoles must stay quiet."""
    found = Street(browser, live)
    yield found
    await found.close()


async def test_a_page_follows_what_others_change_and_keeps_what_is_typed(street: Street, live: LiveServer) -> None:
    key = live.register("Maya")
    call = api(live, key)
    coder = api(live, call("register_agent", name="coder")["apiKey"])
    coder("set_state", project_id="release", field="phase", value="plan")
    maya = await street.person(key)
    page = maya.page

    await maya.open("/state/projects/release")
    coder("set_state", project_id="release", field="lead", value={"name": "coder"})
    await expect(page.get_by_role("link", name="lead")).to_be_visible()
    await page.get_by_role("link", name="phase").click()
    await page.get_by_role("button", name="Subscribe").click()
    await expect(page.get_by_role("button", name="Unsubscribe")).to_be_visible()

    await maya.open("/state/projects/release/fields/phase")
    typed = page.get_by_label("Value")
    await typed.fill('["half a thought"')
    coder("set_state", project_id="release", field="phase", value="build", reason="all is clear")
    await expect(page.locator("#state-now .value")).to_have_text("build")
    await expect(page.locator("#state-history")).to_contain_text("all is clear")
    await expect(page.locator("#waiting .badge")).to_contain_text("1")
    await expect(typed).to_have_value('["half a thought"')

    await page.get_by_role("button", name="Mark as seen").click()
    await expect(page.locator("#waiting .badge")).to_have_count(0)
    await page.get_by_label("Value").fill("review")
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator("#state-now .value")).to_have_text("review")
    await page.get_by_role("link", name="Delete…").click()
    await page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await page.wait_for_url("**/state/projects/release")
    await expect(page.get_by_role("link", name="phase")).to_have_count(0)


async def test_nothing_sticks_out_on_a_narrow_screen(street: Street, live: LiveServer) -> None:
    key = live.register("Maya")
    call = api(live, key)
    name = "a-name-as-long-as-they-come." * 8
    call("set_state", project_id="p" * 200, field=name, value={"key" * 60: "x" * 400, "list": list(range(40))})
    call("set_state", project_id="p" * 200, field=name, value="y" * 400)
    maya = await street.person(key, viewport={"width": 360, "height": 740})
    path = f"/state/projects/{'p' * 200}"
    for each in ("/state", path, f"{path}/fields/{name}", f"/state/new?project={'p' * 200}"):
        await maya.open(each)
        width = await maya.page.evaluate("document.querySelector('main').scrollWidth")
        assert width <= 360, (each, width)
