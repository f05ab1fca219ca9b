"""The team's server, as an agent uses it: with the agent's own key, so that all rules for agents hold."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import httpx2

from ..host import Clock

TIMEOUT = 30.0
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 15.0
"""Seconds between two attempts to get an answer: few at first."""


class Unanswered(Exception):
    """There is no answer, or none that counts: the server is away, or busy, or the key is about to be replaced.

    Attributes:
        after: seconds after which to ask again, at the earliest.
    """

    def __init__(self, why: str, after: float = 0.0) -> None:
        super().__init__(why)
        self.after = after


class Denied(Exception):
    """The server says no.

    Attributes:
        status: that of HTTP.
        detail: why, and what to do.
    """

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


def pauses() -> Iterator[float]:
    """How long to wait until the next attempt, each time: longer and longer, and never all at the same moment."""
    pause = FIRST_PAUSE
    while True:
        yield pause * random.uniform(0.75, 1.25)  # noqa: S311 - no secret
        pause = min(2 * pause, LONGEST_PAUSE)


class AgentApi:
    """Calls operations as one agent.

    Args:
        client: makes an HTTP client that sends a key.
        clock: the time.
    """

    def __init__(self, client: Callable[[str], httpx2.AsyncClient], clock: Clock) -> None:
        self._make = client
        self._clock = clock
        self._key = ""
        self._client: httpx2.AsyncClient | None = None
        self._old: list[httpx2.AsyncClient] = []

    def use(self, key: str) -> bool:
        """From now on this is the agent's key; whether it is another one."""
        if key == self._key:
            return False
        if self._client is not None:
            self._old.append(self._client)
        self._key, self._client = key, self._make(key)
        return True

    async def close(self) -> None:
        """Close all connections."""
        clients, self._client, self._key, self._old = [*self._old, self._client], None, "", []
        for client in clients:
            if client is not None:
                await client.aclose()

    async def call(
        self,
        operation: str,
        arguments: Mapping[str, Any],
        *,
        reader: str | None = None,
        once: str | None = None,
        timeout: float = TIMEOUT,
    ) -> Any:
        """What an operation answers.

        Args:
            operation: its name.
            arguments: its arguments.
            reader: the name under which messages are handed over; see docs/inbox.md.
            once: a key under which the server does it once, however often it is asked.
            timeout: seconds.

        Raises:
            Unanswered: nobody knows what became of it.
            Denied: the server says no.
        """
        if self._client is None:
            raise Unanswered("The agent has no key.", LONGEST_PAUSE)
        headers = {"TeamMCP-Reader": reader, "Idempotency-Key": once}
        try:
            answer = await self._client.post(
                f"/api/call/{operation}",
                json=dict(arguments),
                headers={name: value for name, value in headers.items() if value},
                timeout=timeout,
            )
        except httpx2.HTTPError as error:
            raise Unanswered(type(error).__name__) from None  # its words may hold the key
        if answer.status_code >= 400:
            raise _refusal(answer)
        try:
            return answer.json() if answer.content else None
        except ValueError:
            raise Unanswered("This is no answer of a TeamMCP server.", LONGEST_PAUSE) from None

    async def surely(self, operation: str, arguments: Mapping[str, Any], **more: Any) -> Any:
        """The same, asked until there is an answer.

        Raises:
            Denied: the server says no.
        """
        for pause in pauses():
            try:
                return await self.call(operation, arguments, **more)
            except Unanswered as missing:
                await self._clock.sleep(max(pause, missing.after))
        return None  # never: pauses do not end


def _refusal(answer: httpx2.Response) -> Unanswered | Denied:
    try:
        detail = str(answer.json()["detail"])
    except (ValueError, KeyError, TypeError):
        detail = f"The server answered {answer.status_code}."
    if answer.status_code == 401:  # it was replaced, and the new one is on its way
        return Unanswered(detail, LONGEST_PAUSE)
    if answer.status_code == 429 or answer.status_code >= 500:
        after = answer.headers.get("retry-after", "")
        return Unanswered(detail, float(after) if after.isdigit() else 0.0)
    return Denied(answer.status_code, detail)
