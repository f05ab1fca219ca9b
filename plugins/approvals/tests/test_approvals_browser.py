"""The page in a real browser: deciding with keys, and questions that come while somebody is typing."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright, expect

from scripts.browser import find
from teammcp.testing import all_plugins_but
from tests.acceptance.browser import Street, api
from tests.conftest import FLAGS
from tests.live import LOOK, LiveServer

pytestmark = [pytest.mark.acceptance, pytest.mark.browser]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LiveServer]:
    """A server process with this plugin, and no limits that get in the way."""
    others = json.dumps(all_plugins_but({*LOOK, "approvals"}))
    limits = {"agent_rate": 0, "address_rate": 0, "register_rate": 0}
    server = LiveServer(tmp_path / "server", disabled_plugins=others, **limits).start()
    yield server
    server.kill()


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """A headless Chromium."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find(), args=FLAGS)
        yield browser
        await browser.close()


async def test_no_single_key_and_no_key_held_down_decides(server: LiveServer, browser: Browser) -> None:
    key = server.register("mei", kind="human")
    mei, bob = api(server, key), api(server, server.register("bob"))
    for title in ("first", "second"):
        bob("request_approval", title=title, approvers=["mei"])
    street = Street(browser, server)
    page = (person := await street.person(key)).page
    await person.open("/approvals")
    cards = page.locator("#approvals-waiting .approval")
    await page.keyboard.press("j")
    await page.keyboard.press("a")
    await expect(cards.first.locator(".approval-armed")).to_have_text("Press a again to approve, Escape to leave it.")
    for others in (("Escape", "a"), ("r",), ("j", "a"), ("k", "r"), ("a",)):
        for pressed in others:
            await page.keyboard.press(pressed)
    await page.keyboard.down("r")
    for _ in range(5):
        await page.keyboard.down("r")
    await page.keyboard.up("r")
    await expect(cards.first.locator(".approval-armed")).to_contain_text("Press r again")
    assert [each["status"] for each in mei("list_approvals")] == ["pending", "pending"]
    await page.keyboard.down("r")
    for _ in range(5):
        await page.keyboard.down("r")
    await page.keyboard.up("r")
    await expect(cards).to_have_count(1)
    await expect(page.locator("#notice")).to_contain_text("You rejected approval 1.")
    assert {each["title"]: each["status"] for each in mei("list_approvals")} == {
        "first": "rejected",
        "second": "pending",
    }
    await expect(cards.first.locator(".approval-armed")).to_have_text("")
    await street.close()


async def test_a_second_click_is_not_taken_for_the_card_that_comes_next(server: LiveServer, browser: Browser) -> None:
    key = server.register("mei", kind="human")
    mei, bob = api(server, key), api(server, server.register("bob"))
    for title in ("first", "second"):
        bob("request_approval", title=title, approvers=["mei"])
    street = Street(browser, server)
    page = (person := await street.person(key)).page
    await person.open("/approvals")
    cards = page.locator("#approvals-waiting .approval")
    await page.evaluate(
        """() => {
            const list = document.getElementById("approvals-waiting");
            const next = () => list.querySelector(".approval-form button[value=yes]")?.click();
            new MutationObserver(next).observe(list, { childList: true });
        }"""
    )
    await cards.first.get_by_role("button", name="Approve").dblclick()
    await expect(cards).to_have_count(1)
    await expect(page.locator("#notice")).to_contain_text("You approved approval 1.")
    assert {each["title"]: each["status"] for each in mei("list_approvals")} == {
        "first": "approved",
        "second": "pending",
    }
    await street.close()


async def test_one_decides_with_the_keyboard_while_more_comes(server: LiveServer, browser: Browser) -> None:
    key = server.register("mei", kind="human")
    mei, bob = api(server, key), api(server, server.register("bob"))
    for field in ("date", "budget"):
        mei("set_state", field=field, value=1)
        bob("set_state", field=field, value=2, reason=f"a better {field}")
    street = Street(browser, server)
    page = (person := await street.person(key)).page
    await person.open("/approvals")
    cards, badge = page.locator("#approvals-waiting .approval"), page.locator("#waiting-approvals .badge")
    await expect(cards).to_have_count(2)
    await expect(badge).to_contain_text("2")

    for pressed in ("j", "c"):
        await page.keyboard.press(pressed)
    await page.keyboard.type("agreed")
    bob("request_approval", title="Something else", approvers=["mei"])
    await expect(cards).to_have_count(3)
    await expect(badge).to_contain_text("3")
    await expect(cards.first.locator("textarea")).to_be_focused()
    await expect(cards.first.locator("textarea")).to_have_value("agreed")

    await page.keyboard.press("Escape")
    await page.keyboard.press("a")
    await page.keyboard.press("a")
    await expect(cards).to_have_count(2)
    await expect(page.locator("#notice")).to_contain_text("You approved approval 1.")
    await expect(cards.first).to_be_focused()
    await page.keyboard.press("r")
    await page.keyboard.press("r")
    await expect(cards).to_have_count(1)
    await expect(badge).to_contain_text("1")
    decided = {each["field"]: each for each in mei("list_approvals") if each["kind"] == "state"}
    assert {field: each["status"] for field, each in decided.items()} == {"date": "approved", "budget": "rejected"}
    assert decided["date"]["decisions"][0]["comment"] == "agreed"

    bob("set_state", field="budget", value=3)
    await expect(cards).to_have_count(2)
    mei("set_state", field="budget", value=1.5)
    await expect(cards.last).to_contain_text("has changed since this was proposed")
    await cards.last.get_by_role("button", name="Approve").click()
    await expect(page.locator("#notice")).to_contain_text("has to confirm it first")
    await expect(cards).to_have_count(1)
    await street.close()
