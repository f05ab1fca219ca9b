"""pytest fixtures for authors of plugins: a server without network, its team, its members, a clock to move.

pytest finds them by itself once ``teammcp`` is installed. They need pytest-asyncio in its mode ``auto``.

    async def test_a_message_reaches_its_reader(team):
        alice, bob = await team.agent("alice"), await team.agent("bob")
        await alice.call("send_message", channel="general", content="hello @bob")
        inbox = await bob.call("get_inbox")

Settings and plugins of a test's server are given with a marker:

    @pytest.mark.teammcp(install={"rules": Rules()}, agent_rate=10)
"""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from .clock import Clock, Moved
from .http.websocket_client import SocketEnded, SocketRefused

if TYPE_CHECKING:  # pytest loads this module in every run; what it needs is imported when a fixture is used
    from pathlib import Path

    import httpx2
    from mcp import Client
    from quart import Quart

    from .config import Settings
    from .events import Event, EventData
    from .http.websocket_client import SocketClient
    from .operations import Surface
    from .server import Server, Team

__all__ = [  # noqa: RUF022 - in groups
    # What tests use
    "NOON",
    "NO_GUARD",
    "NO_LIMITS",
    "Member",
    "MovedClock",
    "SocketEnded",
    "SocketRefused",
    "TestTeam",
    "any_event",
    "serve",
    # Fixtures
    "app",
    "clock",
    "installed_plugins",
    "server",
    "settings",
    "team",
]

NOON = 1_767_268_800_000
"""2026-01-01T12:00:00Z, where a `MovedClock` starts."""

NO_GUARD = {"guard": {"exchange": 0, "monologue": 0, "repeats": 0}}
"""Settings without the rules against loops."""
NO_LIMITS: dict[str, Any] = {"agent_rate": 0, "address_rate": 0, "register_rate": 0, "plugins": NO_GUARD}
"""A clock that stands still refills no bucket and ends no minute, so the limits are off unless a test sets them."""


LIFESPAN_TIMEOUT = 60
"""Seconds for a start and a stop, which waits for the import of the MCP SDK: a busy machine takes its time."""


def any_event(server: Server, kind: str) -> type[EventData]:
    """A class of events of this kind that may say anything, as another version of its plugin may have left in a log.

    From now on the server takes it for the one that is declared.
    """
    from .events import EventData

    class AnyEvent(EventData, kind=kind, extra="allow"):
        """Whatever a test wants."""

    server.event_kinds.put(AnyEvent)
    return AnyEvent


class MovedClock(Clock):
    """A clock that stands still until a test moves it."""

    by_itself = False

    def __init__(self, now: int = NOON) -> None:
        self._now = now
        self._passed = 0
        self._moved = 0

    def now(self) -> int:
        """UTC, milliseconds since the epoch."""
        return self._now

    def steady(self) -> int:
        """Milliseconds that have passed."""
        return self._passed

    def moved(self) -> Moved:
        """What `jump` has done, until the server has followed."""
        return Moved(self._moved, 0)

    def follow(self, by: int) -> None:
        """The server follows a jump."""
        self._now += by
        self._moved -= by

    def advance(self, *, seconds: float = 0, minutes: float = 0, hours: float = 0, days: float = 0) -> None:
        """Move forward: time passes."""
        by = round(1000 * (seconds + 60 * minutes + 3600 * hours + 86400 * days))
        self._now += by
        self._passed += by

    def jump(self, *, seconds: float = 0, minutes: float = 0, hours: float = 0) -> None:
        """Have the machine's clock set, forward or back. The server follows once ``server.time.look()`` is called."""
        self._moved += round(1000 * (seconds + 60 * minutes + 3600 * hours))


