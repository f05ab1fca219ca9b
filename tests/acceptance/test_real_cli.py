"""Real agent programs from npm against the real server, with models that answer from a script.

Each works with the configuration that ``teammcp register --client`` writes, in a home of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from teammcp.joining import clients
from teammcp.keys import new_key
from tests.acceptance.desks import codex_settings
from tests.acceptance.fake_models import AnthropicModel, Call, OpenAIModel, Say
from tests.acceptance.npm_tools import CLAUDE, CODEX
from tests.live import LiveServer

pytestmark = [pytest.mark.acceptance, pytest.mark.real_cli]

SECONDS = 90


@pytest.fixture
def keys(live: LiveServer) -> dict[str, str]:
    """The keys of an owner and of bob, who has a direct message waiting."""
    keys = {name: live.register(name) for name in ("owner", "bob")}
    with live.client(keys["owner"]) as owner:
        owner.post("/api/send", json={"channel": "dm:bob", "content": "The build is broken."}).raise_for_status()
    return keys


def sent(live: LiveServer, key: str) -> list[tuple[str, str]]:
    with live.client(key) as client:
        messages = client.get("/api/history", params={"channel": "general"}).json()["messages"]
    return [(message["from_agent"], message["content"]) for message in messages]


def run(command: list[str], home: Path, **environment: str) -> list[dict[str, object]]:
    """Run a program in an empty home; the JSON lines that it prints."""
    path = os.environ["PATH"]
    done = subprocess.run(
        command,
        env={"PATH": path, "HOME": str(home), "LANG": "C.UTF-8", "NO_PROXY": "127.0.0.1", **environment},
        cwd=home,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.stdout, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def claude(home: Path, model: AnthropicModel, config: Path, key: str) -> list[dict[str, object]]:
    return run(
        [
            *(
                str(CLAUDE.path()),
                "-p",
                "Look after the team.",
                "--bare",
                "--output-format",
                "stream-json",
                "--verbose",
            ),
            *("--mcp-config", str(config), "--strict-mcp-config", "--allowedTools", "mcp__teammcp"),
        ],
        home,
        ANTHROPIC_BASE_URL=model.url,
        ANTHROPIC_API_KEY="sk-ant-api03-scripted",
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC="1",
        CLAUDE_CODE_MAX_RETRIES="0",
        DISABLE_AUTOUPDATER="1",
        TEAMMCP_KEY=key,
    )


def test_claude_reads_its_inbox_and_answers(live: LiveServer, keys: dict[str, str], tmp_path: Path) -> None:
    config = clients.write("claude", live.url, tmp_path).path
    script = (
        Call("mcp__teammcp__send_message", {"channel": "general", "content": "hello from claude"}),
        Call("mcp__teammcp__get_inbox"),
        Say("done"),
    )
    with AnthropicModel(*script) as model:
        lines = claude(tmp_path, model, config, keys["bob"])
    begun = next(line for line in lines if line.get("subtype") == "init")
    assert begun["mcp_servers"] == [{"name": "teammcp", "status": "connected", "source": "dynamic"}]
    assert lines[-1]["result"] == "done"
    assert sent(live, keys["owner"]) == [("bob", "hello from claude")]
    answer, inbox = model.seen
    assert answer.startswith("Sent to general")  # the short text, and not the structured content
    assert 'unread: {"dms":1}' in answer
    assert "The build is broken." in inbox
    tools = {tool["name"] for tool in model.requests[0]["tools"]}
    assert "mcp__teammcp__get_history" in tools  # at once, without a search for tools
    assert "mcp__teammcp__retire_agent" not in tools


def test_claude_is_told_of_a_wrong_key(live: LiveServer, tmp_path: Path) -> None:
    live.register("owner")
    config = clients.write("claude", live.url, tmp_path).path
    with AnthropicModel(Say("done")) as model:
        lines = claude(tmp_path, model, config, new_key("default"))
    begun = next(line for line in lines if line.get("subtype") == "init")
    [server] = begun["mcp_servers"]  # type: ignore[misc]
    assert server["status"] == "failed"
    listed = subprocess.run(
        [
            str(CLAUDE.path()),
            "mcp",
            "add-json",
            "-s",
            "user",
            "teammcp",
            json.dumps(_entry(config, new_key("default"))),
        ],
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert listed.returncode == 0, listed.stderr
    shown = subprocess.run(
        [str(CLAUDE.path()), "mcp", "list"],
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert "This key is not valid" in shown.stdout + shown.stderr


def _entry(config: Path, key: str) -> dict[str, object]:
    entry: dict[str, object] = json.loads(config.read_text())["mcpServers"]["teammcp"]
    return {**entry, "headers": {"Authorization": f"Bearer {key}"}}


def codex(home: Path, key: str) -> list[dict[str, object]]:
    return run(
        [str(CODEX.path()), "exec", "--json", "--skip-git-repo-check", "Look after the team."],
        home,
        MODEL_KEY="scripted",
        TEAMMCP_KEY=key,
    )


def codex_home(home: Path, model: OpenAIModel, url: str) -> None:
    """A home with settings of its own, to which ours is added."""
    codex_settings(home, model, "# my settings\n")
    clients.write("codex", url, home, home=home)


def test_codex_reads_its_inbox_and_answers(live: LiveServer, keys: dict[str, str], tmp_path: Path) -> None:
    script = (
        Call("mcp__teammcp/send_message", {"channel": "general", "content": "hello from codex"}),
        Call("mcp__teammcp/get_inbox"),
        Say("done"),
    )
    with OpenAIModel(*script) as model:
        codex_home(tmp_path, model, live.url)
        lines = codex(tmp_path, keys["bob"])
    said = [line["item"]["text"] for line in lines if _is_message(line)]  # type: ignore[index]
    assert said == ["done"]
    assert sent(live, keys["owner"]) == [("bob", "hello from codex")]
    answer, inbox = model.seen
    assert "Sent to general" in answer
    assert "structured" not in answer
    assert "The build is broken." in inbox


def test_codex_is_told_of_a_wrong_key(live: LiveServer, tmp_path: Path) -> None:
    live.register("owner")
    with OpenAIModel(Call("mcp__teammcp/get_me"), Say("done")) as model:
        codex_home(tmp_path, model, live.url)
        codex(tmp_path, new_key("default"))
    assert "teammcp" not in json.dumps(model.requests[0]["tools"])


def _is_message(line: dict[str, object]) -> bool:
    item = line.get("item")
    return line["type"] == "item.completed" and isinstance(item, dict) and item["type"] == "agent_message"
