"""Settings: from a file and the environment, with clear words for what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from teammcp.config import Settings, load_settings
from teammcp.errors import StartError


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder without settings, and nothing in the environment but its place."""
    for name in Settings.model_fields:
        monkeypatch.delenv(f"TEAMMCP_{name.upper()}", raising=False)
    monkeypatch.delenv("TEAMMCP_CONFIG", raising=False)
    monkeypatch.setenv("TEAMMCP_HOME", str(tmp_path))
    return tmp_path


def write(home: Path, text: str) -> None:
    (home / "teammcp.toml").write_text(text, encoding="utf-8")


def test_given_values_come_before_the_environment_and_that_before_the_file(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(home, 'port = 1\ntheme = "file"\nlog_format = "json"')
    monkeypatch.setenv("TEAMMCP_PORT", "2")
    monkeypatch.setenv("TEAMMCP_THEME", "environment")
    settings = load_settings(port=3, theme=None)
    assert (settings.port, settings.theme, settings.log_format, settings.home) == (3, "environment", "json", home)


def test_an_empty_variable_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEAMMCP_HOME", "")  # and never the folder one happens to be in
    monkeypatch.setenv("TEAMMCP_PORT", "")
    settings = load_settings()
    assert (settings.home, settings.port) == (Path.home() / ".teammcp", 3100)


def test_what_belongs_to_the_command_line_is_no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEAMMCP_KEY", "tmcp_default_x")
    monkeypatch.setenv("TEAMMCP_ADMIN_KEY", "tmcpadmin_x")
    assert load_settings().port == 3100


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("prot = 3200", "prot: there is no such setting"),
        ("port = 99999", "port"),
        ('[permissions]\nsend_message = "boss"', "permissions.send_message"),
        ("port = ", "not valid TOML"),
    ],
)
def test_what_is_wrong_in_the_file_is_named(home: Path, text: str, names: str) -> None:
    write(home, text)
    with pytest.raises(StartError, match=names):
        load_settings()


def test_a_secret_is_not_shown(home: Path) -> None:
    write(home, 'register_secret = "open sesame"\nport = "x"')
    with pytest.raises(StartError) as caught:
        load_settings()
    assert "sesame" not in str(caught.value)
    write(home, 'register_secret = "open sesame"')
    assert "sesame" not in repr(load_settings())
