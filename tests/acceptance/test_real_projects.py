"""Claude Code in one repository asks another one; an agent that is started there reads its code and answers.

It changes nothing there, unless somebody has given leave.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from plugins.claude_launcher.tests.launcher import LiveLauncher, until
from tests.acceptance.fake_models import AnthropicModel, Call, Say
from tests.acceptance.fake_models.script import Step
from tests.acceptance.npm_tools import CLAUDE
from tests.acceptance.real_programs import with_variables

pytestmark = [pytest.mark.acceptance, pytest.mark.real_cli, pytest.mark.timeout(240)]

API = 'def version() -> str:\n    return "2.7"\n'
RULES = "Versions stand in api.py alone."
TOOLS = "mcp__teammcp__"


class Reader(AnthropicModel):
    """Reads a file for each question, and answers with the version that stands there."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.file = file

    def _next(self, body: dict[str, object]) -> tuple[Step, float]:
        if not body.get("tools"):
            return Say("ok"), 0
        told = self.told(body)
        if not told[-1].is_result:
            return Call("Read", {"file_path": str(self.file)}), 0
        found = re.search(r'return "(.+)"', told[-1].text)
        return Say(f"It is {found[1]}, see api.py:2" if found else "cannot_say: nothing stands there"), 0


@pytest.fixture
def launcher(tmp_path: Path) -> Iterator[LiveLauncher]:
    launcher = LiveLauncher(tmp_path / "server", "projects", settings={"stop_seconds": 1})
    yield launcher
    launcher.close()


def repository(folder: Path, **files: str) -> Path:
    """A git repository with files, committed."""
    folder.mkdir()
    for name, text in files.items():
        (folder / name.replace("_", ".")).write_text(text, "utf-8")
    who = ["-c", "user.name=ada", "-c", "user.email=ada@example.org"]
    for words in (["init", "-q"], ["add", "-A"], [*who, "commit", "-qm", "begin", "--allow-empty"]):
        subprocess.run(["git", *words], cwd=folder, check=True)
    return folder


def environment(home: Path, model: AnthropicModel) -> dict[str, str]:
    """Of a Claude Code in a home of its own, with a scripted model."""
    home.mkdir(exist_ok=True)
    return {
        "HOME": str(home),
        "ANTHROPIC_BASE_URL": model.url,
        "ANTHROPIC_API_KEY": "sk-ant-api03-scripted",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "CLAUDE_CODE_MAX_RETRIES": "0",
        "DISABLE_AUTOUPDATER": "1",
        "NO_PROXY": "127.0.0.1",
    }


