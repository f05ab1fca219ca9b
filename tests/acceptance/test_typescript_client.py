"""The TypeScript SDK, which most agents' programs are built on: it refuses whatever is not as a tool's schema says."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest

from teammcp.mcp.tools import ERROR
from tests.acceptance.npm_tools import TYPESCRIPT_SDK
from tests.live import LiveServer, clean_environment

pytestmark = [pytest.mark.acceptance, pytest.mark.real_cli]

SECONDS = 120
SCRIPT = Path(__file__).with_name("typescript_client.mjs")
ABSENT = 987_654
"""The id of nothing."""


def ask(live: LiveServer, key: str, how: str, calls: list[dict[str, Any]], home: Path) -> dict[str, Any]:
    """Let the SDK call tools; ``how`` is a client of the script, with ``bridge`` through ``teammcp connect``."""
    client, _, bridged = how.partition(" by ")
    given: dict[str, Any] = {"folder": str(TYPESCRIPT_SDK.folder()), "client": client, "key": key, "calls": calls}
    if bridged:
        environment = clean_environment(home, url=live.url, key=key)
        given |= {"command": [sys.executable, "-m", "teammcp", "connect"], "environment": environment}
    else:
        given["url"] = f"{live.url}/mcp"
    node = shutil.which("node")
    assert node is not None  # npm is there
    done = subprocess.run(
        [node, str(SCRIPT)], input=json.dumps(given), capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def value_for(schema: dict[str, Any]) -> Any:
    """Something of the right type that stands for nothing there is."""
    if "enum" in schema:
        return schema["enum"][0]
    if "anyOf" in schema:
        return value_for(schema["anyOf"][0])
    if schema.get("format") == "date-time":
        return "2030-01-01T00:00:00Z"
    if schema.get("type") == "object":
        wanted = schema.get("required", [])
        return {name: value_for(part) for name, part in schema.get("properties", {}).items() if name in wanted}
    if schema.get("type") == "array":
        return [value_for(schema["items"])]
    return {"integer": ABSENT, "number": ABSENT, "boolean": False}.get(schema.get("type", ""), f"nothing{ABSENT}")


CLIENTS = ("v1", "v2-modern", "v1 by bridge", "v2-modern by bridge")


def test_each_error_and_each_result_of_each_tool_reaches_a_strict_client(
    start_server: Callable[..., LiveServer], tmp_path: Path
) -> None:
    live = start_server(disabled_plugins="[]", agent_rate=0, address_rate=0)  # with all plugins
    key = live.register("owner")
    tools = {tool["name"]: tool["inputSchema"] for tool in listed(live, key)}
    assert len(tools) > 100
    wrong = [{"name": name, "arguments": {"no_such_argument": 1}} for name in tools]
    at_once = {"wait_for_messages": {"timeout": 0}, "sync": {"wait_ms": 0}}
    fitting = [
        {"name": name, "arguments": {**value_for({**schema, "type": "object"}), **at_once.get(name, {})}}
        for name, schema in tools.items()
        if name not in {"rotate_key", "retire_agent"}
    ]
    for how in CLIENTS:
        field = {"project_id": "p", "field": how.replace(" ", "-"), "value": {"step": 1}}
        stale = {**field, "expected_version": 7}
        last = [{"name": "set_state", "arguments": arguments} for arguments in (field, stale)]
        found = ask(live, key, how, [*wrong, *fitting, *last], tmp_path)
        outcomes = found["outcomes"]
        assert set(found["tools"]) == set(tools)
        assert [each for each in outcomes if "thrown" in each] == []
        assert not [each for each in outcomes if "The server failed" in each["text"]]
        for each in outcomes[: len(wrong)]:
            assert each["isError"]
            assert "no_such_argument: there is no such argument" in each["text"]
            assert each["meta"][ERROR]["error"] == "invalid_input"
        failed = {each["name"] for each in outcomes[len(wrong) :] if each["isError"]}
        assert {"get_message", "get_task"} < failed
        conflict = outcomes[-1]  # what resolves it reaches the model, and programs
        assert conflict["isError"]
        assert '"current_version":1' in conflict["text"]
        assert conflict["meta"][ERROR]["current_version"] == 1


def listed(live: LiveServer, key: str) -> list[dict[str, Any]]:
    """The tools, as the server describes them."""
    headers = {
        "Authorization": f"Bearer {key}",
        "accept": "application/json, text/event-stream",
        "mcp-protocol-version": "2026-07-28",
        "mcp-method": "tools/list",
    }
    meta = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
    }
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": meta}}
    answer = httpx2.post(f"{live.url}/mcp", json=body, headers=headers, timeout=30)
    tools: list[dict[str, Any]] = answer.json()["result"]["tools"]
    return tools
