"""Push in a real browser: it is allowed on the page, a notice is shown, and a click leads to the page as it is now."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import BrowserContext, Page, async_playwright, expect

from scripts.browser import find
from teammcp.testing import NO_GUARD, all_plugins_but
from tests.acceptance.browser import api
from tests.conftest import FLAGS
from tests.live import LOOK, LiveServer

from .service import Browser, Service

pytestmark = [pytest.mark.acceptance, pytest.mark.browser]

SUBSCRIBE = """(subscription) => {
  PushManager.prototype.subscribe = async function (options) {
    window.asked = options.userVisibleOnly;
    return JSON.parse(subscription);
  };
}"""
"""A browser of tests has no push service, so the page is given an address at the test's own."""
SHOWN = """async () => {
  const worker = await navigator.serviceWorker.ready;
  const words = (each) => each.actions.map((action) => action.title);
  return (await worker.getNotifications()).map((each) => [each.title, each.body, each.data.path, words(each)]);
}"""
CLICK = """async (action) => {
  const [notification] = await self.registration.getNotifications();
  self.dispatchEvent(new NotificationEvent("notificationclick", { notification, action }));
}"""


@pytest.fixture
def service() -> Iterator[Service]:
    service = Service()
    service.start()
    yield service
    service.stop()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LiveServer]:
    others = json.dumps(all_plugins_but({*LOOK, "push", "approvals"}))
    plugins = json.dumps({**NO_GUARD, "push": {"more_services": ["127.0.0.1"]}})
    server = LiveServer(tmp_path / "server", disabled_plugins=others, plugins=plugins, agent_rate=0, address_rate=0)
    server.start()
    yield server
    server.kill()


@pytest.fixture
async def tabs(server: LiveServer) -> AsyncIterator[BrowserContext]:
    """A browser that has been given leave to show notifications."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find(), args=FLAGS)
        tabs = await browser.new_context(base_url=server.url)
        await tabs.grant_permissions(["notifications"], origin=server.url)
        yield tabs
        await browser.close()


async def log_in(tabs: BrowserContext, key: str) -> Page:
    page = await tabs.new_page()
    await page.goto("/login")
    await page.locator("input[name=key]").fill(key)
    await page.keyboard.press("Enter")
    await expect(page.locator("nav.rail")).to_be_visible()
    return page


async def push(tabs: BrowserContext, page: Page, origin: str, notice: dict[str, Any]) -> None:
    """Deliver a notice to the page's service worker, as the browser's push service does."""
    session = await tabs.new_cdp_session(page)
    registrations: list[str] = []
    session.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda found: registrations.extend(each["registrationId"] for each in found["registrations"]),
    )
    await session.send("ServiceWorker.enable")
    while not registrations:
        await page.wait_for_timeout(20)
    await session.send(
        "ServiceWorker.deliverPushMessage",
        {"origin": origin, "registrationId": registrations[0], "data": json.dumps(notice)},
    )


async def allow(page: Page, device: Browser) -> None:
    """Allow the browser, whose address is a device of the test."""
    await page.goto("/push")
    await page.evaluate(SUBSCRIBE, device.subscription())
    await page.get_by_role("button", name="Notify this browser").click()
    await expect(page.get_by_role("heading", name="Your devices")).to_be_visible()


async def shown(page: Page) -> list[list[Any]]:
    """The notices that the browser shows, as soon as it shows any."""
    while not (found := await page.evaluate(SHOWN)):
        await page.wait_for_timeout(20)
    return list(found)


async def click(tabs: BrowserContext, action: str = "") -> None:
    """Click on the notice that is shown, or on one of its buttons."""
    await tabs.service_workers[0].evaluate(CLICK, action)


async def test_what_is_written_to_somebody_is_shown_and_leads_to_the_page_as_it_is_now(
    server: LiveServer, service: Service, tabs: BrowserContext
) -> None:
    key = server.register("mei", kind="human")
    bob = api(server, server.register("bob"))
    device = Browser(service)
    page = await log_in(tabs, key)
    await allow(page, device)
    await expect(page.locator(".notify-address")).to_contain_text("Linux")
    message = bob("send_dm", recipient="mei", content="Is it ready?")["id"]
    await service.has_come(1)
    await push(tabs, page, server.url, device.read(service.came[0][1]))
    assert await shown(page) == [["default: bob", "Is it ready?", f"/messages/{message}", []]]
    await click(tabs)
    await expect(page.get_by_text("Is it ready?").first).to_be_visible()
    assert await page.evaluate(SHOWN) == []


@pytest.mark.parametrize(("button", "status"), [("approve", "approved"), ("reject", "rejected")])
async def test_an_approval_is_answered_from_the_notice_by_who_is_logged_in(
    server: LiveServer, service: Service, tabs: BrowserContext, button: str, status: str
) -> None:
    key = server.register("mei", kind="human")
    bob = api(server, server.register("bob"))
    device = Browser(service)
    page = await log_in(tabs, key)
    await allow(page, device)
    number = bob("request_approval", title="Deploy", approvers=["mei"])["approval_id"]
    await service.has_come(1)
    await push(tabs, page, server.url, device.read(service.came[0][1]))
    [[_, _, path, actions]] = await shown(page)
    assert (path, actions) == (f"/approvals/{number}", ["Approve", "Reject"])
    await click(tabs, button)
    while (found := bob("get_approval", approval_id=number))["status"] == "pending":
        await page.wait_for_timeout(20)
    assert (found["status"], found["closed_by"]) == (status, "mei")


async def test_who_is_logged_out_decides_nothing_and_is_led_to_the_page(
    server: LiveServer, service: Service, tabs: BrowserContext
) -> None:
    key = server.register("mei", kind="human")
    bob = api(server, server.register("bob"))
    device = Browser(service)
    page = await log_in(tabs, key)
    await allow(page, device)
    number = bob("request_approval", title="Deploy", approvers=["mei"])["approval_id"]
    await service.has_come(1)
    await push(tabs, page, server.url, device.read(service.came[0][1]))
    await shown(page)
    await tabs.clear_cookies()
    await click(tabs, "approve")
    await page.wait_for_url(f"**/login?next=/approvals/{number}")
    assert bob("get_approval", approval_id=number)["status"] == "pending"
