"""TeamMCP's default look."""

from __future__ import annotations

from teammcp import hookimpl
from teammcp.web import Theme


@hookimpl
def register_themes() -> list[Theme]:
    return [Theme("base", __name__)]
