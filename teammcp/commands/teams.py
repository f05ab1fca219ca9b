"""``teammcp team``: create, list and delete the teams of a running server."""

from __future__ import annotations

from urllib.parse import quote

import click

from .client import ADMIN_KEY, address, key_from, request, url_option


@click.group()
def team() -> None:
    """Create, list and delete teams.

    The server's admin key is taken from TEAMMCP_ADMIN_KEY.
    """


@team.command()
@click.argument("name")
@url_option
def create(name: str, url: str | None) -> None:
    """Create the team NAME. Its first member, registered on the server's machine, becomes its owner."""
    base = address(url)
    request("POST", f"{base}/api/teams", key_from(ADMIN_KEY), {"name": name})
    click.echo(f"Team '{name}' is there. Register its owner: teammcp register YOUR-NAME --team {name} --kind human")


@team.command("list")
@url_option
def list_teams(url: str | None) -> None:
    """List the teams, one a line."""
    for item in request("GET", f"{address(url)}/api/teams", key_from(ADMIN_KEY)):
        click.echo(item["name"])


@team.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@url_option
def delete(name: str, yes: bool, url: str | None) -> None:
    """Delete the team NAME and all its data, for good."""
    base, key = address(url), key_from(ADMIN_KEY)
    if not yes:
        click.confirm(f"Delete the team '{name}' with all its messages and files, for good?", abort=True)
    request("DELETE", f"{base}/api/teams/{quote(name, safe='')}", key)
    click.echo(f"Team '{name}' is deleted.")
