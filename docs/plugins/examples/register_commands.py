"""Add the command ``teammcp greet``."""

import click

from teammcp import hookimpl


@hookimpl
def register_commands(cli: click.Group) -> None:
    @cli.command()
    @click.argument("name")
    def greet(name: str) -> None:
        """Greet somebody."""
        click.echo(f"Hello, {name}!")
