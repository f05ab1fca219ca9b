"""The steps that all teams' databases go through: the core's, and those of the plugins whose steps fit."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from ..errors import StartError
from ..plugins import PluginManager
from ..storage import Databases, Migration, load_migrations

Part = tuple[str, Sequence[Migration]]
"""The name of a plugin, empty for the core, and its steps in order."""


def collect_migrations(plugins: PluginManager, databases: Databases) -> tuple[Migration, ...]:
    """The steps of the core and of all plugins. A plugin whose steps fail, also on what a team holds, is switched off.

    Whether the core fits is for the opening of a database to say, as is all about one that cannot be read.
    """
    core = (*load_migrations("events", "teammcp.events"), *load_migrations("operations", "teammcp.operations"))
    parts = _sound([("", core), *plugins.collect("register_migrations")], plugins, databases)
    failed = databases.try_out(parts)
    if all(name and not plugins.plugins[name].built_in for name in failed):
        for name, why in failed.items():
            _switch_off(plugins, name, why)
    return tuple(step for name, steps in parts if _takes_part(plugins, name) for step in steps)


def _sound(parts: list[Part], plugins: PluginManager, databases: Databases) -> list[Part]:
    """The parts whose steps an empty database takes."""
    with contextlib.suppress(Exception):  # the one that is to blame is found out below
        databases.check([step for _, steps in parts for step in steps])
        return parts
    sound = parts[:1]
    for name, steps in parts[1:]:
        try:
            databases.check([step for _, each in [*sound, (name, steps)] for step in each])
        except Exception:  # noqa: BLE001 - logged, and listed as failed
            plugins.fail(name)
            continue
        sound.append((name, steps))
    return sound


def _takes_part(plugins: PluginManager, name: str) -> bool:
    return not name or plugins.plugins[name].state == "active"


def _switch_off(plugins: PluginManager, name: str, why: str) -> None:
    try:
        raise StartError(
            f"{why} Its tables are as they were, and the rest of the server goes on without the plugin. Install "
            f"the version of '{name}' that fits, or mend its step; or name it in disabled_plugins."
        )
    except StartError:
        plugins.fail(name)