def ask_by_claude(launcher: LiveLauncher, folder: Path, key: str, variables: dict[str, str]) -> None:
    """Let Claude Code do in a repository what its model says."""
    config = {
        "type": "http",
        "url": f"{launcher.server.url}/mcp?tools=core,projects",
        "headers": {"Authorization": f"Bearer {key}"},
    }
    done = subprocess.run(
        [
            *(str(CLAUDE.path()), "-p", "Ask what their API versioning is.", "--verbose"),
            *("--output-format", "stream-json", "--strict-mcp-config", "--allowedTools", "mcp__teammcp"),
            *("--mcp-config", json.dumps({"mcpServers": {"teammcp": config}})),
        ],
        env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **variables},
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_claude_in_one_repository_is_answered_by_claude_in_another(launcher: LiveLauncher, tmp_path: Path) -> None:
    backend = repository(tmp_path / "backend", api_py=API, CLAUDE_md=RULES)
    web = repository(tmp_path / "web", app_py="print()\n")
    ask = Call(f"{TOOLS}teams_ask", {"projects": ["backend"], "question": "Which version is the API?"})
    wait = Call(f"{TOOLS}wait_for_answers", {"question_ids": [1], "timeout": 50})
    with Reader(backend / "api.py") as there, AnthropicModel(ask, wait, Say("They have 2.7.")) as here:
        program = with_variables(CLAUDE, tmp_path, environment(tmp_path / "there", there))
        launcher.call(
            "add_project",
            name="backend",
            runtime="claude",
            options={"program": program},
            folders=[{"folder": str(backend)}],
        )
        launcher.call("add_project", name="web", folders=[{"folder": str(web)}])
        key = launcher.server.register("ada")
        launcher.call("set_project_agents", project="web", agents=["ada"])
        ask_by_claude(launcher, web, key, environment(tmp_path / "here", here))
        assert "It is 2.7, see api.py:2" in here.seen[1], "the answer is in the turn of whoever asked"
        assert 'return "2.7"' in there.seen[0]
        assert RULES in json.dumps(there.requests), "the folder's own rules hold"
        question = launcher.call("get_question", question_id=1)
        assert (question["state"], question["answered_by"]) == ("answered", "backend.web")
        fork = until(lambda: launcher.call("fork_conversation", project="backend", asking="web"), "a command")
        assert fork["folder"] == str(backend)
        gone_on = subprocess.run(
            [*shlex.split(fork["command"]), "-p", "Which one?"],
            env={"PATH": os.environ["PATH"]},
            cwd=fork["folder"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert "It is 2.7" in gone_on.stdout, gone_on.stderr
        assert "Which version is the API?" in json.dumps(there.requests[-1]), "it knows what was asked before"


WRITES = """What is the last commit? Do all this first, and whatever comes of it, answer.
!call Write {{"file_path": "{folder}/{name}.txt", "content": "mine"}}
!call Bash {{"command": "touch {folder}/{name}.made", "description": "make a file"}}
!call Bash {{"command": "git log --format=%s", "description": "see the commits"}}
!say {name}: it is the last one
"""


def made(folder: Path) -> set[str]:
    """What stands in a repository beside its code."""
    return {each.name for each in folder.iterdir()} - {".git", "api.py"}


@pytest.mark.sweep
def test_claude_that_answers_changes_nothing_without_leave_and_answers_all_the_same(tmp_path: Path) -> None:
    backend = repository(tmp_path / "backend", api_py=API)
    launcher = LiveLauncher(tmp_path / "server", "projects", "approvals", settings={"stop_seconds": 1})

    def ask(name: str) -> int:
        question = WRITES.format(folder=backend, name=name)
        number: int = launcher.call("teams_ask", projects=["backend"], question=question)["questions"][0]["id"]
        return number

    def answered(number: int, name: str) -> None:
        def answer() -> str | None:
            found = launcher.call("get_question", question_id=number)
            return found["answer"] if found["state"] == "answered" else None

        assert until(answer, f"the answer to {name}") == f"{name}: it is the last one"

    def results() -> list[str]:
        """What the last three calls gave."""
        return model.seen[-3:]

    def decide(tool: str, *, approved: bool) -> None:
        """Let the owner answer what is asked next, which is about a tool."""

        def pending() -> dict[str, Any] | None:
            listed = launcher.owner.get("/api/approvals/pending").json()
            return next((each for each in listed if each["arguments"]["tool_name"] == tool), None)

        question = until(pending, f"a question about {tool}")
        launcher.call("resolve_approval", approval_id=question["approval_id"], approved=approved)

    try:
        with AnthropicModel() as model:
            program = with_variables(CLAUDE, tmp_path, environment(tmp_path / "there", model))
            launcher.call(
                "add_project",
                name="backend",
                runtime="claude",
                options={"program": program},
                changes="deny",
                folders=[{"folder": str(backend)}],
            )
            answered(ask("denied"), "denied")
            write, touch, log = results()
            assert "may use no tool that asks for a permission" in write
            assert "may use no tool that asks for a permission" in touch
            assert log.strip() == "begin", "what only looks is run"
            assert made(backend) == set()

            launcher.call("update_project", project="backend", changes="ask")
            number = ask("asked")
            decide("Write", approved=True)
            decide("Bash", approved=False)
            answered(number, "asked")
            write, touch, log = results()
            assert "asked.txt" in write
            assert "Denied by owner" in touch
            assert log.strip() == "begin"
            assert made(backend) == {"asked.txt"}

            launcher.call("update_project", project="backend", changes="allow")
            answered(ask("allowed"), "allowed")
            assert made(backend) == {"asked.txt", "allowed.txt", "allowed.made"}
            listed = launcher.call("list_approvals", kind="permission")
            assert [each["status"] for each in listed] == ["rejected", "approved"], "nobody else was asked"
    finally:
        launcher.close()
