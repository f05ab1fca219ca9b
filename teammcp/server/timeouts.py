"""How long plugins and background work are waited for, in seconds."""

from __future__ import annotations

STOP = 5.0
"""What each plugin, and all background work, gets at a stop: one that hangs must not keep the server from stopping."""
START = 10.0
"""What each plugin gets at a start, and when a team is opened: nobody is answered before."""
