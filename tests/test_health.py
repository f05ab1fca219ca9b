"""`GET /api/health`: it tells the truth about what the server needs, and strangers no more than that."""

from __future__ import annotations

import asyncio
import importlib
import os
from pathlib import Path
from typing import Any

import pytest

from teammcp import Server, hookimpl
from teammcp.config import Settings
from teammcp.mcp import mounting
from teammcp.server import health
from teammcp.server.health import Problem, status_of
from teammcp.testing import MovedClock, TestTeam, serve

PUBLIC = {"status", "problems", "version", "uptime_ms", "timestamp"}


@pytest.fixture(autouse=True)
def asked_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk's last answer does not hold for the next question."""
    monkeypatch.setattr(health, "KEPT", -1)


async def ask(team: TestTeam, key: str | None = None) -> tuple[int, dict[str, Any]]:
    answer = await team.client(key).get("/api/health")
    return answer.status_code, answer.json()


async def test_strangers_see_no_names_and_no_numbers(team: TestTeam) -> None:
    alice = await team.agent("alice")
    answer = await team.client().get("/api/health")
    assert (answer.status_code, answer.json().keys()) == (200, PUBLIC)
    assert answer.json()["status"] == "ok"
    assert "alice" not in answer.text
    assert (await ask(team, "tmcp_default_" + 43 * "x"))[0] == 401
    assert (await ask(team, alice.key))[1].keys() == PUBLIC | {"agents"}


async def test_who_looks_after_the_team_or_the_server_sees_more(team: TestTeam, server: Server) -> None:
    await team.agent("alice")
    await server.create_team("blue")
    found = (await ask(team, team.owner.key))[1]
    assert found["agents"]["total"] == 2
    assert found["details"]["problems"] == []
    assert found["details"]["facts"]["disk"]["free_bytes"] > 0
    assert (await ask(team, server.identity.new_admin_key))[1]["details"]["facts"]["database"] == {"teams": 2}


def test_the_worst_problem_decides() -> None:
    fine, bad = Problem("plugins", "one is off"), Problem("disk", "dead", failing=True)
    assert [status_of(found) for found in ([], [fine], [fine, bad])] == ["ok", "degraded", "failing"]


# -- the disk ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "code", "status"),
    [(28, 200, "degraded"), (5, 503, "failing"), (30, 503, "failing"), (24, 503, "failing")],
)
async def test_a_disk_that_takes_no_writes_is_told(
    team: TestTeam, monkeypatch: pytest.MonkeyPatch, number: int, code: int, status: str
) -> None:
    def refuse(home: Path) -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(health, "_probe", refuse)
    found = await ask(team)
    assert (found[0], found[1]["status"], found[1]["problems"]) == (code, status, ["disk"])
    monkeypatch.undo()
    monkeypatch.setattr(health, "KEPT", -1)
    assert (await ask(team))[1]["status"] == "ok"


async def test_a_disk_that_does_not_answer_keeps_nobody_waiting(
    team: TestTeam, monkeypatch: pytest.MonkeyPatch
) -> None:
    hanging = asyncio.Event()
    probes = 0

    async def hang(function: object, *arguments: object) -> int:
        nonlocal probes
        probes += 1
        await hanging.wait()
        return 2**40

    monkeypatch.setattr(health, "PROBE_TIMEOUT", 0.05)
    monkeypatch.setattr(health.asyncio, "to_thread", hang)
    disk = health.Disk(team.server.settings.home)
    for _ in range(3):
        (problem,) = await disk.problems()
        assert problem.failing
    assert probes == 1  # one thread at most is held by it
    hanging.set()
    await asyncio.sleep(0)
    assert await disk.problems() == []


async def test_nobody_keeps_the_disk_busy_by_asking(team: TestTeam, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "KEPT", 60)
    probes = 0

    def probe(home: Path) -> int:
        nonlocal probes
        probes += 1
        return 2**40

    monkeypatch.setattr(health, "_probe", probe)
    disk = health.Disk(team.server.settings.home)
    for _ in range(10):
        assert await disk.problems() == []
    assert probes == 1


# -- databases, plugins, MCP -------------------------------------------------------------------------------------------


async def test_a_database_that_is_gone_is_told_before_anybody_writes(team: TestTeam, server: Server) -> None:
    blue = await server.create_team("blue")
    aside = blue.folder.rename(blue.folder.with_name("aside"))
    code, found = await ask(team, server.identity.new_admin_key)
    assert (code, found["status"], found["problems"]) == (503, "failing", ["database"])
    assert "removed or replaced" in found["details"]["problems"][0]["text"]
    assert (await ask(team, team.owner.key))[1]["details"]["problems"] == []  # of another team
    aside.rename(blue.folder)
    assert (await ask(team))[0] == 200


async def test_a_database_that_was_full_is_tried_anew(team: TestTeam) -> None:
    database = team.team.database
    pages = await database.read(lambda reader: reader.value("PRAGMA page_count"))
    await database.write(lambda tx: tx.value(f"PRAGMA max_page_count = {pages + 20}"))
    for _ in range(100):
        answer = await team.owner.http.post("/api/send", json={"channel": "general", "content": 9000 * "x"})
    assert answer.status_code == 507
    code, found = await ask(team)
    assert (code, found["status"]) in {(200, "degraded"), (200, "ok")}  # the page that is looked for may have room
    await database.write(lambda tx: tx.value("PRAGMA max_page_count = 1000000"))
    assert (await ask(team))[1]["status"] == "ok"


class Unfit:
    """Contributes what nobody can use."""

    @hookimpl
    def register_operations(self) -> list[object]:
        return [5]


@pytest.mark.teammcp(install={"unfit": Unfit()})
async def test_a_plugin_that_is_switched_off_is_told(team: TestTeam) -> None:
    assert (await ask(team))[1]["problems"] == ["plugins"]
    code, found = await ask(team, team.owner.key)
    assert (code, found["status"]) == (200, "degraded")
    assert "'unfit' is switched off" in found["details"]["problems"][0]["text"]


async def test_mcp_is_tried_again_when_it_could_not_be_loaded(
    settings: Settings, clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts = 0

    def load(name: str) -> object:
        nonlocal attempts
        attempts += 1
        if attempts <= 2:
            raise OSError(24, "Too many open files")
        return importlib.import_module(name)

    monkeypatch.setattr(mounting, "SOON", 0.01)
    monkeypatch.setattr(mounting, "importlib", type("Loader", (), {"import_module": staticmethod(load)}))
    async with serve(settings, clock) as app:
        team = TestTeam(app, app.server, "default")
        await team.register_owner()
        codes = []
        for _ in range(200):
            answer = await team.owner.http.post("/mcp", json={})
            codes.append(answer.status_code)
            if answer.status_code != 503:
                break
            assert answer.headers["retry-after"]
            await asyncio.sleep(0.01)
        assert (attempts, codes[-1] != 503) == (3, True)
        assert (await ask(team))[1]["status"] == "ok"
        await team.close()
