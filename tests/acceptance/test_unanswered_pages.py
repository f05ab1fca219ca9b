"""Asking for an answer and giving it, in a real browser."""

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


async def test_a_question_waits_until_it_is_answered(street: Street, live: LiveServer) -> None:
    key = live.register("Maya")
    call = api(live, key)
    coder = api(live, call("register_agent", name="coder")["apiKey"])
    maya = await street.person(key)
    page = maya.page

    await maya.open("/channels/general")
    await page.locator("#composer").get_by_label("Ask for an answer by a time").select_option("60")
    await maya.say("@coder which one?")
    await expect(maya.message("which one?")).to_contain_text("answer by")
    await expect(page.locator("#composer select")).to_have_value("")

    await maya.open("/inbox")
    await page.get_by_role("link", name="Waiting for others").click()
    card = page.locator(".unanswered", has_text="which one?")
    await expect(card).to_contain_text("Waiting for coder")
    (asked,) = coder("list_unanswered")["messages"]
    coder("send_message", channel="general", content="the second", replyTo=asked["message"]["id"])
    await expect(card).to_have_count(0)

    coder("send_dm", recipient="Maya", content="thanks")
    await page.get_by_role("link", name="Waiting for me").click()
    thanks = page.locator(".unanswered", has_text="thanks")
    await thanks.get_by_role("button", name="No answer needed").click()
    await expect(thanks).to_have_count(0)

    await page.set_viewport_size({"width": 360, "height": 700})
    for path in ("/inbox/unanswered", "/channels/general"):
        await maya.open(path)
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
