"""Discovery and registration of plugins, calling of hooks, and isolation of their faults."""

from __future__ import annotations

import asyncio
import importlib.metadata
import inspect
import logging
import sys
import traceback
from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from types import ModuleType
from typing import Any, Generic, TypeVar

import pluggy
from pydantic import BaseModel, ValidationError

from ..config.remedies import from_texts, unknown, wrong_settings
from ..deprecation import used_by
from ..errors import PluginFailed, StartError, TeamError
from ..storage import Transaction, Work
from .contracts import check_implementation, contracts, last_argument
from .versions import WrongVersion, check_version, required_by

ENTRY_POINTS = "teammcp"
GUARDS = ("approvals", "audit")
"""Plugins on whose rules a team relies: if one of them is installed and fails, nothing goes on without it."""

log = logging.getLogger(__name__)
R = TypeVar("R")
Implementation = tuple[str, Callable[..., Any], tuple[str, ...]]
"""Of a hook: the plugin's name, its function, and the arguments that this names."""


@dataclass(frozen=True)
class Deferred(Generic[R]):
    """What a before hook returns to keep a change from happening now. ``result`` tells the caller what it waits for.

    The plugin stores the operation, its arguments and the proposer, and calls the operation later as the proposer. It
    stores them in ``work``, if given: that is run in a transaction, and its answer becomes the result.
    """

    result: R
    work: Work[Any] | None = None

    def store(self, tx: Transaction) -> Any:
        """Let the plugin write down what it needs; what the caller is told."""
        return self.result if self.work is None else self.work(tx)


@dataclass
class PluginInfo:
    """What the plugins page shows of one plugin."""

    name: str
    version: str
    built_in: bool
    state: str = "active"
    """``active``, ``disabled`` (by settings) or ``failed``."""
    hooks: list[str] = field(default_factory=list)
    error: str | None = None
    """The traceback of what switched it off."""
    package: str = ""
    """The top-level package that it is in."""
    faults: int = 0
    """How often a hook of it raised since the start."""
    last_fault: str | None = None

    @property
    def deprecated(self) -> list[str]:
        """What it has called since the start that is to go, in words."""
        return used_by(self.package) if self.package and not self.built_in else []


class WrongSettings(Exception):
    """A plugin's table does not fit; the text says where and why, and holds no value of it."""


