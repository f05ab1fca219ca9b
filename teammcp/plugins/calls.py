"""Calling of hooks, and isolation of the faults of those who implement them."""

from __future__ import annotations

import asyncio
import inspect
import logging
import sys
import traceback
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import pluggy

from ..errors import PluginFailed, TeamError
from ..storage import Transaction, Work
from .contracts import contracts, last_argument
from .info import PluginInfo

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


class HookCalls(ABC):
    """The hooks of all plugins that take part, to be called. What a plugin raises is its own fault.

    Attributes:
        plugins: what is known of each plugin, by name.
    """

    def __init__(self) -> None:
        self.plugins: dict[str, PluginInfo] = {}
        self._manager = pluggy.PluginManager("teammcp")
        self._manager.add_hookspecs(contracts())
        self._calls: dict[str, list[Implementation]] = {}

    @abstractmethod
    def fail(self, name: str) -> None:
        """Switch a plugin off because of the exception being handled."""

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


def _check_answer(hook: str, value: Any, answer: Any) -> None:
    """A rule that answers nonsense has failed: the caller must not be left with it instead of its change."""
    if answer is not None and not isinstance(answer, (Deferred, type(value))):
        expected = f"None, {type(value).__name__} or Deferred"
        raise TypeError(f"{hook} returned {type(answer).__name__} instead of {expected}")


async def _resolve(result: Any) -> Any:
    return await result if inspect.isawaitable(result) else result
