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
@click.option("--owner", metavar="PERSON", help="The person who becomes the owner; their key is shown this once.")
@url_option
def create(name: str, owner: str | None, url: str | None) -> None:
    """Create the team NAME, with its owner if one is named."""
    base = address(url)
    wanted = {"name": name} if owner is None else {"name": name, "owner": owner}
    made = request("POST", f"{base}/api/teams", key_from(ADMIN_KEY), wanted)
    if owner is None:
        how = f"teammcp register YOUR-NAME --team {name} --kind human"
        click.echo(f"Team '{name}' is there. Register its owner, with {ADMIN_KEY} set: {how}")
    else:
        click.echo(f"Team '{name}' is there. The key of its owner {made['owner']}, shown this once:")
        click.echo(f"\n  {made['apiKey']}\n")


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