class PluginManager:
    """All plugins of a process.

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
        self.plugins: dict[str, PluginInfo] = {}
        self.settings: dict[str, BaseModel] = {}
        self._disabled = set(disabled)
        self._required = set(required)
        self._raw_settings = settings or {}
        self._manager = pluggy.PluginManager("teammcp")
        self._manager.add_hookspecs(contracts())
        self._calls: dict[str, list[Implementation]] = {}
        for name, module in built_in.items():
            self.register(name, module, version="built in", built_in=True)

    # -- registration ------------------------------------------------------------------------------------------------

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

    # -- calls -------------------------------------------------------------------------------------------------------

    def handles(self, hook: str) -> bool:
        """Whether any plugin implements ``hook``; lets hot paths skip the work of preparing a call."""
        return bool(self._implementations(hook))

    def collect(self, hook: str, *, only: str | None = None, **arguments: Any) -> list[tuple[str, Any]]:
        """Call a plain contribute hook; ``[(plugin, result)]`` without Nones. A plugin that raises is switched off."""
        results = []
        for name, function, names in list(self._implementations(hook)):
            if only is not None and name != only:
                continue
            try:
                result = function(**{key: arguments[key] for key in names})
            except Exception:
                self.fail(name)
                continue
            if result is not None:
                results.append((name, result))
        return results

    async def before(self, hook: str, value: R, **arguments: Any) -> R | Deferred[Any]:
        """Pass ``value`` through the implementations of a before hook; the value as changed by them, or `Deferred`.

        The value is the hook's last argument.

        Raises:
            Refused: a plugin refuses the change (or another `TeamError` that it raises on purpose).
            PluginFailed: a plugin crashed, or returned something that cannot take the value's place.
        """
        key = last_argument(hook)
        for name, function, names in self._implementations(hook):
            arguments[key] = value
            try:
                result = await _resolve(function(**{key: arguments[key] for key in names}))
                _check_answer(hook, value, result)
            except TeamError:
                raise
            except Exception as error:
                self.count_fault(name, hook)
                raise PluginFailed(
                    f"The plugin '{name}' failed while it checked this change, so it was not made. "
                    "The server's log says why."
                ) from error
            if isinstance(result, Deferred):
                return result
            if result is not None:
                value = result
        return value

    async def notify(self, hook: str, **arguments: Any) -> None:
        """Tell every implementation, one after the other; faults are logged and counted, never raised."""
        for implementation in self._implementations(hook):
            await self._notify_one(hook, implementation, arguments)

    async def announce(self, hook: str, limit: float, *, wait_for_features: bool = False, **arguments: Any) -> None:
        """Tell of a turn in the life of the server or a team; faults are logged and counted, never raised.

        The features of the core are told one after the other, because each relies on those before it, then all plugins
        side by side.

        Args:
            hook: the notify hook.
            limit: seconds that each gets; who takes longer is broken off, named in the log, and counted.
            wait_for_features: those of the core get as long as they need.
            arguments: of the hook.
        """
        plugins = []
        for implementation in self._implementations(hook):
            if not self.plugins[implementation[0]].built_in:
                plugins.append(self._notify_within(limit, hook, implementation, arguments))
            elif wait_for_features:
                await self._notify_one(hook, implementation, arguments)
            else:
                await self._notify_within(limit, hook, implementation, arguments)
        await asyncio.gather(*plugins)

    def notifications(self, hook: str, **arguments: Any) -> list[Coroutine[Any, Any, None]]:
        """The same in parts, one a plugin, to be awaited side by side: one that hangs keeps nobody else waiting."""
        return [self._notify_one(hook, implementation, arguments) for implementation in self._implementations(hook)]

    async def _notify_one(self, hook: str, implementation: Implementation, arguments: dict[str, Any]) -> None:
        name, function, names = implementation
        try:
            await _resolve(function(**{key: arguments[key] for key in names}))
        except Exception:
            self.count_fault(name, hook)

    async def _notify_within(
        self, limit: float, hook: str, implementation: Implementation, arguments: dict[str, Any]
    ) -> None:
        task = asyncio.create_task(self._notify_one(hook, implementation, arguments))
        try:
            done, _ = await asyncio.wait([task], timeout=limit)
        finally:
            task.cancel()  # and not waited for: it may refuse to end
        if not done:
            name, why = implementation[0], f"not done after {limit:g} s and given up"
            self._note_fault(name, hook, why)
            log.error("plugin %s failed in %s: %s", name, hook, why)

    def faults_of_features(self) -> int:
        """How often a hook of a built-in feature has raised since the start."""
        return sum(info.faults for info in self.plugins.values() if info.built_in)

    async def ask(self, hook: str, **arguments: Any) -> list[Any]:
        """Every implementation's answer that is not None; faults are logged and counted."""
        answers = []
        for name, function, names in self._implementations(hook):
            try:
                answer = await _resolve(function(**{key: arguments[key] for key in names}))
            except Exception:
                self.count_fault(name, hook)
                continue
            if answer is not None:
                answers.append(answer)
        return answers

    def answers(self, hook: str, **arguments: Any) -> list[Any]:
        """As `ask`, of a plain ask hook."""
        found = []
        for name, function, names in self._implementations(hook):
            try:
                answer = function(**{key: arguments[key] for key in names})
            except Exception:
                self.count_fault(name, hook)
                continue
            if answer is not None:
                found.append(answer)
        return found

    def first(self, hook: str, **arguments: Any) -> Any:
        """The first answer that is not None, of a plain ask hook."""
        for name, function, names in self._implementations(hook):
            try:
                answer = function(**{key: arguments[key] for key in names})
            except Exception:
                self.count_fault(name, hook)
                continue
            if answer is not None:
                return answer
        return None

    def _implementations(self, hook: str) -> list[Implementation]:
        found = self._calls.get(hook)
        if found is None:
            implementations = getattr(self._manager.hook, hook).get_hookimpls()
            # pluggy keeps them in the order of registration and calls the last one first; here the order of
            # registration is the order of calls, so that built-in rules come before those of plugins.
            ordered = sorted(implementations, key=lambda item: item.trylast - item.tryfirst)
            found = self._calls[hook] = [(item.plugin_name, item.function, tuple(item.argnames)) for item in ordered]
        return found

    def count_fault(self, name: str, hook: str, error: BaseException | None = None) -> None:
        """Note against a plugin what it raised for ``hook``: ``error``, or else the exception being handled."""
        raised = error or sys.exception()
        self._note_fault(name, hook, "".join(traceback.format_exception(raised)))
        log.error("plugin %s failed in %s", name, hook, exc_info=raised)

    def _note_fault(self, name: str, hook: str, what: str) -> None:
        info = self.plugins[name]
        info.faults += 1
        info.last_fault = f"{hook}\n{what}"


def installed() -> list[importlib.metadata.EntryPoint]:
    """The entry points of all installed plugins, by name."""
    return _installed(tuple(sys.path))


@cache  # finding them reads a file of every installed distribution, and tests make many applications in one process
def _installed(places: tuple[str, ...]) -> list[importlib.metadata.EntryPoint]:
    return sorted(importlib.metadata.entry_points(group=ENTRY_POINTS), key=lambda entry: entry.name)


def _check_answer(hook: str, value: Any, answer: Any) -> None:
    """A rule that answers nonsense has failed: the caller must not be left with it instead of its change."""
    if answer is not None and not isinstance(answer, (Deferred, type(value))):
        expected = f"None, {type(value).__name__} or Deferred"
        raise TypeError(f"{hook} returned {type(answer).__name__} instead of {expected}")


async def _resolve(result: Any) -> Any:
    return await result if inspect.isawaitable(result) else result


def _package_of(plugin: Any) -> str:
    """The top-level package of a plugin's module, or of its class."""
    module = plugin.__name__ if isinstance(plugin, ModuleType) else type(plugin).__module__
    return str(module).partition(".")[0]


def _why() -> str:
    """Why a plugin is switched off, by the exception being handled: one line if that says all."""
    error = sys.exception()
    return str(error) if isinstance(error, WrongVersion) else _traceback()


def _traceback() -> str:
    return traceback.format_exc()


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
