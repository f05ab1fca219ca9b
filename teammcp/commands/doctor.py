"""``teammcp doctor``: whether an agent is reached, and what to do if not."""

from __future__ import annotations

import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..clients import CLIENTS, Client
from ..keys import key_from_environment
from .client import KEY, address, url_option

if TYPE_CHECKING:
    from ..joining.programs import Member


@click.command()
@click.option("--client", type=click.Choice(CLIENTS), required=True, help="The agent's program.")
@click.option("--name", help="The agent's name, to find its key where TEAMMCP_KEY is not set.")
@click.option(
    "--dir",
    "folder",
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    default=".",
    help="The folder the agent works in. Default: here.",
)
@url_option
def doctor(client: Client, name: str | None, folder: Path, url: str | None) -> None:
    """Check what an agent needs to be reached: files, server, key, hooks, protocol; say what to do.

    Changes nothing. Ends with 1 if something is wrong.
    """
    from ..joining.checks import UNNAMED, check_files, check_path, check_server
    from ..joining.keys import kept_key
    from ..joining.programs import Member

    member = _as_set_up(Member(name or UNNAMED, client, address(url), folder.resolve(), Path.home()), url)
    key = key_from_environment(KEY) or kept_key(member.key_file)
    wrong = 0
    for finding in [*check_server(member, key), *check_path(member), *check_files(member)]:
        click.echo(f"{'ok   ' if not finding.remedy else 'WRONG'}  {finding.what}")
        if finding.remedy:
            wrong += 1
            click.echo(f"       {finding.remedy}")
    if client == "codex":
        click.echo("note   Codex runs hooks only once you have trusted them: start codex and answer its question.")
    if wrong:
        sys.exit(1)


def _as_set_up(member: Member, url: str | None) -> Member:
    """The member with the address and the tools in its client's files; as it is if those cannot be read."""
    from ..errors import TeamError
    from ..joining.programs import as_configured, configured_url

    with suppress(TeamError):  # the check of the files says so
        found = as_configured(member)
        return found if url else replace(found, url=configured_url(member) or member.url)
    return member
