"""Real Claude Code and Codex as agents of a real server, with models that obey what their messages say."""

from __future__ import annotations

import itertools
import json
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest
from teammcp_claude_launcher.runtime_checks import files_with

from tests.acceptance.fake_models import AnthropicModel, OpenAIModel
from tests.acceptance.npm_tools import CLAUDE, CODEX, Tool

from .launcher import LiveLauncher, alive, until

pytestmark = [pytest.mark.acceptance, pytest.mark.real_cli, pytest.mark.timeout(300)]

PAUSE = "python3 -c 'import time; time.sleep({})'"
SECRET = "sk-scripted-0b1f6c2d7a9e"


@dataclass(frozen=True)
class Program:
    """A real program, and how its model is made to do things."""

    runtime: str
    tool: Tool
    model: type[AnthropicModel | OpenAIModel]
    path: str
    kind: str
    team: str
    shell: tuple[str, str]
    model_name: str = ""
    options: dict[str, Any] = field(default_factory=dict)

    def send(self, channel: str, content: str) -> str:
        """An order to send a message to the team."""
        return f"!call {self.team}send_message {json.dumps({'channel': channel, 'content': content})}"

    def command(self, line: str) -> str:
        """An order to run a command."""
        name, argument = self.shell
        return f"!call {name} {json.dumps({argument: line})}"


PROGRAMS = [
    Program("claude", CLAUDE, AnthropicModel, "", "anthropic", "mcp__teammcp__", ("Bash", "command")),
    Program(
        "codex",
        CODEX,
        OpenAIModel,
        "/v1",
        "openai",
        "mcp__teammcp/",
        ("exec_command", "cmd"),
        "scripted",
        {"sandbox": "danger-full-access", "asks": "untrusted"},
    ),
]


class Team:
    """An agent that is a real program, and ``ben``, who writes to it."""

    def __init__(self, launcher: LiveLauncher, program: Program, ben: str, agent: str) -> None:
        self.launcher = launcher
        self.program = program
        self.agent = agent
        self._ben = ben

    def start(self, policy: str) -> None:
        """Make the agent and start it."""
        self.launcher.call("register_agent", name=self.agent)
        home = {"runtime": self.program.runtime, "options": self.program.options, "credential": "scripted"}
        self.launcher.start(self.agent, **home, policy=policy)

    def tell(self, *orders: str) -> int:
        """Ben writes to the agent; the message's id."""
        text = "\n".join(("Please do this:", *orders))
        sent = self.launcher.call("send_dm", self._ben, recipient=self.agent, content=text)
        return int(sent["id"])

    def answers(self) -> list[str]:
        """What the agent has written to ben."""
        messages = self.launcher.call("get_history", self._ben, channel=f"dm:{self.agent}")["messages"]
        return [message["content"] for message in messages if message["from_agent"] == self.agent]

    def receipt(self, message: int) -> str:
        """How far a message of ben's got."""
        recipients = self.launcher.call("get_receipt", self._ben, message_id=message)["recipients"]
        return next(each["state"] for each in recipients if each["agent"] == self.agent)

    def runs(self) -> list[dict[str, Any]]:
        """The agent's runs, the newest first."""
        return self.launcher.runs(self.agent)

    def entries(self, kind: str) -> list[dict[str, Any]]:
        """What happened in the newest run, of one kind."""
        found = []
        for run in self.runs()[:1]:
            entries = self.launcher.call("get_run_entries", run_id=run["run_id"])["entries"]
            found += [each["entry"] for each in entries if each["entry"]["kind"] == kind]
        return found

    def programs(self) -> list[psutil.Process]:
        """The agent's processes."""
        mine = {"TEAMMCP_AGENT": self.agent}.items()
        return [process for process in self.launcher.programs() if mine <= process.environ().items()]


@pytest.fixture(scope="module", params=PROGRAMS, ids=lambda program: program.runtime)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Team]]:
    """A server on a machine with a real program; a function that gives a team with an agent of its own."""
    program: Program = request.param
    folder = tmp_path_factory.mktemp(program.runtime)
    home = folder / "home"
    home.mkdir()
    with pytest.MonkeyPatch.context() as patch, program.model() as model:
        patch.setenv("HOME", str(home))
        patch.setenv("PATH", f"{program.tool.path().parent}:{os.environ['PATH']}")
        patch.setenv("NO_PROXY", "127.0.0.1")
        launcher = LiveLauncher(folder / "server", "approvals", settings={"stop_seconds": 2})
        try:
            credential = {"name": "scripted", "kind": program.kind, "key": SECRET, "base_url": model.url + program.path}
            credential["model"] = program.model_name
            launcher.owner.post("/api/call/set_credential", json=credential).raise_for_status()
            ben = launcher.server.register("ben")
            numbers = itertools.count(1)

            def team(policy: str) -> Team:
                team = Team(launcher, program, ben, f"ada{next(numbers)}")
                team.start(policy)
                return team

            yield team
        finally:
            launcher.close()


