"""A command of the plugin, and one that is broken."""

import click


@click.command()
def hello() -> None:
    """Say hello."""
    click.echo("hello from a plugin")


start = hello
no_command = "hello"
