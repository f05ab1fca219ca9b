"""``teammcp doctor``: whether an agent is reached, and what to do if not."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

import click

from ..clients import CLIENTS, Client
from .client import KEY, address, url_option


@click.command()
@click.option("--client", type=click.Choice(CLIENTS), required=True, help="The agent's program.")
@click.option("--name", default="NAME", help="The agent's name, to find its key where TEAMMCP_KEY is not set.")
@click.option(
    "--dir",
    "folder",
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    default=".",
    help="The folder the agent works in. Default: here.",
)
@url_option
def doctor(client: Client, name: str, folder: Path, url: str | None) -> None:
    """Check what an agent needs to be reached: files, server, key, hooks, protocol; say what to do.

    Changes nothing. Ends with 1 if something is wrong.
    """
    from ..joining.checks import check_files, check_path, check_server
    from ..joining.keys import kept_key
    from ..joining.programs import Member, as_configured, configured_url

    member = Member(name, client, "", folder.resolve(), Path.home())
    member = replace(as_configured(member), url=url.rstrip("/") if url else configured_url(member) or address(None))
    key = os.environ.get(KEY) or kept_key(member.key_file)
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