class Member:
    """An agent or person of the team, as a test sees it.

    Attributes:
        name: its name.
        key: its key.
        http: an ``httpx2.AsyncClient`` that sends the key, for REST; after `log_in` for pages too. Nothing goes over
            a network.
    """

    def __init__(self, server: Server, name: str, key: str, http: httpx2.AsyncClient) -> None:
        self.name = name
        self.key = key
        self.http = http
        self._server = server

    async def call(self, operation: str, /, *, surface: Surface = "rest", **arguments: Any) -> Any:
        """Do one thing as this member: the operation's result, or ``Deferred``.

        Args:
            operation: its name.
            surface: which one the call comes by. REST checks strictly: ``"5"`` is no number.
            arguments: its arguments.

        Raises:
            TeamError: why it was not done.
        """
        from . import operations

        context = operations.enter(self._server, self.key, surface, "127.0.0.1")
        return await operations.call(context, operation, arguments, strict=surface == "rest")

    async def log_in(self) -> None:
        """Log in with the key, as a person does with a browser: from then on ``http`` can open pages."""
        answer = await self._send("/login", "/login", {"key": self.key})
        assert answer.status_code == 303, answer.text  # noqa: S101 - in a test

    async def submit(self, path: str, /, **fields: Any) -> httpx2.Response:
        """Send a form of a page, with its CSRF token. Log in first."""
        return await self._send("/plugins", path, fields)

    @asynccontextmanager
    async def mcp(self) -> AsyncIterator[Client]:
        """The MCP SDK's client, connected as this member: ``async with alice.mcp() as client: …``."""
        from mcp import Client
        from mcp.client.streamable_http import streamable_http_client

        transport = streamable_http_client(f"{self._server.settings.public_url}/mcp", http_client=self.http)
        async with Client(transport) as client:
            yield client

    async def _send(self, page: str, path: str, fields: dict[str, Any]) -> httpx2.Response:
        token = re.search(r'name="csrf-token" content="(\w+)"', (await self.http.get(page)).text)
        assert token is not None, "log_in first"  # noqa: S101
        return await self.http.post(path, data={**fields, "csrf": token[1]})


class TestTeam:
    """One team of a test's server. Its owner, a person called ``owner``, is there already."""

    __test__ = False

    def __init__(self, app: Quart, server: Server, name: str) -> None:
        self.app = app
        self.server = server
        self.name = name
        self.owner: Member
        self._clients: list[httpx2.AsyncClient] = []

    @property
    def team(self) -> Team:
        """The server's own object."""
        return self.server.team(self.name)

    async def agent(self, name: str, **profile: Any) -> Member:
        """Register a member; ``profile``: other arguments of ``register_agent`` (kind, role, access, …)."""
        registered = await self.owner.call("register_agent", name=name, **profile)
        return self.member(registered.agent.name, registered.apiKey)

    def member(self, name: str, key: str) -> Member:
        """Somebody whose key is known already."""
        return Member(self.server, name, key, self.client(key))

    def client(self, key: str | None = None, address: str = "127.0.0.1") -> httpx2.AsyncClient:
        """An HTTP client of the server from ``address``, closed at the end of the test."""
        import httpx2

        client = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(self.app, client=(address, 50_000)),  # type: ignore[arg-type]
            base_url=self.server.settings.public_url,
            headers={} if key is None else {"Authorization": f"Bearer {key}"},
        )
        self._clients.append(client)
        return client

    def websocket(self, path: str, member: Member | None = None, **headers: str) -> SocketClient:
        """A WebSocket of the server: ``async with team.websocket("/hooks/polls/live", alice) as socket: …``.

        It can ``send()`` and ``receive()``, which raises ``SocketEnded`` (``code``, ``reason``) once the server has
        ended it. One that is not opened raises ``SocketRefused`` (``status``, ``problem``).

        Args:
            path: with its query, if it has one.
            member: who opens it: from a page of theirs after `Member.log_in`, or else with their key.
            headers: more of them.
        """
        from .http.websocket_client import SocketClient

        place = self.server.settings.public_url
        if member is not None:
            cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in member.http.cookies.jar)
            known = {"cookie": cookies, "origin": place} if cookies else {"authorization": f"Bearer {member.key}"}
            headers = {**known, **headers}
        return SocketClient(self.app, path, {"host": place.partition("//")[2], **headers})  # type: ignore[arg-type]

    async def events(self, *kinds: str) -> list[Event]:
        """What the team's log holds, oldest first; only of these kinds, if given."""
        from .events.log import read_since

        await self.server.settle()
        found = await self.team.database.read(read_since, 0, 1_000_000)
        return [event for event in found if not kinds or event.kind in kinds]

    async def register_owner(self) -> None:
        """Make the first member, who becomes the owner."""
        from . import operations
        from .members.directory import ANONYMOUS

        context = operations.Context(self.server, self.team, ANONYMOUS, "rest", "127.0.0.1")
        secret = self.server.settings.register_secret
        first = {"name": "owner", "kind": "human", "secret": secret and secret.get_secret_value()}
        registered = await operations.call(context, "register_agent", first)
        self.owner = self.member("owner", registered.apiKey)

    async def close(self) -> None:
        """Close the HTTP clients."""
        for client in self._clients:
            await client.aclose()


