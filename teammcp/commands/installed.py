"""Commands that plugins bring: entry points of the group ``teammcp.commands``.

They are known by their names alone, so that a command loads neither the plugins nor the commands beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import Distribution, EntryPoint, entry_points

import click

from ..errors import StartError

COMMANDS = "teammcp.commands"
"""The group: a command's name, and the `click.Command` that it is."""
PLUGINS = "teammcp"


@cache
def installed() -> Mapping[str, EntryPoint]:
    """The commands of the plugins that are not switched off, by name.

    Raises:
        StartError: the settings are wrong, or two plugins bring commands of one name.
    """
    from ..config import load_settings

    disabled = load_settings().disabled_plugins
    found: dict[str, EntryPoint] = {}
    for entry in sorted(entry_points(group=COMMANDS), key=lambda entry: (entry.name, _brought_by(entry))):
        if entry.dist is not None and _is_switched_off(entry.dist, disabled):
            continue
        if entry.name in found:
            both = f"{_brought_by(found[entry.name])} and {_brought_by(entry)}"
            raise StartError(f"Two plugins bring the command '{entry.name}': {both}. Uninstall one of them.")
        found[entry.name] = entry
    return found


def load(entry: EntryPoint) -> click.Command:
    """The command that a plugin brings.

    Raises:
        StartError: it cannot be loaded, or is no command.
    """
    try:
        command = entry.load()
    except Exception as error:  # whatever a plugin raises as it is imported
        why = f"{type(error).__name__}: {error}"
        raise StartError(f"The command '{entry.name}' of {_brought_by(entry)} cannot be loaded: {why}") from error
    if not isinstance(command, click.Command):
        raise StartError(f"The command '{entry.name}' of {_brought_by(entry)} is no click command: {command!r}")
    return command


def _brought_by(entry: EntryPoint) -> str:
    return entry.value if entry.dist is None else entry.dist.name


def _is_switched_off(distribution: Distribution, disabled: Iterable[str]) -> bool:
    """Whether all plugins of a distribution are."""
    plugins = {entry.name for entry in distribution.entry_points if entry.group == PLUGINS}
    return bool(plugins) and plugins <= set(disabled)
