"""The MCP surface: streamable HTTP at ``/mcp``, and the stdio bridge in front of it."""

from __future__ import annotations

from .server import McpSurface, mount

__all__ = ["McpSurface", "mount"]
