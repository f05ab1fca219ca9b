"""The pages of the launcher in a real browser: a run as it happens, and what is said to it."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, async_playwright, expect
from teammcp_claude_launcher.entries import Asked, Ended, Said, Started, State, TakenUp, Tool, TurnOver, TurnWritten
from websockets.asyncio.client import connect

from scripts.browser import find
from teammcp.testing import all_plugins_but
from tests.acceptance.browser import Api, Street, api
from tests.conftest import FLAGS
from tests.live import LOOK, LiveServer

from .runners import JOIN, FakeRunner

pytestmark = [pytest.mark.acceptance, pytest.mark.browser]


class Distant:
    """What the tests' runner needs of a team, of one in another process."""

    def __init__(self, server: LiveServer) -> None:
        self._url = server.url
        self.server = self.clock = self

    def now(self) -> int:
        """The time of day, in milliseconds."""
        return time.time_ns() // 1_000_000

    @asynccontextmanager
    async def websocket(self, path: str, authorization: str) -> AsyncIterator[Any]:
        """A connection of a runner."""
        url = self._url.replace("http", "ws", 1) + path
        async with connect(url, additional_headers={"Authorization": authorization}) as socket:
            yield _Wire(socket)


class _Wire:
    def __init__(self, socket: Any) -> None:
        self.send, self.receive = socket.send, socket.recv


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LiveServer]:
    """A server process with this plugin, and no limits that get in the way."""
    others = json.dumps(all_plugins_but({*LOOK, "claude_launcher"}))
    limits = {"agent_rate": 0, "address_rate": 0, "register_rate": 0}
    settings = json.dumps({"claude_launcher": {"local_runner": False}})
    server = LiveServer(tmp_path / "server", disabled_plugins=others, plugins=settings, **limits).start()
    yield server
    server.kill()


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """A headless Chromium."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find(), args=FLAGS)
        yield browser
        await browser.close()


def machine(server: LiveServer, mei: Api) -> FakeRunner:
    """A machine that has joined."""
    token = mei("make_join_token")["token"]
    with server.client() as client:
        joined = client.post(JOIN, json={"token": token, "name": "box"}).json()
    return FakeRunner(Distant(server), joined["machine"], joined["key"])  # type: ignore[arg-type]


async def test_a_run_is_followed_as_it_happens_and_told_something(server: LiveServer, browser: Browser) -> None:
    key = server.register("mei", kind="human")
    mei = api(server, key)
    mei("register_agent", name="polly", kind="agent")
    async with machine(server, mei).connected() as box:
        mei("start_agent", name="polly", runtime="command", machine="box", options={"command": "cat"}, new_key=True)
        run = await box.begin("polly")
        await box.tell(run, Started(program="/bin/cat"), TurnWritten(turn="t1", text="Begin."))
        street = Street(browser, server)
        page = (person := await street.person(key)).page
        await person.open(f"/launcher/runs/{run}")
        items, head = page.locator("#transcript > li"), page.locator("#run-head")
        await expect(items).to_have_count(2)
        await expect(items.nth(1)).to_contain_text("not taken up yet")

        tool = Tool(id="1", name="Bash", status="running", title="make test")
        await box.tell(run, TakenUp(turn="t1"), State(state="working"), tool)
        await expect(items.nth(1)).to_contain_text("taken up at")
        await expect(head).to_contain_text("working")
        await expect(items.nth(2).get_by_role("img", name="running")).to_be_visible()
        done = Tool(id="1", name="Bash", status="done", output="2 passed")
        await box.tell(run, done, Asked(id="q", tool="Write"), State(state="waiting", reason="Write"))
        await expect(items).to_have_count(4)
        await expect(items.nth(2).get_by_role("img", name="done")).to_be_visible()
        await items.nth(2).locator("summary").click()
        await expect(items.nth(2)).to_contain_text("2 passed")
        await expect(head).to_contain_text("waits for an answer")

        field = page.get_by_label("Say something to polly")
        await field.fill("Do not write.")
        await field.press("Enter")
        await expect(field).to_have_value("")
        assert mei("get_history", channel="dm:polly")["messages"][-1]["content"] == "Do not write."

        await box.tell(run, *(Said(text=f"line {number}\n\nmore") for number in range(60)))
        await expect(page.get_by_text("line 59")).to_be_in_viewport()
        await page.evaluate("document.getElementById('content').scrollTop = 0")
        await box.tell(run, Said(text="unseen"))
        await expect(page.get_by_text("unseen")).to_be_attached()
        await expect(page.get_by_text("line 59")).not_to_be_in_viewport()

        await box.tell(run, TurnOver(outcome="done"), Ended(reason="crashed", exit_code=3, last_output="Oh no"))
        await expect(page.locator("#transcript .run-end")).to_contain_text("Oh no")
        await expect(head).to_contain_text("crashed")
        await expect(head.get_by_role("button", name="Start it again")).to_be_visible()
        await street.close()


async def test_a_run_opens_at_its_beginning_and_is_followed_only_by_who_is_at_its_end(
    server: LiveServer, browser: Browser
) -> None:
    key = server.register("mei", kind="human")
    mei = api(server, key)
    mei("register_agent", name="polly", kind="agent")
    async with machine(server, mei).connected() as box:
        mei("start_agent", name="polly", runtime="command", machine="box", options={"command": "cat"}, new_key=True)
        run = await box.begin("polly")
        await box.tell(run, Started(program="/bin/cat"), *(Said(text=f"line {number}\n\nmore") for number in range(60)))
        street = Street(browser, server)
        page = (person := await street.person(key)).page
        await person.open(f"/launcher/runs/{run}")
        name, end = page.get_by_role("heading", name="polly"), page.get_by_role("link", name="To the end")
        await expect(name).to_be_in_viewport()
        await box.tell(run, Said(text="first news"))
        await expect(page.get_by_text("first news")).to_be_attached()
        await expect(name).to_be_in_viewport()

        await end.focus()
        await page.keyboard.press("Enter")
        await expect(page.get_by_text("first news")).to_be_in_viewport()
        await expect(end).to_be_in_viewport()
        await expect(page.locator("#newest")).to_be_focused()
        await box.tell(run, *(Said(text=f"news {number}\n\nmore") for number in range(30)))
        await expect(page.get_by_text("news 29")).to_be_in_viewport()

        await box.tell(run, Ended(reason="crashed", detail="It fell over.", exit_code=3, last_output="Oh no"))
        await expect(page.locator("#transcript .run-end")).to_be_in_viewport()
        await person.open(f"/launcher/runs/{run}")
        await expect(page.locator("#run-head")).to_contain_text("It fell over.")
        await expect(name).to_be_in_viewport()
        await expect(page.locator("#transcript .run-end")).not_to_be_in_viewport()
        await street.close()


async def test_all_agents_are_seen_as_they_change_and_started_by_keyboard(server: LiveServer, browser: Browser) -> None:
    key = server.register("mei", kind="human")
    mei = api(server, key)
    mei("register_agent", name="polly", kind="agent")
    async with machine(server, mei).connected() as box:
        street = Street(browser, server)
        page = (person := await street.person(key, viewport={"width": 390, "height": 800})).page
        await person.open("/launcher/start?runtime=command&agent=polly")
        await page.get_by_label("Command", exact=False).last.fill("cat")
        await expect(page.get_by_text("This program does not ask")).to_be_visible()
        await expect(page.get_by_label("Ask a person", exact=False)).to_have_count(0)
        await page.get_by_label("In a folder of its own", exact=False).focus()
        await expect(page.get_by_label("Which folder", exact=False)).to_be_hidden()
        await page.keyboard.press("ArrowDown")
        await expect(page.get_by_label("Which folder", exact=False)).to_be_visible()
        await page.keyboard.press("ArrowUp")
        await page.get_by_role("button", name="Start it").press("Enter")
        await page.wait_for_url("**/launcher")
        row = page.locator("[data-agent=polly]")
        await expect(row).to_contain_text("starting")
        run = await box.begin("polly")
        await box.tell(run, Started(), State(state="working"), Said(text="I am at it"))
        await expect(row).to_contain_text("working")
        await box.tell(run, Ended(reason="asleep"))
        await expect(row).to_contain_text("A message wakes it.")
        wide = await page.evaluate("[document.body.scrollWidth, document.body.clientWidth]")
        assert wide[0] <= wide[1]
        await street.close()
