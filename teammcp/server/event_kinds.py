"""The kinds of events of a server: what its plugins declare."""

from __future__ import annotations

from ..events.kinds import EventKinds
from ..plugins import PluginManager


def collect_event_kinds(plugins: PluginManager) -> EventKinds:
    """The kinds of events of all plugins. A plugin that declares a bad one is switched off, with all it contributes."""
    kinds = EventKinds()
    for name, declared in plugins.collect("register_event_kinds"):
        try:
            for kind in declared:
                kinds.add(kind)
        except (TypeError, ValueError):
            plugins.fail(name)
            return collect_event_kinds(plugins)
    return kinds
