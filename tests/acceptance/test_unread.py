"""Read is what was on the screen, and one number says everywhere what waits."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, expect

from tests.acceptance.browser import Api, Person, Street, api
from tests.live import LiveServer

pytestmark = [pytest.mark.acceptance, pytest.mark.browser]


@pytest.fixture
async def street(browser: Browser, live: LiveServer) -> AsyncIterator[Street]:
    found = Street(browser, live)
    yield found
    await found.close()


@pytest.fixture
def keys(live: LiveServer) -> dict[str, str]:
    found = {"Maya": live.register("Maya")}
    found["coder"] = api(live, found["Maya"])("register_agent", name="coder", kind="agent")["apiKey"]
    return found


def unread(call: Api, channel: str = "general") -> int:
    """What the API says of a channel."""
    number: int = next(each["unread"] for each in call("get_channels") if each["id"] == channel)
    return number


def flood(call: Api, number: int, channel: str = "general") -> None:
    for place in range(number):
        call("send_message", channel=channel, content=f"line {place:03}")


async def settled(maya: Person, call: Api, expected: int) -> None:
    """The page, the sidebar and the API say the same."""
    bar = maya.page.locator("#unread-bar")
    if expected:
        await expect(bar).to_contain_text(f"{expected} new since")
    else:
        await expect(bar).to_be_empty()
    badge = maya.page.locator("#sidebar a[aria-current=page] .badge")
    if expected:
        await expect(badge).to_contain_text(str(expected))
    else:
        await expect(badge).to_have_count(0)
    assert unread(call) == expected


async def test_a_long_backlog_opens_at_its_beginning_and_is_read_as_it_is_seen(
    street: Street, keys: dict[str, str]
) -> None:
    maya, mine = await street.person(keys["Maya"]), api(street.server, keys["Maya"])
    await maya.open("/plugins")
    flood(api(street.server, keys["coder"]), 205)
    await maya.open("/channels/general")
    page = maya.page
    await expect(maya.message("line 000")).to_be_in_viewport()
    await expect(page.locator("#new-line")).to_be_in_viewport()
    await expect(page.locator("#unread-bar")).to_contain_text(re.compile(r"(1[89]\d|20\d) new since"))
    await expect(maya.message("line 204")).to_have_count(0)
    first = unread(mine)
    assert 180 < first < 205, "what fits on the screen is read, and no more"
    await page.mouse.move(700, 400)
    for _ in range(6):
        await page.mouse.wheel(0, 300)
        await page.wait_for_timeout(60)
    for _ in range(400):
        await page.mouse.wheel(0, 350)
        await page.wait_for_timeout(15)
        if await page.locator("#stream").get_attribute("data-newest") == "true" and unread(mine) == 0:
            break
    await expect(maya.message("line 204")).to_be_in_viewport()
    texts = await page.locator("#messages > .message .prose").all_inner_texts()
    assert texts == [f"line {place:03}" for place in range(205)], "every message once, in order"
    await settled(maya, mine, 0)


async def test_what_one_jumps_over_stays_unread(street: Street, keys: dict[str, str]) -> None:
    maya, mine = await street.person(keys["Maya"]), api(street.server, keys["Maya"])
    await maya.open("/plugins")
    flood(api(street.server, keys["coder"]), 120)
    await maya.open("/channels/general?newest=1")
    await expect(maya.message("line 119")).to_be_in_viewport()
    await maya.page.wait_for_timeout(500)
    await settled(maya, mine, 120)
    await maya.page.get_by_role("button", name="Mark all as read").click()
    await settled(maya, mine, 0)
    api(street.server, keys["coder"])("send_message", channel="general", content="and one more")
    await expect(maya.message("and one more")).to_be_in_viewport()
    await settled(maya, mine, 0)


async def test_looking_at_the_inbox_reads_nothing(street: Street, keys: dict[str, str]) -> None:
    maya, mine, coder = (
        await street.person(keys["Maya"]),
        api(street.server, keys["Maya"]),
        api(street.server, keys["coder"]),
    )
    await maya.open("/plugins")
    for place in range(3):
        coder("send_message", channel="general", content=f"@Maya {place}")
        coder("send_dm", recipient="Maya", content=f"psst {place}")
    badge = maya.page.locator("#waiting .badge")
    for path in ("/inbox", "/agents", "/inbox", "/tasks"):
        await maya.open(path)
        await expect(badge).to_contain_text("6")
        await expect(maya.page).to_have_title(re.compile(r"^\(6\) "))
    channels = mine("get_channels")
    assert sum(each["unread"] if each["type"] == "dm" else each["mentions"] for each in channels) == 6
    await maya.open("/channels/general")
    await expect(badge).to_contain_text("3")
    await maya.open("/channels/dm:Maya:coder")
    await expect(badge).to_have_count(0)


async def test_a_picture_of_a_channel_reads_nothing(street: Street, keys: dict[str, str]) -> None:
    maya, mine, coder = (
        await street.person(keys["Maya"]),
        api(street.server, keys["Maya"]),
        api(street.server, keys["coder"]),
    )
    await maya.open("/plugins")
    coder("send_message", channel="general", content="@Maya please", ack_required=True)
    await maya.page.request.get(street.server.url + "/channels/general")
    assert unread(mine) == 1


async def test_a_link_to_an_old_message_leads_on_in_both_directions(street: Street, keys: dict[str, str]) -> None:
    maya, coder = await street.person(keys["Maya"]), api(street.server, keys["coder"])
    sent = [coder("send_message", channel="general", content=f"line {place:03}")["id"] for place in range(160)]
    mine = api(street.server, keys["Maya"])
    mine("ack_inbox", items=[{"channel": "general", "ack_id": sent[-1]}])
    await maya.open(f"/messages/{sent[80]}")
    await expect(maya.message("line 080")).to_be_in_viewport()
    await maya.page.mouse.move(700, 400)
    for _ in range(200):
        await maya.page.mouse.wheel(0, -400)
        await maya.page.wait_for_timeout(15)
        if await maya.message("line 000").count() and not await maya.page.locator("#older").count():
            break
    await expect(maya.message("line 000")).to_have_count(1)
    for _ in range(300):
        await maya.page.mouse.wheel(0, 400)
        await maya.page.wait_for_timeout(15)
        if await maya.page.locator("#stream").get_attribute("data-newest") == "true":
            break
    coder("send_message", channel="general", content="live again")
    await expect(maya.message("live again")).to_have_count(1)


async def test_back_closes_the_thread_and_stays_in_the_channel(street: Street, keys: dict[str, str]) -> None:
    maya, coder = await street.person(keys["Maya"]), api(street.server, keys["coder"])
    root = coder("send_message", channel="general", content="Which database?")["id"]
    for place in range(3):
        coder("send_message", channel="general", content=f"answer {place}", replyTo=root)
    coder("send_message", channel="general", content="something else")
    await maya.open("/inbox")
    await maya.open("/channels/general")
    for place in range(3):
        await expect(maya.message(f"answer {place}")).to_have_class(re.compile(r"\breply\b"))
    await expect(maya.message("something else")).not_to_have_class(re.compile(r"\breply\b"))
    await expect(maya.message("answer 0").locator("[data-panel=thread]").first).to_be_visible()
    await maya.message("Which database?").get_by_text("3 replies").click()
    await expect(maya.page.locator("#panel")).to_be_visible()
    await maya.page.go_back()
    await expect(maya.page.locator("#panel")).to_be_hidden()
    assert maya.page.url.endswith("/channels/general")
    await maya.page.go_forward()
    await expect(maya.page.locator("#panel")).to_contain_text("answer 2")


async def test_the_arrows_go_through_the_list_of_places(street: Street, keys: dict[str, str]) -> None:
    mine = api(street.server, keys["Maya"])
    for name in ("alpha", "beta"):
        mine("create_channel", id=name)
    maya = await street.person(keys["Maya"])
    await maya.open("/channels/general")
    await maya.page.keyboard.press("Control+k")
    field = maya.page.locator("dialog input[type=search]")
    await expect(field).to_be_focused()
    names = await maya.page.locator("#places > li strong").all_inner_texts()
    for name in names:
        await maya.page.keyboard.press("ArrowDown")
        await expect(maya.page.locator("#places :focus strong")).to_have_text(name)
    for name in reversed(names[:-1]):
        await maya.page.keyboard.press("ArrowUp")
        await expect(maya.page.locator("#places :focus strong")).to_have_text(name)
    await maya.page.keyboard.press("ArrowUp")
    await expect(field).to_be_focused()
    await field.fill("beta")
    await maya.page.keyboard.press("Enter")
    await expect(maya.page.get_by_role("heading", name="beta")).to_be_visible()
