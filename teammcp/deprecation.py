"""Names that are to go: they work as before for one minor version at least, and say so."""

from __future__ import annotations

import functools
import sys
import warnings
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

_used: dict[str, set[str]] = {}


def deprecated(until: str, *, instead: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Mark a function that is to go. Calling it warns, and the page Plugins names it beside the plugin that calls it.

    Args:
        until: the version that no longer has it.
        instead: what to call.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        text = f"{function.__qualname__} goes with version {until}; use {instead} instead."

        @functools.wraps(function)
        def warn(*args: P.args, **kwargs: P.kwargs) -> R:
            caller = str(sys._getframe(1).f_globals.get("__name__", ""))
            _used.setdefault(caller.partition(".")[0], set()).add(text)
            warnings.warn(text, DeprecationWarning, stacklevel=2)
            return function(*args, **kwargs)

        return warn

    return decorate


def used_by(package: str) -> list[str]:
    """What a package has called since the start that is to go, in words."""
    return sorted(_used.get(package, ()))
