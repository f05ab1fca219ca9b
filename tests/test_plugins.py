"""Plugins of others: found by their entry point, used by every surface, and harmless when they fail.

``tests/sample_plugin`` is a distribution of its own. It is installed into a folder of the test run's, and is on the
path in these tests only.
"""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from teammcp import Conflict, Deferred, Refused, Server
from teammcp.errors import PluginFailed
from teammcp.testing import TestTeam

SAMPLE = Path(__file__).parent / "sample_plugin"


@pytest.fixture(scope="session")
def sample_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sample plugin installed in it."""
    site = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*command, "--target", str(site), str(SAMPLE)], check=True)
    return site


@pytest.fixture(autouse=True)
def sample(sample_site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sample plugin, installed."""
    monkeypatch.syspath_prepend(sample_site)


@pytest.fixture
def installed_plugins() -> set[str]:
    """Of what is installed, the sample alone."""
    return {"sample", "sample-broken"}


# -- what a plugin contributes ---------------------------------------------------------------------------------------


async def test_it_is_found_by_its_entry_point_with_version_and_hooks(server: Server) -> None:
    info = server.plugins.plugins["sample"]
    assert (info.version, info.state, info.built_in) == ("1.2.3", "active", False)
    assert {"register_operations", "before_message", "message_sent"} <= set(info.hooks)
    assert importlib.metadata.version("teammcp-sample") == "1.2.3"


async def test_its_operation_and_table_work_like_those_of_the_core(team: TestTeam) -> None:
    alice = await team.agent("alice")
    await alice.call("add_word", word="pluggy")
    with pytest.raises(Conflict):
        await alice.call("add_word", word="pluggy")
    assert (await team.owner.call("get_words")).text() == "pluggy"
    assert [event.actor for event in await team.events("word.added")] == ["alice"]


async def test_its_operation_has_a_rest_route_and_is_in_the_openapi_document(team: TestTeam) -> None:
    answer = await team.owner.http.post("/api/words", json={"word": "quart"})
    assert answer.json() == {"word": "quart", "agent": "owner"}
    assert (await team.owner.http.get("/api/words")).json() == [{"word": "quart", "agent": "owner"}]
    document = (await team.owner.http.get("/api/openapi.json")).json()
    assert document["paths"]["/api/words"]["post"]["operationId"] == "add_word"


async def test_its_operation_is_an_mcp_tool(team: TestTeam) -> None:
    async with team.owner.mcp() as client:
        assert "add_word" in {tool.name for tool in (await client.list_tools()).tools}
        result = await client.call_tool("add_word", {"word": "mcp"})
    assert result.structured_content == {"word": "mcp", "agent": "owner"}
    assert (await team.owner.call("get_words")).text() == "mcp"


# -- rules -----------------------------------------------------------------------------------------------------------


async def test_it_may_refuse_a_message_and_then_nothing_is_stored(team: TestTeam) -> None:
    with pytest.raises(Refused, match="not said here"):
        await team.owner.call("send_message", channel="general", content="I swear")
    assert await team.events("message.sent") == []


async def test_it_may_change_a_message(team: TestTeam) -> None:
    await team.owner.call("send_message", channel="general", content="teh end")
    history = await team.owner.call("get_history", channel="general")
    assert [message.content for message in history.messages] == ["the end"]


async def test_it_may_make_a_message_wait(team: TestTeam) -> None:
    result = await team.owner.call("send_message", channel="general", content="wait for it")
    assert result == Deferred({"waits_for": "the sample plugin"})
    answer = await team.owner.http.post("/api/send", json={"channel": "general", "content": "wait for it"})
    assert (answer.status_code, answer.json()) == (202, {"waits_for": "the sample plugin"})
    assert await team.events("message.sent") == []


@pytest.mark.teammcp(plugins={"sample": {"forbidden": "please"}})
async def test_its_settings_come_from_its_table(team: TestTeam) -> None:
    await team.owner.call("send_message", channel="general", content="I swear")
    with pytest.raises(Refused):
        await team.owner.call("send_message", channel="general", content="please")


# -- faults ----------------------------------------------------------------------------------------------------------