@pytest.fixture
def team(server: Callable[[str], Team]) -> Iterator[Team]:
    """A team whose agent is allowed what it asks for."""
    team = server("allow")
    yield team
    team.launcher.call("stop_agent", name=team.agent)


def test_a_message_becomes_work_for_the_team_and_an_answer(team: Team) -> None:
    message = team.tell(
        team.program.send("general", "hello from ada"), team.program.command(PAUSE.format(0)), "!say I have told them."
    )
    until(lambda: team.answers(), "an answer")
    assert team.answers() == ["I have told them."]
    assert team.launcher.said("general", team.agent) == ["hello from ada"]
    assert team.receipt(message) == "answered"
    told, _ = [entry for entry in team.entries("tool") if entry["status"] == "done"]
    assert told["name"] == "mcp__teammcp__send_message"
    assert team.entries("usage")


def test_the_key_of_its_model_is_on_no_command_line_and_in_no_file(team: Team) -> None:
    team.tell(team.program.command(PAUSE.format(0)), "!say done")
    until(lambda: team.answers(), "an answer")
    for process in team.programs():
        assert SECRET not in " ".join(process.cmdline())
    assert files_with(SECRET, team.launcher.server.home.parent) == []


@pytest.mark.parametrize("approved", [True, False])
def test_a_person_answers_what_it_asks(server: Callable[[str], Team], approved: bool) -> None:
    team = server("ask")
    team.tell(team.program.command("touch asked"), "!say done")
    [question] = until(lambda: team.launcher.call("get_pending_approvals"), "the question")
    assert "touch asked" in str(question)
    until(lambda: team.launcher.state(team.agent) == "waiting", "that it is seen to wait")
    team.launcher.call("resolve_approval", approval_id=question["approval_id"], approved=approved)
    until(lambda: team.answers(), "an answer")
    assert [(answer["allowed"], answer["by"]) for answer in team.entries("answer")] == [(approved, "approvals")]
    assert (Path(team.runs()[0]["folder"]) / "asked").exists() is approved
    team.launcher.call("stop_agent", name=team.agent)


def test_what_comes_during_a_turn_joins_it(team: Team) -> None:
    team.tell(team.program.command(PAUSE.format(8)), "!say I have slept.")
    until(lambda: team.launcher.state(team.agent) == "working" and team.entries("tool"), "work")
    second = team.tell("The word is marmalade.")
    until(lambda: team.answers(), "an answer")
    assert len(team.entries("taken")) == 2
    assert len(team.entries("turn_ended")) == 1
    assert team.receipt(second) in ("offered", "answered")
    team.tell("!recall marmalade")
    until(lambda: len(team.answers()) == 2, "the second answer")
    assert team.answers() == ["I have slept.", "yes, marmalade"]


def test_a_turn_is_broken_off_and_the_next_one_is_an_ordinary_one(team: Team) -> None:
    team.tell("!sleep 100", "!say late")
    until(lambda: team.entries("taken"), "the receipt")
    team.launcher.call("interrupt_agent", name=team.agent)
    until(lambda: team.entries("turn_ended"), "the end of the turn")
    assert team.entries("turn_ended")[0]["outcome"] == "interrupted"
    team.tell("!say pong")
    until(lambda: team.answers(), "an answer")
    assert team.answers() == ["pong"]
    assert len(team.runs()) == 1


def test_a_program_that_is_killed_goes_on_with_its_conversation(team: Team, tmp_path: Path) -> None:
    team.tell("The word is marmalade.", "!say I note it.")
    until(lambda: team.answers(), "an answer")
    # One that is killed before it has written down what its model wants asks that once more.
    begun = tmp_path / "begun"
    team.tell(team.program.command(f"mkdir {begun} && {PAUSE.format(100)}"), "!say late")
    until(begun.is_dir, "work")
    os.kill(team.runs()[0]["pid"], signal.SIGKILL)
    until(lambda: len(team.runs()) == 2, "another run")
    crashed = team.runs()[1]
    assert (crashed["reason"], crashed["exit_code"]) == ("crashed", -9)
    until(lambda: team.entries("conversation"), "its conversation")
    assert team.entries("conversation")[0]["resumed"]
    until(lambda: team.entries("turn_ended"), "the end of the turn that was begun")
    team.tell("!recall marmalade")
    until(lambda: "yes, marmalade" in team.answers(), "what it remembers")


def test_stopping_leaves_nothing_of_it(team: Team) -> None:
    leave = "setsid sleep 300 >/dev/null 2>&1 </dev/null & " + PAUSE.format(100)
    team.tell(team.program.command(leave), "!say late")
    left = until(lambda: [each for each in team.programs() if _sleeps(each)], "a process that is left")
    team.launcher.call("stop_agent", name=team.agent)
    until(lambda: team.launcher.state(team.agent) == "ended", "the end of the run")
    assert team.runs()[0]["reason"] == "stopped"
    assert team.programs() == []
    assert not alive(left[0].pid)


def _sleeps(process: psutil.Process) -> bool:
    try:
        return bool(process.cmdline()[-1:] == ["300"])
    except psutil.Error:
        return False
