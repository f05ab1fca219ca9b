"""What a project may be called, and how much it has at most: for a server, and for a command that loads none."""

from __future__ import annotations

from teammcp import ChannelName

ProjectName = ChannelName
"""The rule of channels' names."""
MOST_PUBLISHED = 50
