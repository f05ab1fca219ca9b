"""What the tests share besides `teammcp.testing`: real server processes and a real browser."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, async_playwright

from scripts.browser import find
from tests.live import LOOK, LiveServer

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
"""A Chromium that also runs as root, and asks nobody on the network for anything."""


@pytest.fixture
def installed_plugins() -> set[str]:
    """The tests of the core are about the core: of what is installed they use the look alone."""
    return LOOK


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[Callable[..., LiveServer]]:
    """``start_server(home=…, **settings)`` starts a server process; each is ended after the test."""
    servers: list[LiveServer] = []

    def start(home: Path | None = None, **settings: Any) -> LiveServer:
        server = LiveServer(home or tmp_path / f"server-{len(servers)}", **settings)
        servers.append(server)
        return server.start()

    yield start
    for server in servers:
        if server.process.poll() is None:
            server.kill()


@pytest.fixture
def live(start_server: Callable[..., LiveServer]) -> LiveServer:
    """One server process, with limits that do not get in a test's way."""
    return start_server(register_rate=0, agent_rate=0, address_rate=0)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium. ``make test`` brings one, so its absence is a failure and not a skip."""
    path = find()
    assert path is not None, "No Chromium found: run 'make test', or set TEAMMCP_CHROMIUM to one."
    return path


@pytest.fixture
async def browser(chromium: str) -> AsyncIterator[Browser]:
    """A headless Chromium."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        await browser.close()
