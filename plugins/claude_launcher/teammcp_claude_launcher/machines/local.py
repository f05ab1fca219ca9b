"""The server's own machine."""

from __future__ import annotations

import re
import socket

from teammcp import Server

from ..settings import PLUGIN, LauncherSettings

LONGEST = 64


def local_name(server: Server) -> str:
    """The name of the server's own machine: as the settings say, or else that of its host."""
    settings: LauncherSettings = server.plugins.settings[PLUGIN]  # type: ignore[assignment]
    return settings.machine or machine_name(socket.gethostname())


def machine_name(text: str) -> str:
    """A name for a machine, out of that of its host."""
    return re.sub(r"[^\w.-]+", "-", text.partition(".")[0]).strip("-.")[:LONGEST] or "machine"
