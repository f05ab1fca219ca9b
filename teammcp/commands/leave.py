"""``teammcp leave``: what ``join`` wrote is taken out again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from ..errors import InvalidInput
from ..joining.clients import CLIENTS, Client
from .client import address, url_option
from .join import show


@click.command()
@click.option("--name", help="The agent whose key, kept on this machine, is to be deleted as well.")
@click.option("--client", type=click.Choice(CLIENTS), required=True, help="The agent's program.")
@click.option(
    "--dir",
    "folder",
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    default=".",
    help="The folder the agent worked in. Default: here.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@url_option
def leave(name: str | None, client: Client, folder: Path, yes: bool, url: str | None) -> None:
    """Undo 'teammcp join': take MCP server, hooks, guide and skills out of the client's files again.

    Shows what it will change and asks first. A file that nobody changed since becomes what it was before. The agent
    stays a member with its name and its messages until a manager retires it.
    """
    from ..joining.changes import Together, forget, leaving
    from ..joining.programs import Member, as_configured, configured_url, parts_left_to, parts_of

    member = Member(name or "", client, "", folder.resolve(), Path.home())
    left_alone: list[str] = []
    try:
        member = replace(as_configured(member), url=address(url) if url else configured_url(member) or address(None))
    except InvalidInput:  # what is wrong with that file is told below
        member = replace(member, url=address(url))
    still_used = parts_left_to(member)
    changes = leaving([part for part in parts_of(member, left_alone) if part not in still_used])
    show(changes)
    for said in left_alone:
        click.echo(said, err=True)
    for change in changes:
        if change.restores:
            click.echo(f"Deletes the copy in {change.backup}: {change.path} becomes what it is.")
    key_file = member.key_file if name and member.key_file.exists() else None
    if key_file:
        click.echo(f"Deletes the key in {key_file}.")
    if (changes or key_file) and not yes:
        click.confirm("Do this?", abort=True)
    with Together(changes) as together:
        together.commit()
    forget(changes, (member.folder, member.home))
    if key_file:
        key_file.unlink()
    if changes or key_file:
        click.echo(
            "Done. A program that runs now keeps what it has read until it is started anew. "
            f"{name or 'The agent'} stays a member until a manager retires it."
        )
