"""A setting that names what is not there, or a guard that fails, ends the start: nothing is off by accident."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, Field

from teammcp import hookimpl
from teammcp.app import create_app
from teammcp.config import load_settings
from teammcp.errors import StartError
from teammcp.testing import NO_LIMITS, all_plugins_but
from tests.live import LOOK
from tests.test_plugin_manager import FakeEntryPoint


class PollSettings(BaseModel):
    """What the plugin below takes."""

    limit: int = Field(3, ge=1)
    words: list[str] = []
    token: str = ""


class Polls:
    """A plugin with settings."""

    @hookimpl
    def register_settings(self) -> Any:
        return PollSettings


class Plain:
    """One without."""


def start(home: Path, install: dict[str, Any] | None = None, **settings: Any) -> Any:
    settings.setdefault("disabled_plugins", all_plugins_but(LOOK))
    chosen = load_settings(**{"home": home, **NO_LIMITS, **settings})
    return create_app(chosen, install={"polls": Polls(), "plain": Plain()} if install is None else install)


def refusal(home: Path, install: dict[str, Any] | None = None, **settings: Any) -> str:
    with pytest.raises(StartError) as caught:
        start(home, install, **settings)
    said = str(caught.value)
    assert "pydantic" not in said
    return said


@pytest.mark.parametrize(
    ("settings", "named", "meant"),
    [
        ({"permissions": {"create_chanel": "manager"}}, "permissions.create_chanel", "'create_channel'"),
        ({"permissions": {"xyzzy": "manager"}}, "permissions.xyzzy", "no operation"),
        ({"disabled_plugins": ["pols"]}, "disabled_plugins", "'polls'"),
        ({"disabled_plugins": ["guard"]}, "disabled_plugins", "built in"),
        ({"required_plugins": ["pols"]}, "required_plugins", "'polls'"),
        ({"plugins": {"pols": {"limit": 1}}}, "plugins.pols", "'polls'"),
        ({"plugins": {"xyzzy": {}}}, "plugins.xyzzy", "no plugin"),
        ({"plugins": {"plain": {"a": 1}}}, "plugins.plain", "no settings"),
    ],
)
def test_a_name_that_nothing_has_ends_the_start_and_the_meant_one_is_told(
    tmp_path: Path, settings: dict[str, Any], named: str, meant: str
) -> None:
    said = refusal(tmp_path, **settings)
    assert named in said
    assert meant in said


def test_all_wrong_names_are_told_at_once(tmp_path: Path) -> None:
    said = refusal(tmp_path, disabled_plugins=["one", "two"], plugins={"three": {}})
    assert [word in said for word in ("'one'", "'two'", "'three'")] == [True] * 3


def test_right_names_start(tmp_path: Path) -> None:
    app = start(
        tmp_path,
        permissions={"create_channel": "manager"},
        plugins={"polls": {"limit": 5}, "guard": {"exchange": 3}},
        required_plugins=["polls"],
    )
    assert app.server.plugins.settings["polls"] == PollSettings(limit=5)


@pytest.mark.parametrize("field", ["exchange", "xchange"])
def test_a_wrong_value_of_a_built_in_feature_ends_the_start(tmp_path: Path, field: str) -> None:
    said = refusal(tmp_path, plugins={"guard": {field: "hunter2"}})
    assert f"[plugins.guard] are wrong: {field}: " in said
    assert "hunter2" not in said


def test_a_wrong_value_of_a_required_plugin_ends_the_start_and_is_not_shown(tmp_path: Path) -> None:
    table = {"limit": "hunter2", "token": 5}
    said = refusal(tmp_path, required_plugins=["polls"], plugins={"polls": table})
    assert "limit: " in said
    assert "token: " in said
    assert "hunter2" not in said


def test_a_wrong_value_of_another_plugin_switches_it_off_and_is_not_shown(tmp_path: Path) -> None:
    plugins = start(tmp_path, plugins={"polls": {"limit": "hunter2"}}).server.plugins
    assert plugins.failed() == ["polls"]
    assert "[plugins.polls]" in (plugins.plugins["polls"].error or "")
    assert "hunter2" not in (plugins.plugins["polls"].error or "")


class Unfit:
    """A plugin of which everything fails that a start asks of it."""

    def __init__(self, hook: str) -> None:
        self.hook = hook

    def _fail(self, hook: str) -> Any:
        if hook == self.hook:
            raise RuntimeError("on purpose")

    @hookimpl
    def register_operations(self) -> Any:
        return self._fail("register_operations")

    @hookimpl
    def register_migrations(self) -> Any:
        return self._fail("register_migrations")

    @hookimpl
    def register_pages(self) -> Any:
        return self._fail("register_pages")

    @hookimpl
    def register_settings(self) -> Any:
        return self._fail("register_settings")

    @hookimpl
    def register_resources(self) -> Any:
        return self._fail("register_resources")

    @hookimpl
    def asgi_wrapper(self, server: Any) -> Any:
        return self._fail("asgi_wrapper")


@pytest.mark.parametrize(
    "hook", ["register_operations", "register_migrations", "register_pages", "register_settings", "asgi_wrapper"]
)
def test_a_required_plugin_that_fails_anywhere_in_a_start_ends_it(tmp_path: Path, hook: str) -> None:
    said = refusal(tmp_path, {"unfit": Unfit(hook)}, required_plugins=["unfit"])
    assert "without the plugin 'unfit'" in said
    assert "on purpose" in said
    assert start(tmp_path, {"unfit": Unfit(hook)}).server.plugins.failed() == ["unfit"]


def _missing() -> Any:
    raise ImportError("no module named nonsense")


@pytest.mark.parametrize("name", ["approvals", "audit"])
def test_approvals_and_audit_are_required_where_they_are_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def install(load: Callable[[], Any]) -> None:
        points = [FakeEntryPoint(name, load)]
        monkeypatch.setattr("teammcp.plugins.manager.installed", lambda: points)
        monkeypatch.setattr("teammcp.app.installed", lambda: points)

    install(_missing)
    said = refusal(tmp_path, {}, disabled_plugins=[])
    assert f"'{name}'" in said
    assert "nonsense" in said
    start(tmp_path, {}, disabled_plugins=[name])  # who says so runs without
    start(tmp_path, {}, disabled_plugins=[], required_plugins=[])
    said = refusal(tmp_path, {}, disabled_plugins=[name], required_plugins=[name])
    assert "switched off by disabled_plugins" in said


def test_lists_of_plugins_in_variables_are_read_as_those_of_the_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEAMMCP_PLUGINS__POLLS__WORDS", "a, b")
    monkeypatch.setenv("TEAMMCP_PLUGINS__TASKS__STUCK_MINUTES", "[5, 10]")
    plugins = start(tmp_path, plugins=None).server.plugins
    assert plugins.settings["polls"] == PollSettings(words=["a", "b"])
    assert plugins.settings["tasks"].model_dump()["stuck_minutes"] == [5, 10]
