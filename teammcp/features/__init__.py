"""The built-in features. Each is a plugin of the same shape as any other, found here instead of by an entry point."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

BUILT_IN = (
    "agents",
    "channels",
    "messages",
    "deliveries",
    "inbox",
    "files",
    "parts",
    "state",
    "tasks",
    "schedules",
    "turns",
    "wakes",
    "watches",
    "guard",
    "directives",
    "notifications",
    "secrets",
)
"""Their names, in the order in which they are registered and called: each relies on those before it."""


def built_in() -> dict[str, ModuleType]:
    """The features by name, each as the module ``plugin.py`` with its hooks.

    They are imported only now, so that whoever needs a model of one feature need not load the pages of all.
    """
    return {name: import_module(f"{__name__}.{name}.plugin") for name in BUILT_IN}
