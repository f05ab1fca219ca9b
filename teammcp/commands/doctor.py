"""``teammcp doctor``: whether an agent is reached, and what to do if not."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ..joining.clients import CLIENTS, Client
from ..text.invisible import reveal
from .client import KEY, address, url_option


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
    from ..joining.checks import UNNAMED, check_files, check_path, check_server, not_asked
    from ..joining.origins import as_set_up, is_known, key_of
    from ..joining.programs import Member
    from ..joining.wake_checks import check_sessions

    member = Member(name or UNNAMED, client, address(url), folder.resolve(), Path.home())
    member, foreign = as_set_up(member, named=url is not None)
    if not foreign or is_known(member.url) or _may_be_asked(member.url, folder):
        key, held_back = key_of(member, KEY, foreign=foreign, named=name is not None)
        asked = check_server(member, key, held_back=held_back)
        findings = [*asked, *check_path(member), *check_files(member), *check_sessions(member, key)]
    else:
        findings = [not_asked(member), *check_path(member)]
    for finding in findings:
        click.echo(f"{'ok   ' if not finding.remedy else 'WRONG'}  {reveal(finding.what)}")
        if finding.remedy:
            click.echo(f"       {finding.remedy}")
    if client == "codex":
        click.echo("note   Codex runs hooks only once you have trusted them: start codex and answer its question.")
    if any(finding.remedy for finding in findings):
        sys.exit(1)


def _may_be_asked(url: str, folder: Path) -> bool:
    """Whether a server may be spoken to that whoever wrote the project has chosen."""
    click.echo(f"A file in {folder} names the server {url}. Your settings do not, so it gets no key of yours.")
    try:
        return click.confirm("Ask whether it is there?")
    except click.Abort:  # there is nobody to ask
        click.echo()
        return False
