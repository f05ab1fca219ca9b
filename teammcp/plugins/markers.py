"""What marks a function as a hook's contract, of one of four kinds, and what marks it as an implementation of one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import pluggy

hookspec = pluggy.HookspecMarker("teammcp")
hookimpl = pluggy.HookimplMarker("teammcp")

Function = TypeVar("Function", bound=Callable[..., object])


def contribute(function: Function) -> Function:
    """Mark a hook that adds something at start. Its implementations are plain functions."""
    return _marked(function, "contribute", plain=True)


def before(function: Function) -> Function:
    """Mark a hook that may change, refuse or defer a change."""
    return _marked(function, "before")


def ask(*, plain: bool = False) -> Callable[[Function], Function]:
    """Mark a hook that answers a question. If it is plain nothing awaits its answer, so no implementation is async."""
    return lambda function: _marked(function, "ask", plain=plain)


def notify(function: Function) -> Function:
    """Mark a hook that tells of what has happened."""
    return _marked(function, "notify")


def _marked(function: Function, kind: str, *, plain: bool = False) -> Function:
    vars(function).update(hook_kind=kind, hook_is_plain=plain)
    hookspec(function)
    return function
