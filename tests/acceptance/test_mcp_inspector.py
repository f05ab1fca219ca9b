"""The MCP Inspector's command line against the real server: a client written by others, strict about schemas."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from teammcp.keys import new_key
from tests.acceptance.npm_tools import INSPECTOR
from tests.live import LiveServer

pytestmark = [pytest.mark.acceptance, pytest.mark.real_cli]

SECONDS = 60
ERAS = ("legacy", "modern")


def inspect(live: LiveServer, key: str, folder: Path, era: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            *(str(INSPECTOR.path()), "--cli", f"{live.url}/mcp", "--transport", "http", "--protocol-era", era),
            *("--header", f"Authorization: Bearer {key}", "--format", "json", "-q", "--stored-auth-only"),
            *arguments,
        ],
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "MCP_CATALOG_PATH": str(folder / "catalog.json")},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def result(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(done.stdout)["result"]
    return found


@pytest.mark.parametrize("era", ERAS)
def test_it_lists_and_calls_and_reads(live: LiveServer, tmp_path: Path, era: str) -> None:
    key = live.register("owner")
    strict = inspect(live, key, tmp_path, era, "--strict", "--method", "tools/list")
    assert "Warning" not in strict.stderr  # what other clients could trip over
    listed = result(strict)
    assert {"send_message", "get_inbox", "search_messages"} <= {tool["name"] for tool in listed["tools"]}
    arguments = ("--tool-name", "send_message", "--tool-arg", "channel=general", "--tool-arg", "content=hi there")
    sent = result(inspect(live, key, tmp_path, era, "--method", "tools/call", *arguments))
    assert sent["structuredContent"]["channel"] == "general"
    read = result(inspect(live, key, tmp_path, era, "--method", "resources/read", "--uri", "teammcp://channel/general"))
    assert "hi there" in read["contents"][0]["text"]


def test_it_is_refused_with_a_wrong_key(live: LiveServer, tmp_path: Path) -> None:
    live.register("owner")
    assert inspect(live, new_key("default"), tmp_path, "modern", "--method", "tools/list").returncode == 3
