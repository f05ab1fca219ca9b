"""The configurations that make an agent's program a member of the team."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from teammcp.errors import InvalidInput
from teammcp.joining.clients import CLIENTS, Client, configuration, render, write

URL = "https://team.example:3100"

WITH_FILE: list[tuple[Client, str, tuple[str, ...]]] = [
    ("claude", ".mcp.json", ("mcpServers",)),
    ("codex", ".codex/config.toml", ("mcp_servers",)),
    ("gemini", ".gemini/settings.json", ("mcpServers",)),
    ("opencode", "opencode.json", ("mcp",)),
    ("cursor", ".cursor/mcp.json", ("mcpServers",)),
    ("vscode", ".vscode/mcp.json", ("servers",)),
    ("qwen", ".qwen/settings.json", ("mcpServers",)),
]


def parse(path: Path) -> Any:
    text = path.read_text("utf-8")
    return tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)


@pytest.fixture(autouse=True)
def no_codex_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CODEX_HOME", raising=False)


def test_each_client_takes_the_key_from_the_environment() -> None:
    spelled: dict[Client, str] = {
        "claude": "Bearer ${BOBS_KEY}",
        "codex": 'bearer_token_env_var = "BOBS_KEY"',
        "gemini": "Bearer ${BOBS_KEY}",
        "opencode": "Bearer {env:BOBS_KEY}",
        "cursor": "Bearer ${env:BOBS_KEY}",
        "vscode": "Bearer ${env:BOBS_KEY}",
        "qwen": "Bearer ${BOBS_KEY}",
        "generic": "Bearer ${BOBS_KEY}",
    }
    assert set(spelled) == {*CLIENTS} - {"claude-desktop"}
    for client in spelled:
        text = render(client, URL, "BOBS_KEY")
        assert spelled[client] in text
        assert f"{URL}/mcp" in text
        assert "environment variable BOBS_KEY" in text


def test_claude_desktop_is_told_of_the_file_that_holds_the_key(tmp_path: Path) -> None:
    entry = configuration("claude-desktop", URL, key_file="/keys/bob").entry
    assert entry == {
        "command": "teammcp",
        "args": ["connect", "--url", f"{URL}?tools=everyday", "--key-file", "/keys/bob"],
    }
    assert "--key-file" in render("claude-desktop", URL)
    with pytest.raises(InvalidInput, match="teammcp join"):
        write("claude-desktop", URL, tmp_path, home=tmp_path)


def test_claude_gets_the_tools_without_a_search_for_them() -> None:
    assert configuration("claude", URL).entry["alwaysLoad"] is True


def test_codex_need_not_ask_for_each_call() -> None:
    assert configuration("codex", URL).entry["default_tools_approval_mode"] == "approve"


@pytest.mark.parametrize(("client", "file", "keys"), WITH_FILE)
def test_a_new_file_is_written(client: Client, file: str, keys: tuple[str, ...], tmp_path: Path) -> None:
    written = write(client, URL, tmp_path, home=tmp_path)
    assert written.path == tmp_path / file
    assert written.backup is None
    document = parse(written.path)
    for key in keys:
        document = document[key]
    assert document["teammcp"] == configuration(client, URL).entry


@pytest.mark.parametrize(("client", "file", "keys"), WITH_FILE)
def test_everything_else_in_a_file_stays(client: Client, file: str, keys: tuple[str, ...], tmp_path: Path) -> None:
    path = tmp_path / file
    path.parent.mkdir(exist_ok=True)
    [key] = keys
    before = (
        f'# mine\nmodel = "m"\n\n[{key}.other]\nurl = "u" # keep\n'
        if path.suffix == ".toml"
        else json.dumps(
            {"model": "модель", key: {"other": {"url": "u"}, "teammcp": {"url": "old"}}}, ensure_ascii=False
        )
    )
    path.write_text(before, "utf-8")
    written = write(client, URL, tmp_path, home=tmp_path)
    after = parse(path)
    assert set(after) == {"model", key}
    assert after[key]["other"] == {"url": "u"}
    assert after[key]["teammcp"] == configuration(client, URL).entry
    assert written.backup is not None
    assert written.backup.read_text("utf-8") == before
    if path.suffix == ".toml":
        assert path.read_text("utf-8").startswith(before.rstrip())


def test_writing_again_changes_nothing(tmp_path: Path) -> None:
    for client in ("claude", "codex"):
        path = write(client, URL, tmp_path, home=tmp_path).path
        before = path.read_text("utf-8")
        assert write(client, URL, tmp_path, home=tmp_path).backup is None
        assert path.read_text("utf-8") == before


@pytest.mark.parametrize(
    ("client", "file", "text"),
    [
        ("claude", ".mcp.json", "{ // a comment\n}"),
        ("claude", ".mcp.json", "[]"),
        ("claude", ".mcp.json", '{"mcpServers": 7}'),
        ("codex", ".codex/config.toml", "= 7"),
    ],
)
def test_a_file_that_is_something_else_is_left_alone(client: Client, file: str, text: str, tmp_path: Path) -> None:
    path = tmp_path / file
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, "utf-8")
    with pytest.raises(InvalidInput, match="left alone"):
        write(client, URL, tmp_path, home=tmp_path)
    assert path.read_text("utf-8") == text
    assert not list(tmp_path.rglob("*.bak"))


def test_codex_may_keep_its_home_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODEX_HOME", str(tmp_path / "codex"))
    assert write("codex", URL, tmp_path).path == tmp_path / "codex" / "config.toml"


def test_what_has_no_file_is_only_shown(tmp_path: Path) -> None:
    assert "teammcp" in render("generic", URL)
    assert '"connect"' in render("generic", URL)
    with pytest.raises(InvalidInput, match="only be shown"):
        write("generic", URL, tmp_path)


def test_an_unknown_client_names_the_known_ones() -> None:
    with pytest.raises(InvalidInput, match="claude, codex, gemini"):
        render("emacs", URL)  # type: ignore[arg-type]
