"""A question to a project that starts its agent, on a real server with a real runner, whatever is killed meanwhile."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from plugins.claude_launcher.tests.launcher import LiveLauncher, until
from plugins.claude_launcher.tests.test_launcher_live import SLOW

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(240)]


@pytest.fixture
def launcher(tmp_path: Path) -> Iterator[LiveLauncher]:
    launcher = LiveLauncher(tmp_path / "server", "projects", settings={"stop_seconds": 1})
    yield launcher
    launcher.close()


def test_a_server_that_is_killed_while_somebody_answers_tells_the_answer_once(
    launcher: LiveLauncher, tmp_path: Path
) -> None:
    script = tmp_path / "answer.py"
    script.write_text(SLOW)
    (tmp_path / "backend").mkdir()
    launcher.call(
        "add_project",
        name="backend",
        runtime="command",
        options={"command": shlex.join([sys.executable, str(script), str(tmp_path)])},
        folders=[{"folder": str(tmp_path / "backend")}],
    )
    launcher.call("add_project", name="web")
    ada = launcher.server.register("ada")
    launcher.call("set_project_agents", project="web", agents=["ada"])
    number = launcher.call("teams_ask", ada, projects=["backend"], question="Which version?")["questions"][0]["id"]

    def question() -> dict[str, Any]:
        found: dict[str, Any] = launcher.call("get_question", question_id=number)
        return found

    until(lambda: (tmp_path / "pid").exists() and question()["state"] == "asked", "that somebody is at it")
    launcher.server.kill()
    (tmp_path / "go").touch()
    launcher.server.start()
    until(lambda: question()["state"] == "answered", "the answer")
    assert (question()["answer"], question()["answered_by"]) == ("I have it\ndone slowly", "backend.web")
    assert (tmp_path / "read").read_text().count("Which version?") == 1
    [told] = launcher.call("wait_for_messages", ada, timeout=5)["messages"]
    assert told["content"] == "I have it\ndone slowly", "whoever was away finds it at the next session"
    assert len(launcher.runs("backend.web")) == 1
