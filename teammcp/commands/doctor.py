"""``teammcp doctor``: whether an agent is reached, and what to do if not."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

import click

from ..joining.clients import CLIENTS, Client
from ..joining.findings import Finding
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
@click.option("--ring", is_flag=True, help="Wake the agent's idle program once: one request to its model.")
@url_option
def doctor(client: Client, name: str | None, folder: Path, ring: bool, url: str | None) -> None:
    """Check what an agent needs to be reached: files, server, key, hooks, protocol; say what to do.

    Changes nothing. Ends with 1 if something is wrong.
    """
    from ..joining.checks import UNNAMED, check_files, check_path, check_program, check_server, not_asked
    from ..joining.codex_checks import check_daemon
    from ..joining.origins import as_set_up, is_known, key_of
    from ..joining.program_checks import check_settings
    from ..joining.programs import Member
    from ..joining.ring_checks import check_ring, check_trust
    from ..joining.wake_checks import check_sessions

    member = Member(name or UNNAMED, client, address(url), folder.resolve(), Path.home())
    member, foreign = as_set_up(member, named=url is not None)
    key: str | None = None
    if not foreign or is_known(member.url) or _may_be_asked(member.url, folder):
        key, held_back = key_of(member, KEY, foreign=foreign, named=name is not None)
        asked = [*check_server(member, key, held_back=held_back)]
        settings = [*check_settings(member), *check_trust(member), *check_daemon(member, key)]
        on_it = [*check_files(member), *settings, *check_sessions(member, key)]
        findings = [*asked, *check_path(member), *check_program(member), *on_it]
    else:
        findings = asked = [not_asked(member), *check_path(member)]
    wrong = _say(findings)
    if ring and key is not None and not any(finding.is_wrong for finding in asked):
        click.echo("note   Its program is rung now if it sits idle, which costs one request to its model.")
        wrong = _say(check_ring(member, key)) or wrong
    elif ring:
        click.echo("note   Its program is not rung before the server answers and takes its key.")
        wrong = True
    if wrong:
        sys.exit(1)


def _say(findings: Iterable[Finding]) -> bool:
    """Say each as it is found; whether something is wrong."""
    wrong = False
    for finding in findings:
        label = "WRONG" if finding.is_wrong else "note " if finding.note else "ok   "
        click.echo(f"{label}  {reveal(finding.what)}")
        if finding.remedy:
            click.echo(f"       {reveal(finding.remedy)}")
        wrong = wrong or finding.is_wrong
    return wrong


def _may_be_asked(url: str, folder: Path) -> bool:
    """Whether a server may be spoken to that whoever wrote the project has chosen."""
    click.echo(f"A file in {folder} names the server {url}. Your settings do not, so it gets no key of yours.")
    try:
        return click.confirm("Ask whether it is there?")
    except click.Abort:  # there is nobody to ask
        click.echo()
        return False