async def test_a_notification_that_crashes_changes_nothing_but_its_count(team: TestTeam) -> None:
    await team.owner.call("send_message", channel="general", content="crash afterwards")
    await team.server.settle()
    info = team.server.plugins.plugins["sample"]
    assert (info.state, info.faults) == ("active", 1)
    assert info.last_fault is not None
    assert "this plugin has a fault" in info.last_fault
    assert len(await team.events("message.sent")) == 1


async def test_a_rule_that_crashes_lets_nothing_through(team: TestTeam) -> None:
    with pytest.raises(PluginFailed, match="'sample'"):
        await team.owner.call("send_message", channel="general", content="crash the check")
    assert team.server.plugins.plugins["sample"].faults == 1
    assert await team.events("message.sent") == []


async def test_one_that_cannot_be_loaded_is_listed_with_its_traceback(team: TestTeam) -> None:
    info = team.server.plugins.plugins["sample-broken"]
    assert info.state == "failed"
    assert info.error is not None
    assert "ImportError: this plugin needs something that is not installed" in info.error
    await team.owner.call("send_message", channel="general", content="the server runs without it")


@pytest.mark.teammcp(disabled_plugins=["sample"])
async def test_one_that_is_switched_off_contributes_nothing(team: TestTeam) -> None:
    assert team.server.plugins.plugins["sample"].state == "disabled"
    assert "add_word" not in {operation.name for operation in team.server.registry}
    await team.owner.call("send_message", channel="general", content="I swear")


@pytest.mark.teammcp(plugins={"sample": {"forbiden": "typo"}})
async def test_wrong_settings_switch_it_off_and_name_the_key(team: TestTeam) -> None:
    info = team.server.plugins.plugins["sample"]
    assert info.state == "failed"
    assert info.error is not None
    assert "[plugins.sample]" in info.error
    assert "forbiden" in info.error


# -- the command line ------------------------------------------------------------------------------------------------


def teammcp(
    site: Path, home: Path, *arguments: str, more: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(site), "TEAMMCP_HOME": str(home), **(more or {})}
    return subprocess.run(
        [sys.executable, "-m", "teammcp", *arguments], env=environment, capture_output=True, text=True, check=False
    )


def test_plugin_list_shows_what_works_and_why_the_rest_does_not(sample_site: Path, tmp_path: Path) -> None:
    listed = teammcp(sample_site, tmp_path, "plugin", "list")
    assert listed.returncode == 0
    lines = listed.stdout.splitlines()
    assert any(line.split()[:3] == ["sample", "1.2.3", "active"] and "before_message" in line for line in lines)
    assert any(line.split()[:3] == ["sample-broken", "1.2.3", "failed"] for line in lines)
    assert "ImportError: this plugin needs something that is not installed" in listed.stdout
    assert listed.stderr == ""


def test_it_adds_a_command(sample_site: Path, tmp_path: Path) -> None:
    assert teammcp(sample_site, tmp_path, "sample-hello").stdout == "hello from a plugin\n"
    help_ = teammcp(sample_site, tmp_path, "--help")
    assert "sample-hello  Say hello." in help_.stdout
    assert help_.stdout.count("Say hello.") == 1, "a plugin's command stands in for no other"
    assert "sample-nothing" not in help_.stdout
    for name, why in (
        ("sample-broken", "ImportError: this plugin needs something that is not installed"),
        ("sample-nothing", "is no click command: 'hello'"),
    ):
        assert f"The command '{name}' of teammcp-sample " in help_.stderr
        assert why in help_.stderr
        called = teammcp(sample_site, tmp_path, name)
        assert called.returncode == 1
        assert why in called.stderr
        assert "Traceback" not in called.stderr


def test_a_command_of_a_plugin_that_is_switched_off_is_not_there(sample_site: Path, tmp_path: Path) -> None:
    off = {"TEAMMCP_DISABLED_PLUGINS": '["sample", "sample-broken"]'}
    assert teammcp(sample_site, tmp_path, "sample-hello", more=off).returncode == 2
    assert "sample-hello" not in teammcp(sample_site, tmp_path, "--help", more=off).stdout
