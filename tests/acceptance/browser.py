"""People at real browsers: each with a window of their own, watched for errors and broken rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.live import LiveServer

expect.set_options(timeout=10_000)


class Person:
    """Somebody with a browser.

    Attributes:
        page: the window.
        troubles: what the console has complained of: script errors, failed loads, breaches of the content policy.
    """

    def __init__(self, server: LiveServer, context: BrowserContext, page: Page) -> None:
        self.server = server
        self.context = context
        self.page = page
        self.troubles: list[str] = []
        page.on("console", lambda message: self._note(message.type, message.text))
        page.on("pageerror", lambda error: self.troubles.append(str(error)))

    def _note(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"}:
            self.troubles.append(f"{kind}: {text}")

    async def open(self, path: str) -> None:
        """Go to a page, and wait until it is live."""
        await self.page.goto(self.server.url + path)
        if await self.page.locator("body[data-live]").count():
            await expect(self.page.locator("html[data-connected=true]")).to_be_attached()

    async def log_in(self, key: str) -> None:
        """Log in with a key, as people do."""
        await self.page.goto(self.server.url + "/login")
        await self.page.get_by_label("Key").fill(key)
        await self.page.get_by_role("button", name="Log in").click()
        await self.page.wait_for_url(lambda url: "/login" not in url)  # to the start page, or to the last channel

    async def say(self, text: str) -> None:
        """Write a message into the open channel and send it with the Enter key."""
        field = self.page.locator("#composer textarea")
        await field.fill(text)
        await field.press("Enter")
        await expect(field).to_have_value("")

    def message(self, text: str) -> Any:
        """The message in the stream that holds this text."""
        return self.page.locator("#messages > .message", has_text=text)


class Street:
    """Where people with browsers come from.

    ``await street.person(key)`` is somebody who is logged in; without a key, somebody who is not.
    """

    def __init__(self, browser: Browser, server: LiveServer) -> None:
        self.server = server
        self.people: list[Person] = []
        self._browser = browser

    async def person(self, key: str | None = None, **options: Any) -> Person:
        """A new window of its own profile; ``options`` are Playwright's for a context."""
        settings = {"locale": "en-GB", "timezone_id": "Europe/Berlin", "viewport": {"width": 1280, "height": 800}}
        context = await self._browser.new_context(**{**settings, **options})
        found = Person(self.server, context, await context.new_page())
        self.people.append(found)
        if key is not None:
            await found.log_in(key)
        return found

    async def close(self) -> None:
        """Close all windows; nobody's console may have complained."""
        troubles = [trouble for person in self.people for trouble in person.troubles]
        for person in self.people:
            await person.context.close()
        assert troubles == []


Api = Callable[..., Any]


def api(server: LiveServer, key: str) -> Api:
    """``call("send_message", channel=…)``: an agent that comes over REST."""

    def call(operation: str, **arguments: Any) -> Any:
        with server.client(key) as client:
            answer = client.post(f"/api/call/{operation}", json=arguments)
        assert answer.status_code < 300, answer.text
        return answer.json()

    return call
