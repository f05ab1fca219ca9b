"""What the contracts in `teammcp.hooks` say of a hook, and of who implements it."""

from __future__ import annotations

import inspect
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any

CONTRACTS = "teammcp.hooks"
"""Named and not imported: it names the types of everything, and nothing of all that may depend on it."""


@cache
def contracts() -> ModuleType:
    """The module with the contract of every hook."""
    return import_module(CONTRACTS)


@cache
def hook_kind(hook: str) -> str:
    """``contribute``, ``before``, ``ask`` or ``notify``."""
    kind: str = getattr(contracts(), hook).hook_kind
    return kind


@cache
def is_plain(hook: str) -> bool:
    """Whether nothing awaits the answers of a hook."""
    return bool(getattr(contracts(), hook).hook_is_plain)


@cache
def last_argument(hook: str) -> str:
    """The name of what a before hook may change."""
    return list(inspect.signature(getattr(contracts(), hook)).parameters)[-1]


def check_implementation(caller: Any, name: str) -> None:
    """Make sure that the implementation of the plugin ``name`` can be called as the contract says.

    Raises:
        TypeError: it is a wrapper, or async where nothing awaits it.
    """
    (found,) = [item for item in caller.get_hookimpls() if item.plugin_name == name]
    if found.hookwrapper or found.wrapper:
        raise TypeError(f"{caller.name}: hook wrappers are not supported, because hooks may be async")
    if is_plain(caller.name) and inspect.iscoroutinefunction(found.function):
        raise TypeError(f"{caller.name}: must be a plain function, not an async one")
