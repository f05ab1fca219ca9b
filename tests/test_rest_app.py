"""The application as a whole: what plugins add to it, its jobs, and its logs."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel

from teammcp import Job, Server, hookimpl
from teammcp.app import forget_idempotency_keys, sweep_presence
from teammcp.config import Settings
from teammcp.http.asgi import Application, Receive, Scope, Send
from teammcp.logs import JsonFormatter, TextFormatter, configure, request_id
from teammcp.testing import MovedClock, TestTeam


class Wrapper:
    """Stands before the application and notes what it sees; adds a job."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.jobs = 0

    @hookimpl
    def asgi_wrapper(self, server: Server) -> Any:
        def wrap(inner: Application) -> Application:
            async def application(scope: Scope, receive: Receive, send: Send) -> None:
                self.paths.append(scope.get("path", scope["type"]))
                await inner(scope, receive, send)

            return application

        return wrap

    @hookimpl
    def register_jobs(self) -> list[Job]:
        self.jobs += 1
        return [Job("wrapper.sweep", sweep_presence, every=3600, per_team=True)]


class BrokenWrapper:
    """Contributes what cannot be called."""

    @hookimpl
    def asgi_wrapper(self) -> Any:
        return 5


wrapper = Wrapper()


@pytest.mark.teammcp(install={"wrapper": wrapper, "broken": BrokenWrapper()})
async def test_plugins_stand_before_everything_but_the_guard(team: TestTeam) -> None:
    await team.owner.http.get("/api/me")
    await team.owner.http.get("/api/me", headers={"Host": "evil.example"})
    await team.client().get("/login")
    assert wrapper.paths == ["lifespan", "/api/me", "/login"]
    assert wrapper.jobs == 1
    assert team.server.plugins.plugins["broken"].state == "failed"
    assert team.server.plugins.plugins["wrapper"].state == "active"


async def test_old_idempotency_keys_are_forgotten_and_nothing_is_written_without_any(
    team: TestTeam, clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    writes = 0
    write = team.team.database.write

    async def counted(work: Any) -> Any:
        nonlocal writes
        writes += 1
        return await write(work)

    await team.server.settle()
    await team.owner.http.post("/api/channels", json={"id": "a", "type": "group"}, headers={"Idempotency-Key": "k"})
    monkeypatch.setattr(team.team.database, "write", counted)
    clock.advance(hours=23)
    await forget_idempotency_keys(team.team)
    assert writes == 0
    clock.advance(hours=2)
    await forget_idempotency_keys(team.team)
    assert writes == 1
    assert not await team.team.database.read(lambda reader: reader.all("SELECT * FROM idempotency"))
    await forget_idempotency_keys(team.team)
    assert writes == 1


@pytest.mark.teammcp(presence_timeout=30)
async def test_the_sweep_notices_who_has_gone(team: TestTeam, clock: MovedClock) -> None:
    alice = await team.agent("alice")
    await alice.call("heartbeat")
    clock.advance(seconds=31)
    await sweep_presence(team.team)
    assert {event.subject for event in await team.events("agent.offline")} == {"owner", "alice"}


class Secret(BaseModel):
    """A model whose validation fails."""

    number: int


def fail() -> None:
    Secret.model_validate({"number": "a private message"})


@pytest.fixture
def record() -> logging.LogRecord:
    try:
        fail()
    except ValueError:
        import sys

        return logging.LogRecord("teammcp.x", logging.ERROR, "f", 1, "it %s\nbroke", ("all",), sys.exc_info())
    raise AssertionError


def test_an_event_is_one_line_with_its_request_and_no_content(record: logging.LogRecord) -> None:
    request_id.set("abc-1")
    for formatter in (TextFormatter(), JsonFormatter()):
        line = formatter.format(record)
        assert "\n" not in line
        assert "abc-1" in line
        assert "ValidationError: 1 errors" in line
        assert "fail" in line  # the way there
        assert "private" not in line
    assert json.loads(line).keys() == {"time", "level", "logger", "request", "message", "exception"}


@pytest.fixture
def root_logger() -> Iterator[logging.Logger]:
    """The root logger, left as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield root
    root.handlers[:], root.level = handlers, level


def test_the_settings_choose_form_and_level(root_logger: logging.Logger, settings: Settings) -> None:
    configure(settings.model_copy(update={"log_format": "json", "log_level": "warning"}))
    [handler] = root_logger.handlers
    assert isinstance(handler.formatter, JsonFormatter)
    assert root_logger.level == logging.WARNING


async def test_requests_are_logged_without_query_key_or_body(team: TestTeam, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    await team.owner.http.get("/api/history?channel=general&limit=7")
    await team.owner.http.post("/api/send", json={"channel": "general", "content": "private words"})
    await team.owner.http.post("/api/send", json={"channel": "general", "content": 5, "private": "private words"})
    lines = [record.getMessage() for record in caplog.records if record.name.startswith("teammcp")]
    assert sum("/api/send" in line for line in lines) == 2
    for line in lines:
        assert team.owner.key not in line
        assert "private" not in line
        assert "limit=7" not in line
