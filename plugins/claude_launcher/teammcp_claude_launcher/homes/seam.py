"""The machines, as far as they are there yet."""

from __future__ import annotations

import socket
from typing import Any

from teammcp import Conflict, Reader, Server, Team

from .. import machines
from ..protocol import FoundRuntime
from ..settings import LauncherSettings


class _Unlinked:
    def changed(self, machine: str | None = None) -> None:
        """Nobody hears it."""

    async def ask(self, machine: str, question: Any) -> dict[str, Any]:
        """Nobody answers."""
        raise Conflict(f"The runner of {machine} is not connected.", code="machine_unreachable")


def links(team: Team) -> Any:
    """The connections of a team's runners."""
    return machines.links(team) if hasattr(machines, "links") else _Unlinked()


def local_name(server: Server) -> str:
    """The name of the server's own machine."""
    if hasattr(machines, "local_name"):
        return str(machines.local_name(server))
    settings: LauncherSettings = server.plugins.settings["claude_launcher"]  # type: ignore[assignment]
    return settings.machine or socket.gethostname()


def active(reader: Reader) -> list[str]:
    """The machines whose keys work."""
    return list(machines.active(reader) if hasattr(machines, "active") else ())


def found(reader: Reader) -> dict[str, list[FoundRuntime]]:
    """What was found on each of them."""
    return dict(machines.found(reader) if hasattr(machines, "found") else {})
