"""The page of schedules in a real browser: only the fields that matter, and what others do as it happens."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Locator, expect

from tests.acceptance.browser import Street, api
from tests.live import LiveServer

pytestmark = [pytest.mark.acceptance, pytest.mark.browser]


@pytest.fixture
async def street(browser: Browser, live: LiveServer) -> AsyncIterator[Street]:
    """People with browsers, whose consoles must stay quiet."""
    found = Street(browser, live)
    yield found
    await found.close()


async def test_a_person_schedules_and_sees_what_an_agent_does_with_it(street: Street) -> None:
    key = street.server.register("Maya")
    boss = api(street.server, api(street.server, key)("register_agent", name="boss", access="manager")["apiKey"])
    maya = await street.person(key)
    await maya.open("/schedules")
    await maya.page.get_by_role("link", name="Schedule a message").click()
    dialog = maya.page.get_by_role("dialog")

    def field(name: str) -> Locator:
        return dialog.locator(f"[name={name}]")

    await expect(field("content")).to_be_focused()
    await field("channel").select_option("general")
    await field("content").fill("Stand up")
    await expect(field("cron")).to_be_hidden()
    await field("repeat").select_option("cron")
    await expect(field("time")).to_be_hidden()
    await field("repeat").select_option("weekdays")
    await expect(field("cron")).to_be_hidden()
    await field("time").fill("08:45")
    await expect(field("time_zone")).to_have_value("Europe/Berlin")
    await dialog.get_by_role("button", name="Schedule").click()

    card = maya.page.locator("[data-schedule]")
    await expect(card.get_by_role("heading")).to_have_text("every weekday at 08:45")
    await expect(card).to_contain_text("08:45")
    await expect(maya.page.locator("html[data-connected=true]")).to_be_attached()
    (schedule,) = boss("list_schedules", all=True)["schedules"]
    boss("pause_schedule", schedule_id=schedule["id"])
    await expect(card.get_by_text("paused")).to_be_visible()
    await card.get_by_role("button", name="Resume").click()
    await expect(card.get_by_text("active")).to_be_visible()
    await card.get_by_role("link", name="Cancel…").click()
    await maya.page.get_by_role("button", name="Cancel the schedule").click()
    await expect(maya.page.get_by_text("Nothing is scheduled.")).to_be_visible()
