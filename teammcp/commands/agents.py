"""``teammcp register`` and ``connect``: agents and their clients."""

from __future__ import annotations

import sys

import click

from .client import KEY, address, key_from, url_option


@click.command()
@click.argument("name")
@url_option
def register(name: str, url: str | None) -> None:
    """Register."""


@click.command()
@url_option
def connect(url: str | None) -> None:
    """Serve MCP on standard input and output, in front of the server at TEAMMCP_URL, as the agent of TEAMMCP_KEY.

    For clients that start their MCP servers as programs. Ends when its input does, with 1 if the key is refused.
    """
    import asyncio

    from ..mcp.bridge import run_bridge

    sys.exit(asyncio.run(run_bridge(address(url), key_from(KEY))))
