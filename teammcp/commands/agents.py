"""``teammcp register`` and ``connect``: agents and their clients."""

from __future__ import annotations

import click

from .client import url_option


@click.command()
@click.argument("name")
@url_option
def register(name: str, url: str | None) -> None:
    """Register."""


@click.command()
def connect() -> None:
    """Connect."""
