"""OpenAPI from the registry."""

from __future__ import annotations

from typing import Any

from ..team import Server


def document(server: Server) -> dict[str, Any]:
    """The OpenAPI 3.1 document of all operations."""
    return {"openapi": "3.1.0", "info": {"title": "TeamMCP", "version": "0"}, "paths": {}}