@asynccontextmanager
async def serve(
    settings: Settings, clock: MovedClock | None = None, install: Mapping[str, Any] | None = None
) -> AsyncIterator[Quart]:
    """Run the whole application of ``settings`` without a network; yields it once the server is open.

    Args:
        settings: those of the server.
        clock: the machine's clock by default.
        install: plugins besides the installed ones, name -> module or object.
    """
    from quart.testing import TestApp

    from .app import create_app

    app = create_app(settings, clock, install=install or {}, durable=False)
    async with TestApp(app, startup_timeout=LIFESPAN_TIMEOUT, shutdown_timeout=LIFESPAN_TIMEOUT):
        yield app


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line(
        "markers", "teammcp(install={}, **settings): plugins and settings of the server that the test uses"
    )


@pytest.fixture
def clock() -> MovedClock:
    """The server's clock. It stands still at 2026-01-01T12:00:00Z until ``clock.advance(minutes=5)``."""
    return MovedClock()


@pytest.fixture
def installed_plugins() -> Collection[str] | None:
    """Which of the installed plugins the server loads; None means all. Override it where others get in the way."""
    return None


@pytest.fixture
def settings(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    installed_plugins: Collection[str] | None,
) -> Settings:
    """The server's settings: a data folder of the test's own, no limits, and what the marker says."""
    from .config import load_settings

    for name in [name for name in os.environ if name.startswith("TEAMMCP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("TEAMMCP_HOME", str(tmp_path / "teammcp"))
    wanted = {key: value for key, value in _marker(request).items() if key != "install"}
    wanted["plugins"] = {**NO_GUARD, **wanted.get("plugins", {})}
    return load_settings(**{"disabled_plugins": all_plugins_but(installed_plugins), **NO_LIMITS, **wanted})


def all_plugins_but(wanted: Collection[str] | None) -> list[str]:
    """The names of the installed plugins that are not ``wanted``; none if that is None."""
    from .plugins import installed

    if wanted is None:
        return []
    return sorted({entry.name for entry in installed()}.difference(wanted))


@pytest.fixture
async def app(request: pytest.FixtureRequest, settings: Settings, clock: MovedClock) -> AsyncIterator[Quart]:
    """The running application, an ASGI callable."""
    async with serve(settings, clock, _marker(request).get("install")) as app:
        yield app


@pytest.fixture
def server(app: Quart) -> Server:
    """The open server.

    ``await server.settle()`` waits until notify hooks have run, ``await server.run_jobs()`` does what is due.
    """
    server: Server = app.server  # type: ignore[attr-defined]
    return server


@pytest.fixture
async def team(app: Quart, server: Server) -> AsyncIterator[TestTeam]:
    """The team ``default`` with its owner. ``await team.agent("alice")`` registers a member."""
    team = TestTeam(app, server, "default")
    await team.register_owner()
    yield team
    await team.close()


def _marker(request: pytest.FixtureRequest) -> dict[str, Any]:
    marker = request.node.get_closest_marker("teammcp")
    return {} if marker is None else dict(marker.kwargs)
