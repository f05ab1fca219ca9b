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


# -- variables ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["polls,x", " polls , x ,", '["polls", "x"]'])
def test_a_list_in_a_variable_is_json_or_has_commas(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    for name in ("DISABLED_PLUGINS", "REQUIRED_PLUGINS", "ALLOWED_HOSTS"):
        monkeypatch.setenv(f"TEAMMCP_{name}", text)
    settings = load_settings()
    assert settings.disabled_plugins == settings.required_plugins == settings.allowed_hosts == ["polls", "x"]


def test_every_list_of_the_settings_can_be_one_word(monkeypatch: pytest.MonkeyPatch) -> None:
    word = "10.0.0.1"  # fits all of them
    listed = [name for name, field in Settings.model_fields.items() if "list" in str(field.annotation)]
    assert len(listed) >= 4
    for name in listed:
        monkeypatch.setenv(f"TEAMMCP_{name.upper()}", word)
        assert getattr(load_settings(), name)[0].startswith(word)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("DISABLED_PLUGINS", '["polls"'),
        ("DISABLED_PLUGINS", '{"a": 1}'),
        ("PERMISSIONS", "create_channel=manager"),
        ("PLUGINS", "{"),
        ("PLUGINS__GUARD", "exchange"),
        ("TRUSTED_PROXIES", "nginx"),
    ],
)
def test_a_variable_that_cannot_be_read_is_named(monkeypatch: pytest.MonkeyPatch, name: str, text: str) -> None:
    monkeypatch.setenv(f"TEAMMCP_{name}", text)
    with pytest.raises(StartError) as caught:
        load_settings()
    assert name.partition("__")[0] in str(caught.value).upper()
    assert "pydantic" not in str(caught.value)


# -- addresses ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("url", ["https://team.example.org", "http://10.0.0.1:8080/", "https://[2001:db8::1]:443"])
def test_an_address_that_others_can_use_is_taken(url: str) -> None:
    assert load_settings(url=url).public_url == url.rstrip("/")


@pytest.mark.parametrize(
    "url",
    [
        "team.example.org",
        "team.example.org:3100",
        "//team.example.org",
        "ftp://team.example.org",
        "https://",
        "https://:443",
        "https://team.example.org/team/",
        "https://team.example.org/?a=1",
        "https://team.example.org/#a",
        "https://me@team.example.org",
        "https://me:secret@team.example.org",
        "https://[::1",
        "https://a:99999",
    ],
)
def test_an_address_that_nobody_could_use_is_refused(url: str) -> None:
    with pytest.raises(StartError, match="url: ") as caught:
        load_settings(url=url)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("host", ["https://team.example.org", "team.example.org/x", "me@team.example.org", ""])
def test_what_is_no_host_name_is_refused(host: str) -> None:
    with pytest.raises(StartError, match=r"allowed_hosts\.0: "):
        load_settings(allowed_hosts=[host])


def test_what_is_a_host_name_is_taken_without_its_port() -> None:
    assert load_settings(allowed_hosts=["Team.Example.org:8443"]).allowed_hosts == ["team.example.org"]
