"""The access log: a line for each request and for each wrong secret, and never a secret in it."""

from __future__ import annotations

import json
import logging
import re
import time

import pytest

from teammcp.logs import JsonFormatter, TextFormatter
from teammcp.logs.access import note
from teammcp.logs.flood import Flood
from teammcp.testing import TestTeam

WRONG = "tmcp_default_" + "Zx9" * 14 + "q"
FAIL2BAN = re.compile(
    r"^\S+ warning +teammcp\.access \[\S+\] wrong (?:key|registration secret) from (?P<host>\S+) \(\w+\)$"
)
"""As docs/deployment.md has it."""


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO)
    return caplog


def access(lines: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in lines.records if record.name == "teammcp.access"]


async def test_each_request_has_one_line_with_who_what_and_from_where(
    team: TestTeam, lines: pytest.LogCaptureFixture
) -> None:
    alice = await team.agent("alice")
    lines.clear()
    await alice.http.get("/api/history?channel=general")
    await alice.http.post("/mcp", json={})
    await team.client(address="203.0.113.5").get("/login")
    await team.client().get("/", headers={"Host": "evil.example"})
    said = [re.sub(r"[\d.]+ ms", "N ms", line) for line in access(lines)]
    assert said[0] == "GET /api/history 200 N ms default/alice 127.0.0.1"
    assert re.fullmatch(r"POST /mcp \d+ N ms default/alice 127\.0\.0\.1", said[1])
    assert said[2:] == ["GET /login 200 N ms - 203.0.113.5", "GET / 421 N ms - proxy"]


@pytest.mark.teammcp(access_log=False)
async def test_a_setting_turns_it_off_but_not_what_is_told_of_wrong_keys(
    team: TestTeam, lines: pytest.LogCaptureFixture
) -> None:
    await team.client(key=WRONG).get("/api/me")
    assert access(lines) == ["wrong key from 127.0.0.1 (rest)"]


@pytest.mark.parametrize("path", ["/api/me", "/mcp", "/api/events", "/api/teams"])
async def test_a_wrong_key_is_a_line_that_fail2ban_reads(
    team: TestTeam, lines: pytest.LogCaptureFixture, path: str
) -> None:
    for key in (WRONG, "nonsense", "tmcpadmin_" + "x" * 43):
        lines.clear()
        await team.client(key=key, address="203.0.113.5").get(path)
        said = [TextFormatter().format(record) for record in lines.records if record.levelno == logging.WARNING]
        assert [match["host"] for match in map(FAIL2BAN.match, said) if match] == ["203.0.113.5"], said
        assert key not in lines.text


@pytest.mark.teammcp(register_secret="open sesame")
async def test_so_is_a_wrong_login_and_a_wrong_registration_secret(
    team: TestTeam, lines: pytest.LogCaptureFixture
) -> None:
    await team.client().post("/api/sessions", json={"key": WRONG})
    await team.client().post("/api/register", json={"name": "eve", "secret": "hunter2"})
    await team.client().post("/api/register", json={"name": "eve"})  # asks, and guesses nothing
    said = [TextFormatter().format(record) for record in lines.records if record.levelno == logging.WARNING]
    assert len([line for line in said if FAIL2BAN.match(line)]) == 2
    assert WRONG not in lines.text
    assert "hunter2" not in lines.text


def test_no_wrong_key_is_left_out_of_the_log_since_many_came() -> None:
    flood = Flood()
    record = logging.makeLogRecord({"name": "teammcp.access", "levelno": logging.WARNING, "msg": "wrong key"})
    assert all(flood.filter(record) for _ in range(100))


async def test_who_only_has_no_key_is_no_guesser(team: TestTeam, lines: pytest.LogCaptureFixture) -> None:
    lines.clear()
    await team.client().get("/api/me")
    assert [record.levelname for record in lines.records if record.name == "teammcp.access"] == ["INFO"]


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/hooks/default/3hTq9vXkLm2PzR8sWnB4cD7e", "/hooks/default/…"),
        ("/api/tasks/12", "/api/tasks/12"),
        ("/channels/a-channel-with-quite-a-long-name", "/channels/a-channel-with-quite-a-long-name"),
        (f"/x/{WRONG}", "/x/…"),
    ],
)
def test_what_looks_like_a_secret_in_a_path_is_left_out(lines: pytest.LogCaptureFixture, path: str, shown: str) -> None:
    note("GET", path, 200, 0.001, "-", "127.0.0.1")
    assert access(lines) == [f"GET {shown} 200 1.0 ms - 127.0.0.1"]


@pytest.mark.parametrize("path", ["/" + "a" * 60_000, "/" + "1" * 60_000, "/" + "/" * 60_000, "/" + "a1" * 30_000])
def test_a_path_of_any_length_is_written_at_once_and_short(lines: pytest.LogCaptureFixture, path: str) -> None:
    started = time.process_time()
    for _ in range(100):
        note("GET", path, 404, 0.001, "-", "127.0.0.1")
    assert time.process_time() - started < 1
    assert max(map(len, access(lines))) < 600


def test_machines_read_the_parts_of_a_line_by_name(lines: pytest.LogCaptureFixture) -> None:
    note("GET", "/a", None, 0.0015, "default/ann", "proxy")
    entry = json.loads(JsonFormatter().format(lines.records[-1]))
    assert (entry["path"], entry["status"], entry["ms"], entry["member"]) == ("/a", None, 1.5, "default/ann")
