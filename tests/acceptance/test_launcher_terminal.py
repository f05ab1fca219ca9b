"""The terminal of an agent's program in a real browser: watched, typed into, also with an input method."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from teammcp.testing import all_plugins_but
from tests.acceptance.browser import Person, Street, api
from tests.live import LOOK, LiveServer

pytestmark = [pytest.mark.acceptance, pytest.mark.browser]

PROGRAM = r"""
import os, sys, tty
tty.setraw(0)
os.write(1, b"\x1b[?1049h\x1b[?1003h\x1b[?1004h\x1b[c\x1b[6n\x1b[H\x1b[32mgreen\x1b[0m \xe4\xb8\xad\xe6\x96\x87\r\n> ")
while True:
    data = os.read(0, 9999)
    if data == b"\x03": sys.exit(0)
    os.write(1, repr(data.decode())[1:-1].encode() + b"\r\n> ")
"""
PATH = "/launcher/agents/coder/terminal"
ENTER = "new KeyboardEvent('keydown', {key: 'Enter', code: 'Enter', keyCode: 13, isComposing: true, bubbles: true})"


@pytest.fixture
def key(launcher: LiveServer) -> str:
    return launcher.register("Maya")


@pytest.fixture
def launcher(start_server: Callable[..., LiveServer]) -> LiveServer:
    others = json.dumps(all_plugins_but({*LOOK, "claude_launcher"}))
    settings = json.dumps({"claude_launcher": {"machine": "here", "local_runner": False}})
    return start_server(register_rate=0, agent_rate=0, address_rate=0, disabled_plugins=others, plugins=settings)


@pytest.fixture
def runner(launcher: LiveServer, key: str, tmp_path: Path) -> Iterator[None]:
    """A machine with the program above as the agent coder."""
    program = tmp_path / "program.py"
    program.write_text(PROGRAM, encoding="utf-8")
    maya = api(launcher, key)
    token = maya("make_join_token")["token"]
    command = [
        sys.executable,
        "-m",
        "teammcp",
        "runner",
        "join",
        "--url",
        launcher.url,
        "--token",
        token,
        "--name",
        "box",
    ]
    environment = {**launcher.environment, "TEAMMCP_RUNNER_HOME": str(tmp_path / "runner")}
    process = subprocess.Popen(
        command, env=environment, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    maya("register_agent", name="coder", kind="agent")
    options = {"command": shlex.join([sys.executable, "-S", str(program)]), "columns": 60, "rows": 12}
    try:
        while process.poll() is None and not _is_there(maya):
            time.sleep(0.1)
        maya("start_agent", name="coder", machine="box", runtime="terminal", new_key=True, options=options)
        yield
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture
async def street(browser: Browser, launcher: LiveServer, runner: None) -> AsyncIterator[Street]:
    """People with browsers, whose consoles must stay quiet."""
    found = Street(browser, launcher)
    yield found
    await found.close()


async def looking(street: Street, key: str) -> Person:
    """Somebody with the page of the terminal before them."""
    person = await street.person(key)
    await person.open(PATH)
    await expect(person.page.locator("#terminal[data-connected]")).to_be_attached(timeout=30_000)
    return person


async def test_a_terminal_is_watched_and_typed_into(street: Street, key: str) -> None:
    other = api(street.server, key)("register_agent", name="Ben", kind="human")["apiKey"]
    maya, ben = await looking(street, key), await looking(street, other)
    rows = maya.page.locator("#terminal .xterm-rows > div")
    await expect(rows.first).to_have_text("green 中文", use_inner_text=True)
    await expect(rows).to_have_count(12)

    await maya.page.mouse.move(400, 400)  # the program has asked for mice and the focus: neither are keys
    await maya.page.keyboard.type("ls")
    await maya.page.keyboard.press("Enter")
    await maya.page.keyboard.press("ArrowUp")
    await maya.page.get_by_role("button", name="Esc").click()
    await expect(rows.filter(has_text=r"\x1b[A")).to_be_visible()
    await ben.page.keyboard.type("rm")

    chrome = await maya.context.new_cdp_session(maya.page)
    await chrome.send("Input.imeSetComposition", {"text": "nihao", "selectionStart": 5, "selectionEnd": 5})
    await maya.page.locator("#terminal textarea").evaluate(f"field => field.dispatchEvent({ENTER})")
    await chrome.send("Input.insertText", {"text": "你好"})
    for person in (maya, ben):
        await expect(person.page.locator("#terminal .xterm-rows > div").filter(has_text="你好")).to_be_visible()
    typed = "".join(line.removeprefix(">").strip() for line in screen(street, key)[1:])
    answered, _, typed = typed.partition("R")  # what its terminal has answered is there once, whoever looks on
    assert (answered.count("?6c"), typed) == (1, r"ls\r\x1b[A\x1b你好")
    assert await maya.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_on_a_phone_the_screen_fits_and_comes_back_after_a_cut(street: Street, key: str) -> None:
    maya = await street.person(key, viewport={"width": 390, "height": 800}, color_scheme="dark")
    await maya.open(PATH)
    connected = maya.page.locator("#terminal[data-connected]")
    await expect(connected).to_be_attached(timeout=30_000)
    assert await maya.page.locator("#terminal .xterm-screen").evaluate("screen => screen.clientWidth") <= 390
    await maya.page.get_by_role("button", name="Fit to this window").click()
    await expect(maya.page.locator("#terminal .xterm-rows > div")).not_to_have_count(12)
    api(street.server, key)("restart_agent", name="coder")
    await expect(connected).not_to_be_attached(timeout=30_000)
    await expect(connected).to_be_attached(timeout=30_000)
    await expect(maya.page.locator("#terminal .xterm-rows > div")).to_have_count(12)


def screen(street: Street, key: str) -> list[str]:
    """The lines of the screen."""
    seen: str = api(street.server, key)("screenshot_agent", name="coder")["screen"]
    return seen.splitlines()


def _is_there(call: Callable[..., list[dict[str, object]]]) -> bool:
    return any(each["name"] == "box" and each["connected"] for each in call("list_machines"))
