"""Discovery and registration of plugins: which take part, and why one does not."""

from __future__ import annotations

import importlib.metadata
import logging
import sys
import traceback
from collections.abc import Iterable, Mapping
from functools import cache
from types import ModuleType
from typing import Any

from pydantic import BaseModel, ValidationError

from ..config import load_settings
from ..config.remedies import from_texts, unknown, wrong_settings
from ..errors import StartError
from .calls import HookCalls
from .contracts import check_implementation
from .info import PluginInfo
from .versions import WrongVersion, check_version, required_by

ENTRY_POINTS = "teammcp"
GUARDS = ("approvals", "audit")
"""Plugins on whose rules a team relies: if one of them is installed and fails, nothing goes on without it."""

log = logging.getLogger(__name__)


class WrongSettings(Exception):
    """A plugin's table does not fit; the text says where and why, and holds no value of it."""


class PluginManager(HookCalls):
    """All plugins of a process: which take part, with which settings.

    Args:
        built_in: the features of the core, name -> module; they use the same hooks as any plugin.
        disabled: names of plugins that are not to be loaded.
        settings: the raw tables ``[plugins.NAME]``.
        required: names of plugins that must not fail, besides the built-in ones.
    """

    def __init__(
        self,
        built_in: Mapping[str, ModuleType],
        disabled: Iterable[str] = (),
        settings: Mapping[str, dict[str, Any]] | None = None,
        required: Iterable[str] = (),
    ) -> None:
        super().__init__()
        self.settings: dict[str, BaseModel] = {}
        self._disabled = set(disabled)
        self._required = set(required)
        self._raw_settings = settings or {}
        for name, module in built_in.items():
            self.register(name, module, version="built in", built_in=True)

    def discover(self) -> None:
        """Load every installed distribution's entry points of the group ``teammcp``."""
        for entry in installed():
            version = entry.dist.version if entry.dist else "?"
            if entry.name in self._disabled:
                self.plugins[entry.name] = PluginInfo(entry.name, version, False, "disabled")
                continue
            try:
                check_version(required_by(entry), "its distribution")
                plugin = entry.load()
            except Exception:
                self.plugins[entry.name] = PluginInfo(entry.name, version, False)
                self.fail(entry.name)
                continue
            self.register(entry.name, plugin, version=version)

    def register(self, name: str, plugin: Any, *, version: str = "?", built_in: bool = False) -> None:
        """Add a plugin: a module or object with functions marked ``@hookimpl``. A broken one is listed as failed."""
        info = PluginInfo(name, version, built_in)
        if name in self.plugins:
            log.error("there is a plugin called %s already; the second one is left out", name)
            return
        self.plugins[name] = info
        try:
            check_version(getattr(plugin, "requires_teammcp", ""), "requires_teammcp")
            info.package = _package_of(plugin)
            self._manager.register(plugin, name)
            self._manager.check_pending()
            for caller in self._manager.get_hookcallers(plugin) or []:
                check_implementation(caller, name)
                info.hooks.append(caller.name)
            self._read_settings(name)
        except Exception:
            self.fail(name)
        self._calls.clear()

    def fail(self, name: str) -> None:
        """Switch a plugin off because of the exception being handled; the rest goes on without it.

        Raises:
            StartError: the server must not run without this one.
        """
        info = self.plugins[name]
        info.state, info.error = "failed", _why()
        if info.built_in or name in self._required:
            log.debug("plugin %s failed", name, exc_info=True)
            raise StartError(_why_not_without(info)) from None
        log.exception("plugin %s is switched off", name)
        if self._manager.has_plugin(name):
            self._manager.unregister(name=name)
        self._calls.clear()

    def modules(self) -> list[str]:
        """The modules that the plugins are, without those that are other objects."""
        plugins = [plugin for _, plugin in self._manager.list_name_plugin()]
        return [plugin.__name__ for plugin in plugins if isinstance(plugin, ModuleType)]

    def failed(self) -> list[str]:
        """The names of the plugins that are switched off because of a fault."""
        return [info.name for info in self.plugins.values() if info.state == "failed"]

    def check_names(self) -> None:
        """Make sure that every plugin that the settings name is there: a misspelt name switches nothing on or off.

        Raises:
            StartError: names each that is not, and the one that was probably meant.
        """
        built_in = {info.name for info in self.plugins.values() if info.built_in}
        switchable = self.plugins.keys() - built_in
        wrong = [
            f"disabled_plugins: {self._why_not_disabled(name, switchable)}"
            for name in sorted(self._disabled - switchable)
        ]
        wrong += [
            f"required_plugins: {unknown('plugin', name, self.plugins)}"
            for name in sorted(self._required - self.plugins.keys())
        ]
        wrong += [
            f"required_plugins: the plugin '{name}' is switched off by disabled_plugins"
            for name in sorted(self._required & self._disabled)
        ]
        wrong += [f"plugins.{name}: {self._why_no_table(name)}" for name in self._raw_settings if self._is_stray(name)]
        if wrong:
            raise StartError("These settings are wrong:\n" + "\n".join(f"  {line}" for line in wrong))

    def _why_not_disabled(self, name: str, switchable: Iterable[str]) -> str:
        if name in self.plugins:
            return f"'{name}' is built in and cannot be switched off"
        return unknown("plugin", name, switchable)

    def _is_stray(self, name: str) -> bool:
        """Whether a table is nobody's. What a plugin takes that is switched off is not known."""
        info = self.plugins.get(name)
        return info is None or (info.state == "active" and name not in self.settings)

    def _why_no_table(self, name: str) -> str:
        return f"the plugin '{name}' has no settings" if name in self.plugins else unknown("plugin", name, self.plugins)

    def _read_settings(self, name: str) -> None:
        for plugin, model in self.collect("register_settings", only=name):
            try:
                self.settings[plugin] = model.model_validate(from_texts(model, self._raw_settings.get(plugin, {})))
            except ValidationError as error:
                lines = wrong_settings(error, model)
            except ValueError as error:
                lines = [str(error)]
            else:
                continue
            raise WrongSettings(f"The settings in [plugins.{plugin}] are wrong: {'; '.join(lines)}")


