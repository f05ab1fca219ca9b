"""A home and a project with an agent's own program in them, set up as a person has it who has joined."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.acceptance.fake_models import OpenAIModel
from tests.acceptance.fake_models.script import ScriptedModel
from tests.acceptance.npm_tools import CLAUDE
from tests.live import LiveServer

SECONDS = 90
PROGRAMS = str(Path(sys.executable).parent)
"""Where ``teammcp`` is, as it is on the path of whoever has installed it."""


@dataclass
class Desk:
    """A home and a project of bob's, and alice, who writes to him."""

    live: LiveServer
    home: Path
    project: Path
    alice: str
    bob: str = ""

    def environment(self, **more: str) -> dict[str, str]:
        path = os.pathsep.join([PROGRAMS, os.environ["PATH"]])
        return {"PATH": path, "HOME": str(self.home), "LANG": "C.UTF-8", "NO_PROXY": "127.0.0.1", **more}

    def make_project(self) -> None:
        """Make the project, as a repository of its own: what lies in the folders above it is none of its business."""
        self.project.mkdir()
        subprocess.run(["git", "init", "-q", self.project], check=True)

    def run(self, *command: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            env=self.environment(**more),
            cwd=self.project,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )

    def join(self, client: str, *options: str) -> None:
        bob = ("--url", self.live.url, "--name", "bob", "--client", client, "--yes")
        done = self.run("teammcp", "join", *bob, *options)
        assert done.returncode == 0, done.stderr
        [key] = self.home.rglob("bob.key")
        self.bob = key.read_text().strip()

    def write_to_bob(self, text: str) -> int:
        with self.live.client(self.alice) as alice:
            sent = alice.post("/api/send-dm", json={"recipient": "bob", "content": text})
        sent.raise_for_status()
        number: int = sent.json()["id"]
        return number

    def write_to_bob_after_joining(self, client: str, text: str) -> int:
        self.join(client)
        return self.write_to_bob(text)

    def receipt(self, message: int) -> dict[str, Any]:
        with self.live.client(self.alice) as alice:
            [recipient] = alice.get(f"/api/messages/{message}/receipt").json()["recipients"]
        found: dict[str, Any] = recipient
        return found

    def used(self) -> dict[str, Any]:
        """What bob has used today."""
        with self.live.client(self.bob) as bob:
            [each] = bob.get("/api/usage", params={"days": 1}).json()["agents"]
        [today] = each["days"]
        found: dict[str, Any] = today
        return found

    def claude(self, model: ScriptedModel, *options: str, **more: str) -> list[dict[str, Any]]:
        done = self.run(
            str(CLAUDE.path()),
            *("-p", "Look after the build.", "--output-format", "stream-json", "--verbose", *options),
            ANTHROPIC_BASE_URL=model.url,
            ANTHROPIC_API_KEY="sk-ant-api03-scripted",
            CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC="1",
            CLAUDE_CODE_MAX_RETRIES="0",
            DISABLE_AUTOUPDATER="1",
            TEAMMCP_KEY=self.bob,
            **more,
        )
        assert done.stdout, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def codex_settings(home: Path, model: OpenAIModel, above: str = "") -> None:
    """Settings of Codex that lead to a model of the test; ``above``: what stands before them."""
    (home / ".codex").mkdir()
    (home / ".codex" / "config.toml").write_text(
        f"""{above}model = "scripted"
model_provider = "scripted"
approval_policy = "never"

[model_providers.scripted]
name = "Scripted"
base_url = "{model.url}/v1"
env_key = "MODEL_KEY"
wire_api = "responses"
""",
        "utf-8",
    )
