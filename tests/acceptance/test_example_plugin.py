"""The plugin in docs/plugins/examples/deploys, as a real server runs it: webhook, secret, WebSocket, service, page."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import shutil
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from playwright.async_api import Browser, expect
from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, CloseConnection, Ping, RejectConnection, Request, TextMessage

from teammcp.testing import all_plugins_but
from tests.acceptance.browser import Street, api
from tests.live import LiveServer

pytestmark = pytest.mark.acceptance

EXAMPLE = Path(__file__).parents[2] / "docs" / "plugins" / "examples" / "deploys"
SECRET = "a-secret-that-both-sides-know"


@pytest.fixture
def live(tmp_path: Path) -> Iterator[LiveServer]:
    """A server in which the example is installed."""
    place = tmp_path / "site"
    shutil.copytree(EXAMPLE / "teammcp_deploys", place / "teammcp_deploys")
    info = place / "teammcp_deploys-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: teammcp-deploys\nVersion: 0.1.0\n")
    (info / "entry_points.txt").write_text("[teammcp]\ndeploys = teammcp_deploys\n")
    disabled = json.dumps(all_plugins_but({"theme-base"}))
    server = LiveServer(tmp_path / "home", python_path=place, disabled_plugins=disabled).start()
    yield server
    server.kill()


def report(live: LiveServer, name: str, status: str, secret: str = SECRET) -> httpx2.Response:
    body = json.dumps({"name": name, "status": status}).encode()
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return httpx2.post(f"{live.url}/hooks/deploys/report/default", content=body, headers={"X-Signature": signature})


class Follower:
    """A program that follows the WebSocket with the key of a member."""

    def __init__(self, live: LiveServer, key: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", live.port), timeout=20)
        self._protocol = WSConnection(ConnectionType.CLIENT)
        headers = [(b"Authorization", f"Bearer {key}".encode())]
        request = Request(host="127.0.0.1", target="/hooks/deploys/live", extra_headers=headers)
        self._socket.sendall(self._protocol.send(request))
        self._events = self._protocol.events()

    def __enter__(self) -> Follower:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def next(self) -> object:
        """The next event that is no ping."""
        while True:
            for event in self._events:
                if not isinstance(event, Ping):
                    return event
            self._protocol.receive_data(self._socket.recv(65536) or None)
            self._events = self._protocol.events()


def test_the_example_does_all_that_it_says(live: LiveServer) -> None:
    key = live.register("boss")
    with live.client(key) as boss:
        assert report(live, "web", "done").status_code == 401, "before there is a secret"
        assert boss.put("/api/deploys/secret", json={"secret": SECRET}).json() == {"done": True}
        assert report(live, "web", "done", secret="another").status_code == 401
        wrong = report(live, "web", "exploded")
        assert (wrong.status_code, "must look like" in wrong.json()["detail"]) == (400, True)

        with Follower(live, "tmcp_default_wrong") as stranger:
            refused = stranger.next()
            assert isinstance(refused, RejectConnection)
            assert refused.status_code == 401
        with Follower(live, key) as follower:
            assert isinstance(follower.next(), AcceptConnection)
            assert report(live, "web 1.2", "failed").status_code == 204
            message = follower.next()
            assert isinstance(message, TextMessage)
            assert json.loads(message.data) == {"name": "web 1.2", "status": "failed"}
            assert_the_service_tells(boss)
            assert_no_file_holds_the_secret(live)

            started = time.monotonic()
            live.process.terminate()
            assert isinstance(event := follower.next(), CloseConnection)
            assert event.code == 1001
            assert live.process.wait(10) == 0
            assert time.monotonic() - started < 2.5, "the open WebSocket does not hold up the stop"
    assert not [line for line in live.output if "Traceback" in line or re.search(r" error +teammcp", line)]


def assert_the_service_tells(boss: httpx2.Client) -> None:
    deadline = time.monotonic() + 20
    while not (said := boss.get("/api/history?channel=general").json()["messages"]):
        assert time.monotonic() < deadline, "the service says what has failed"
        time.sleep(0.05)
    assert said[0]["content"] == "The deployment of web 1.2 has failed."


def assert_no_file_holds_the_secret(live: LiveServer) -> None:
    for path in live.home.rglob("*"):
        assert not path.is_file() or SECRET.encode() not in path.read_bytes(), f"{path} has the secret in plain text"


@pytest.mark.browser
async def test_the_page_shows_what_is_reported_while_it_is_open(browser: Browser, live: LiveServer) -> None:
    key = live.register("boss")
    api(live, key)("set_deploy_secret", secret=SECRET)
    street = Street(browser, live)
    page = (await street.person(key)).page
    async with page.expect_websocket():
        await page.goto(f"{live.url}/deploys")
    listed = page.locator("#deploys li")
    deadline = time.monotonic() + 20
    while not await listed.count():  # the first report may come before the connection is open
        assert time.monotonic() < deadline
        assert report(live, "web 1.3", "started").status_code == 204
        await page.wait_for_timeout(100)
    await expect(listed.first).to_have_text("web 1.3: started")
    await street.close()