def contributed(hook: str) -> list[tuple[str, Any]]:
    """What the installed plugins contribute by a hook: for a process that is no server, as a command of a plugin's.

    A plugin that cannot be loaded contributes nothing; ``teammcp plugin list`` says why.

    Args:
        hook: the name of a contribute hook without arguments, such as ``register_runtimes``.

    Returns:
        The name of each plugin that contributes, and its answer.

    Raises:
        StartError: the settings are wrong.
    """
    settings = load_settings()
    manager = PluginManager({}, settings.disabled_plugins, settings.plugins)
    manager.discover()
    return manager.collect(hook)


def installed() -> list[importlib.metadata.EntryPoint]:
    """The entry points of all installed plugins, by name."""
    return _installed(tuple(sys.path))


@cache  # finding them reads a file of every installed distribution, and tests make many applications in one process
def _installed(places: tuple[str, ...]) -> list[importlib.metadata.EntryPoint]:
    return sorted(importlib.metadata.entry_points(group=ENTRY_POINTS), key=lambda entry: entry.name)


def _package_of(plugin: Any) -> str:
    """The top-level package of a plugin's module, or of its class."""
    module = plugin.__name__ if isinstance(plugin, ModuleType) else type(plugin).__module__
    return str(module).partition(".")[0]


def _why() -> str:
    """Why a plugin is switched off, by the exception being handled: one line if that says all."""
    error = sys.exception()
    return str(error) if isinstance(error, WrongVersion) else traceback.format_exc()


def _why_not_without(info: PluginInfo) -> str:
    """Why the server does not start, by the exception being handled."""
    error = sys.exception()
    reason = (
        str(error)
        if isinstance(error, WrongSettings | WrongVersion | StartError)
        else f"{type(error).__name__}: {error}"
    )
    if info.built_in:
        return f"'{info.name}' could not be loaded. {reason}"
    return (
        f"The server does not start without the plugin '{info.name}', which could not be loaded. {reason}\n"
        f"Mend it; or, to run without what it guards, name it in disabled_plugins and not in required_plugins."
    )
