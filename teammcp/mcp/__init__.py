"""The MCP surface: streamable HTTP at ``/mcp``, and the stdio bridge in front of it."""

from __future__ import annotations

from .mounting import McpMount, mount

__all__ = ["McpMount", "mount"]
