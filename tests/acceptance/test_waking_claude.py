"""The real Claude Code at its prompt in a terminal of the test: a message starts its turn, and the receipt is true.

What counts is what the model's request carried; the model does as the prompt says.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from tests.acceptance.claude_at_prompt import INBOX, REWAKE, Model, Office
from tests.acceptance.terminals import DOWN, ENTER, ESC, Terminal, until
from tests.live import LiveServer

pytestmark = [pytest.mark.acceptance, pytest.mark.real_cli]

BOTH_WAYS = pytest.mark.parametrize("way", [INBOX, REWAKE])
EACH_WAY = pytest.mark.parametrize("way", [INBOX, pytest.param(REWAKE, marks=pytest.mark.sweep)])
"""Both, of which the sweep tries the second."""


@pytest.fixture
def office(live: LiveServer, tmp_path: Path) -> Office:
    live.register("owner")
    return Office(live, tmp_path / "home", tmp_path / "project", live.register("alice"))


def prompt(terminal: Terminal, model: Model, *lines: str) -> None:
    """Give a prompt of several lines, which goes to the model."""
    before = len(model.questions)
    terminal.paste("\n".join(["Please:", *lines]))
    terminal.shows(lines[-1])
    terminal.type(ENTER)
    until(lambda: len(model.questions) > before, what="the question")


@BOTH_WAYS
def test_a_message_begins_a_turn_at_the_prompt_and_leaves_a_half_typed_line(office: Office, way: str) -> None:
    office.set_up(way)
    with Model() as model, office.claude_at_its_prompt(model) as terminal:
        assert office.ways == [way]
        terminal.type("a line of mine")
        terminal.shows("a line of mine")
        assert model.questions == [], "nothing is asked of a model while nothing comes"
        office.sends_and_wakes(model, "Good morning.")
        office.becomes("idle")
        office.sends_and_wakes(model, "And once more.")
        office.becomes("idle")
        until(lambda: "❯ a line of mine" in terminal.screen.replace("\xa0", " "), what="the line")
        assert not any("a line of mine" in question for question in model.questions)
        assert len(office.rings) == 2


@pytest.mark.sweep
@BOTH_WAYS
def test_what_waits_when_it_is_begun_begins_its_first_turn(office: Office, way: str) -> None:
    office.set_up(way)
    message = office.write_to_bob("Good morning.")
    with Model() as model, office.claude_at_its_prompt(model):
        until(lambda: model.carried("Good morning."), what="a question with the message")
        until(lambda: office.receipt(message)["offered_at"], what="the receipt")
        assert len(office.rings) == 1


@EACH_WAY
def test_one_that_is_at_work_is_not_rung_and_hears_by_its_hooks(office: Office, way: str) -> None:
    office.set_up(way)
    with Model() as model, office.claude_at_its_prompt(model, "--allowedTools", "Bash") as terminal:
        prompt(terminal, model, '!call Bash {"command": "sleep 4", "description": "work"}', "!say done")
        office.becomes("busy")
        message = office.write_to_bob("By the way.")
        until(lambda: model.carried("By the way."), what="a question with the message")
        assert office.receipt(message)["handed_over_by"] == "hook"
        office.becomes("idle")
        assert office.rings == []
        assert office.ways == [way], "a helper is there after the turn"
        office.sends_and_wakes(model, "And at rest.")


@BOTH_WAYS
def test_a_turn_that_a_person_breaks_off_leaves_nobody_deaf(office: Office, way: str) -> None:
    office.set_up(way)
    with Model() as model, office.claude_at_its_prompt(model) as terminal:
        prompt(terminal, model, "!sleep 60", "!say done")
        office.becomes("busy")
        terminal.type(ESC)
        office.becomes("idle")
        office.sends_and_wakes(model, "Are you there?")


@pytest.mark.sweep
@BOTH_WAYS
def test_a_turn_that_fails_leaves_nobody_deaf(office: Office, way: str) -> None:
    office.set_up(way)
    with Model() as model, office.claude_at_its_prompt(model) as terminal:
        model.failing.set()
        prompt(terminal, model, "!say done")
        office.becomes("blocked")
        model.failing.clear()
        office.sends_and_wakes(model, "Are you there?")


@pytest.mark.sweep
@BOTH_WAYS
def test_a_conversation_that_is_begun_anew_is_woken_by_one_helper(office: Office, way: str) -> None:
    office.set_up(way)
    with Model() as model, office.claude_at_its_prompt(model) as terminal:
        prompt(terminal, model, "!say first words")
        terminal.shows("first words")
        office.becomes("idle")
        before = session_of(office)
        terminal.type("/clear")
        terminal.shows("/clear")
        terminal.type(ENTER)
        until(lambda: session_of(office) != before, what="another conversation")
        office.sends_and_wakes(model, "Good morning.")
        office.becomes("idle")
        assert "first words" not in model.questions[-1]
        assert len(office.rings) == 1
        office.sends_and_wakes(model, "And once more.")


def session_of(office: Office) -> str:
    [record] = [each for each in (office.home / ".claude" / "sessions").glob("*.json") if each.stem.isdecimal()]
    found: str = json.loads(record.read_text("utf-8"))["sessionId"]
    return found


@EACH_WAY
def test_a_dialog_is_answered_by_nobody_but_a_person(office: Office, way: str) -> None:
    office.set_up(way)
    with Model() as model, office.claude_at_its_prompt(model) as terminal:
        prompt(terminal, model, '!call Bash {"command": "touch made", "description": "make"}', "!say done")
        terminal.shows("Do you want to proceed?")
        office.becomes("waiting")
        message = office.write_to_bob("Are you there?")
        terminal.keeps("Do you want to proceed?", 3)
        assert office.receipt(message)["offered_at"] is None
        assert office.rings == []
        terminal.type(ESC)
        office.becomes("idle")
        until(lambda: model.carried("Are you there?"), what="a question with the message")
        until(lambda: office.receipt(message)["offered_at"], what="the receipt")
        assert not (office.project / "made").exists()


@EACH_WAY
def test_who_is_killed_is_away_within_seconds_and_nothing_is_taken_for_it(office: Office, way: str) -> None:
    office.set_up(way)
    with Model() as model, office.claude_at_its_prompt(model) as terminal:
        terminal.end(9)
        until(lambda: not office.ways, 5, "the end of the helper")
        office.becomes("away")
        message = office.write_to_bob("Are you there?")
        assert office.receipt(message)["handed_over_at"] is None
        assert model.questions == []


@pytest.mark.sweep
def test_a_session_that_is_gone_on_with_is_woken_again(office: Office) -> None:
    office.set_up()
    with Model() as model:
        with office.claude_at_its_prompt(model) as terminal:
            prompt(terminal, model, "!say first words")
            terminal.shows("first words")
            office.becomes("idle")
            terminal.type("/exit")
            terminal.shows("/exit")
            terminal.type(ENTER)
            until(lambda: not office.ways, 10, "the end of the helper")
        with office.claude_at_its_prompt(model, "--continue"):
            office.sends_and_wakes(model, "Good morning.")
        assert "first words" in model.questions[-1]


@pytest.mark.sweep
def test_one_that_bypasses_permissions_takes_the_line_of_its_own_helper(office: Office) -> None:
    office.set_up()
    settings = office.home / ".claude" / "settings.json"
    settings.write_text('{"skipDangerousModePermissionPrompt": true}', "utf-8")
    office.more = {"IS_SANDBOX": "1"}  # it would refuse this to the superuser
    with Model() as model, office.claude_at_its_prompt(model, "--permission-mode", "bypassPermissions") as terminal:
        office.sends_and_wakes(model, "Good morning.")
        assert "Held" not in terminal.screen


@pytest.mark.sweep
def test_a_bridge_that_it_has_started_wakes_it_where_no_hook_does(office: Office) -> None:
    office.set_up()
    settings = office.project / ".claude" / "settings.local.json"
    found = json.loads(settings.read_text("utf-8"))
    found["hooks"] = {
        event: [each for each in groups if "wake" not in str(each)] for event, groups in found["hooks"].items()
    }
    settings.write_text(json.dumps(found), "utf-8")
    entry = {"type": "stdio", "command": "teammcp", "args": ["connect", "--url", office.live.url]}
    (office.project / ".mcp.json").write_text(json.dumps({"mcpServers": {"teammcp": entry}}), "utf-8")
    with Model() as model, office.claude_at_its_prompt(model) as terminal:
        office.sends_and_wakes(model, "Good morning.")
        office.becomes("idle")
        terminal.end(15)
        until(lambda: not office.ways, what="the end of the bridge")
        office.becomes("away")


@pytest.mark.sweep
def test_settings_that_refuse_lines_are_named_to_the_sender(office: Office) -> None:
    office.set_up()
    (office.home / ".claude" / "settings.json").write_text('{"crossSessionInbound": "refuse"}', "utf-8")
    with Model() as model, office.claude_at_its_prompt(model):
        message = office.write_to_bob("Are you there?")
        until(lambda: office.of_bob("/api/wakes/bob")["not_reached"], 60, "the end of the ringing")
        why = office.of_bob("/api/wakes/bob")["not_reached"]
        assert "refuses" in why
        assert "crossSessionInbound" in why
        assert office.receipt(message)["offered_at"] is None, "the receipt is true"
        assert model.questions == []
        doctor = office.run("teammcp", "doctor", "--url", office.live.url, "--name", "bob", "--client", "claude")
        assert doctor.returncode == 1
        assert "crossSessionInbound" in doctor.stdout


def test_one_without_a_person_before_it_is_not_woken_and_not_held_up(office: Office) -> None:
    office.set_up(REWAKE)
    with Model() as model:
        lines = office.claude(model, **office.more)
        assert lines[-1]["result"] == "Nothing to do."
        assert lines[-1]["duration_ms"] < 10_000
        assert office.ways == []


@pytest.mark.sweep
@pytest.mark.parametrize("repository", ["project", "above"])
def test_where_its_user_trusts_the_folder_it_asks_nothing_about_the_server(office: Office, repository: str) -> None:
    """The user answers the question about the folder; what the model gets then is what joining has approved."""
    office.set_up()
    if repository == "above":
        (office.project / ".git").rename(office.project.parent / ".git")
    settings = office.home / ".claude.json"
    settings.write_text(json.dumps({**json.loads(settings.read_text("utf-8")), "projects": {}}), "utf-8")
    for trusted in (False, True):
        with Model() as model, office.claude_in_a_terminal(model) as terminal:
            if not trusted:
                terminal.shows("Yes, I trust this folder")
                terminal.shows("❯ No, exit")
                time.sleep(1)  # it takes no key of somebody who has not read the question
                terminal.type(DOWN)
                terminal.shows("❯ Yes, I trust")
                terminal.type(ENTER)
            until(lambda: office.ways, what="a helper")
            terminal.shows("? for shortcuts")
            until(lambda: _has_tools(office, terminal, model), what="the server's tools")  # it connects meanwhile
        until(lambda: not office.ways, what="the end of the helper")


def _has_tools(office: Office, terminal: Terminal, model: Model) -> bool:
    """Whether the model gets the team's tools with a prompt."""
    prompt(terminal, model, "!say done")
    office.becomes("idle")
    tools = {tool["name"] for request in model.requests for tool in request.get("tools", ())}
    return "mcp__teammcp__send_message" in tools
