"""``teammcp plugin``: what is installed here, and a new plugin from nothing."""

from __future__ import annotations

from pathlib import Path

import click


@click.group()
def plugin() -> None:
    """List the installed plugins; write a new one."""


@plugin.command("list")
def list_plugins() -> None:
    """Show each plugin that a server started here would load: name, version, state, hooks; for a failed one, why."""
    import logging

    from ..app import create_app
    from ..config import load_settings

    logging.getLogger("teammcp").addHandler(logging.NullHandler())  # failures are part of the list
    found = create_app(load_settings()).server.plugins.plugins.values()
    width = max(len(info.name) for info in found)
    for info in found:
        click.echo(f"{info.name:{width}}  {info.version:9}  {info.state:9} {', '.join(info.hooks)}".rstrip())
        for text in info.deprecated:
            click.echo(f"    {text}")
        if info.error:
            click.echo("\n".join("    " + line for line in info.error.rstrip().splitlines()))


@plugin.command("new")
@click.argument("name")
@click.option(
    "--dir",
    "parent",
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    default=".",
    help="Folder to make it in. Default: here.",
)
def new(name: str, parent: Path) -> None:
    """Write a working plugin, with a test that passes, into the new folder teammcp-NAME."""
    from ..scaffold import create

    folder = create(name, parent)
    click.echo(f"Wrote {folder}. Try it:\n  pip install -e '{folder}[dev]'\n  pytest {folder}\n  teammcp plugin list")
