"""The runner of the server's own machine: started when it is needed, once, with an environment from scratch."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

import pytest
from teammcp_claude_launcher.machines import local_name, local_runner
from teammcp_claude_launcher.machines.local_runner import LocalRunner

from teammcp import Server
from teammcp.testing import TestTeam

from .runners import FakeRunner, join

PLUGIN = "claude_launcher"


class Starts:
    """Starts nothing, and tells what it was to start."""

    def __init__(self) -> None:
        self.folders: list[Path] = []
        self.called = threading.Event()

    command = "/bin/true"

    def __call__(self, folder: Path, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
        self.folders.append(folder)
        self.called.set()
        process = subprocess.Popen([self.command])
        process.wait()
        return process


@pytest.fixture
def starts(server: Server) -> Starts:
    starts = Starts()
    server.state[local_runner.START] = starts
    return starts


async def live_here(team: TestTeam, agent: str = "bob") -> None:
    await team.agent(agent)
    await team.owner.call("start_agent", name=agent, runtime="command", new_key=True)


def enrolled(folder: Path) -> dict[str, str]:
    return json.loads((folder / "enrolments" / "default@local.json").read_text())


async def test_it_is_started_with_a_key_of_its_own_once_an_agent_is_to_run_here(
    team: TestTeam, server: Server, starts: Starts
) -> None:
    local = LocalRunner(server)
    await local.look()
    assert starts.folders == []
    await live_here(team)
    await local.look()
    (folder,) = starts.folders
    assert folder == server.settings.home / "runner"
    known = enrolled(folder)
    assert (known["machine"], known["url"], known["local"]) == (local_name(server), "http://127.0.0.1:3100", True)
    runner = FakeRunner(team, known["machine"], known["key"])
    async with runner.connected():
        assert runner.orders is not None
        assert [home.agent for home in runner.orders.homes] == ["bob"]
        (machine,) = (await team.owner.call("list_machines")).root
        assert (machine.is_local, machine.connected, machine.agents) == (True, True, ["bob"])
        await local.look()
    assert len(starts.folders) == 1


async def test_one_that_does_not_come_is_started_again_later_and_later_with_the_same_key(
    team: TestTeam, server: Server, starts: Starts
) -> None:
    await live_here(team)
    local = LocalRunner(server)
    waits = [await local.look()]
    key = enrolled(starts.folders[0])["key"]
    again = await local.look()
    assert 0 < again <= waits[0]
    assert len(starts.folders) == 1
    local._next = 0
    waits.append(await local.look())
    assert waits == [2, 4]
    assert len(starts.folders) == 2
    assert enrolled(starts.folders[0])["key"] == key


async def test_one_that_fails_is_told_of_with_the_place_of_its_log(
    team: TestTeam, server: Server, starts: Starts, caplog: pytest.LogCaptureFixture
) -> None:
    starts.command = "/bin/false"
    await live_here(team)
    local = LocalRunner(server)
    await local.look()
    await local.look()
    assert "has ended with 1" in caplog.text
    assert "runner.log says why" in caplog.text


async def test_a_key_that_works_no_more_is_replaced(team: TestTeam, server: Server, starts: Starts) -> None:
    await live_here(team)
    await LocalRunner(server).look()
    first = enrolled(starts.folders[0])["key"]
    await team.owner.call("revoke_machine", machine=local_name(server))
    await LocalRunner(server).look()
    assert len(starts.folders) == 1, "its agents are held"
    await team.owner.call("start_agent", name="bob", new_key=True)
    await LocalRunner(server).look()
    second = enrolled(starts.folders[1])["key"]
    assert second != first
    async with FakeRunner(team, local_name(server), second).connected():
        (machine,) = (await team.owner.call("list_machines")).root
        assert machine.revoked_at is None


@pytest.mark.teammcp(plugins={PLUGIN: {"machine": "desk"}})
async def test_the_name_of_the_servers_machine_cannot_be_taken(team: TestTeam, server: Server, starts: Starts) -> None:
    assert (await join(team, "desk")).machine == "desk-2"


async def test_its_environment_is_made_from_scratch(server: Server) -> None:
    outer = {
        "PATH": "/bin",
        "HOME": "/home/me",
        "TEAMMCP_KEY": "tmcp_secret",
        "TEAMMCP_CONFIG": "/etc/teammcp.toml",
        "CLAUDECODE": "1",
        "ANTHROPIC_API_KEY": "secret",
        "TEAMMCP_REGISTER_SECRET": "secret",
    }
    environment = local_runner.environment_of(server, outer)
    home = str(server.settings.home.absolute())
    assert environment == {
        "PATH": "/bin",
        "HOME": "/home/me",
        "TEAMMCP_CONFIG": "/etc/teammcp.toml",
        "TEAMMCP_HOME": home,
        "TEAMMCP_RUNNER_HOME": f"{home}/runner",
    }


@pytest.mark.teammcp(plugins={PLUGIN: {"local_runner": True}})
async def test_the_service_hears_of_a_start_by_itself(team: TestTeam, server: Server, starts: Starts) -> None:
    await live_here(team)
    assert await asyncio.to_thread(starts.called.wait, 10)


async def test_nothing_is_started_where_the_settings_say_so(team: TestTeam, server: Server, starts: Starts) -> None:
    await live_here(team)
    await asyncio.wait_for(local_runner.keep(server), 10)
    assert starts.folders == []


@pytest.mark.skipif(sys.platform == "win32", reason="programs are run on Linux and macOS")
async def test_the_process_leads_a_session_of_its_own_and_its_words_go_to_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "runner"
    environment = {"PATH": os.environ["PATH"], "TEAMMCP_HOME": str(tmp_path), "TEAMMCP_RUNNER_HOME": str(folder)}
    process = local_runner.start_process(folder, environment)
    assert os.getsid(process.pid) == process.pid
    assert await asyncio.to_thread(process.wait, 60) != 0
    log = folder / local_runner.LOG
    assert "has joined no team" in log.read_text()
    assert log.stat().st_mode & 0o077 == 0


@pytest.mark.teammcp(plugins={PLUGIN: {"local_runner": True, "machine": "desk"}})
async def test_the_servers_machine_is_there_with_its_programs_before_any_agent_was_started(
    team: TestTeam, starts: Starts
) -> None:
    for _ in range(2):
        (machine,) = (await team.owner.call("list_machines")).root
        assert (machine.name, machine.is_local, machine.connected, machine.revoked_at) == ("desk", True, False, None)
    (example,) = [each for each in (await team.owner.call("list_runtimes")).root if each.name == "example"]
    assert [(each.machine, each.missing) for each in example.machines] == [("desk", "")]
    assert len(await team.events("machine.added")) == 1
    assert starts.folders == []
