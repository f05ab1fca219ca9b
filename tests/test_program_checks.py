"""The doctor says what of a program's own settings keeps its agent from being reached."""

from __future__ import annotations

from pathlib import Path

import pytest

from teammcp.joining.clients import Client
from teammcp.joining.program_checks import HOMES, check_settings
from teammcp.joining.programs import Member


@pytest.fixture(autouse=True)
def no_other_homes(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, _ in HOMES.values():
        monkeypatch.delenv(variable, raising=False)


def found(client: Client, tmp_path: Path, place: str, text: str) -> list[str]:
    """What is said of settings of the user's or the project's."""
    file = tmp_path / place / f".{client}" / "settings.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")
    member = Member("bob", client, "http://127.0.0.1:3100", tmp_path / "project", tmp_path / "home")
    return [f"{each.what} {each.remedy}" for each in check_settings(member)]


@pytest.mark.parametrize("place", ["home", "project"])
@pytest.mark.parametrize(
    ("client", "text", "word"),
    [
        ("gemini", '{"hooksConfig": {"enabled": false}} // mine', "hooksConfig.enabled"),
        ("gemini", '{"security": {"environmentVariableRedaction": {"enabled": true}}}', "TEAMMCP_KEY"),
        ("qwen", '{"disableAllHooks": true}', "disableAllHooks"),
        ("qwen", '{"agents": {"crossSessionInbound": "refuse"}}', "is not woken"),
        ("qwen", '{"agents": {"crossSessionInbound": "hold"}}', "releases"),
    ],
)
def test_what_forbids_is_named_with_its_file(client: Client, text: str, word: str, place: str, tmp_path: Path) -> None:
    [said] = found(client, tmp_path, place, text)
    assert word in said
    assert str(tmp_path / place) in said


@pytest.mark.parametrize(
    ("client", "text"),
    [
        ("gemini", "{}"),
        ("gemini", '{"hooksConfig": 7}'),
        ("gemini", "[broken"),
        ("gemini", '{"security": {"environmentVariableRedaction": {"enabled": true, "allowed": ["TEAMMCP_KEY"]}}}'),
        ("qwen", '{"disableAllHooks": false, "agents": {"crossSessionInbound": "accept"}}'),
        ("claude", '{"disableAllHooks": true}'),
    ],
)
def test_all_else_is_left_to_the_program(client: Client, text: str, tmp_path: Path) -> None:
    assert found(client, tmp_path, "home", text) == []


def test_another_home_of_the_program_is_looked_into(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QWEN_HOME", str(tmp_path / "else"))
    (tmp_path / "else").mkdir()
    (tmp_path / "else" / "settings.json").write_text('{"disableAllHooks": true}', "utf-8")
    assert len(found("qwen", tmp_path, "home", "{}")) == 1
