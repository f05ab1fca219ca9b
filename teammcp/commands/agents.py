"""``teammcp register`` and ``connect``: agents and their clients."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

import click

from ..joining import clients
from ..joining.clients import CLIENTS, Client
from ..keys import key_from_environment, key_from_file
from .client import (
    ADMIN_KEY,
    KEY,
    address,
    key_from,
    request,
    require_tools,
    secret_from,
    server_address,
    url_option,
)

if TYPE_CHECKING:
    from ..joining.keys import KeyPlace
    from ..net.addresses import ServerAddress


@click.command()
@click.argument("name")
@click.option("--client", type=click.Choice(CLIENTS), default="generic", show_default=True, help="The agent's program.")
@click.option("--role", default="", help="What the agent does in the team, such as 'Engineer'.")
@click.option("--kind", type=click.Choice(["human", "agent", "service"]), help="Default: agent; human for the owner.")
@click.option("--team", help="The team to register in, where there are several.")
@click.option("--secret-env", metavar="VARIABLE", help="Environment variable that holds the registration secret.")
@click.option(
    "--write", is_flag=True, help="Write the client's configuration file instead of showing what to put there."
)
@click.option(
    "--project",
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    default=".",
    help="The folder the agent works in, for --write. Default: here.",
)
@click.option(
    "--key-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the key into this new file, readable by you only, instead of showing it.",
)
@url_option
def register(
    name: str,
    client: Client,
    role: str,
    kind: str | None,
    team: str | None,
    secret_env: str | None,
    write: bool,
    project: Path,
    key_file: Path | None,
    url: str | None,
) -> None:
    """Register the agent NAME and set up its client.

    The first one of a team becomes its owner: set TEAMMCP_ADMIN_KEY to the server's admin key; on the machine of a
    fresh server nothing is needed. For the others set TEAMMCP_KEY to a manager's key, or --secret-env.
    """
    from ..joining.changes import Together
    from ..joining.keys import KeyPlace

    if key_file is not None and key_file.exists():
        raise click.UsageError(f"--key-file: {key_file} is there already.")
    base = address(url)
    wanted = {"name": name, "role": role, "kind": kind, "team": team, "secret": _secret(secret_env)}
    body = {field: value for field, value in wanted.items() if value}
    with ExitStack() as prepared:  # a full disk, or a file that cannot be changed, is found out before anybody is made
        path, change = clients.change_for(client, base, project.resolve()) if write else (None, None)
        together = prepared.enter_context(Together([] if change is None else [change]))
        place = None if key_file is None else KeyPlace(key_file.absolute())
        if place is not None:
            prepared.callback(place.give_up)
        key = key_from_environment(KEY) or key_from_environment(ADMIN_KEY)
        made = request("POST", f"{base}/api/register", key, body)
        click.echo(f"Registered {made['agent']['name']} in team {made['agent']['team']}.")
        _hand_over(made["apiKey"], place)
        together.commit()
    if path is None and client == "generic" and made["agent"]["kind"] == "human":
        click.echo(f"They log in with it at {base}. For a program that acts as them, choose it with --client.")
        return
    if path is None:
        click.echo(clients.render(client, base), nl=False)
        return
    copied = f" What it was is in {change.backup}." if change is not None and change.copies else ""
    click.echo(f"Wrote {path}.{copied}")
    click.echo(f"Start the client with the key in the environment variable {clients.KEY_VARIABLE}.")


def _secret(variable: str | None) -> str | None:
    return None if variable is None else secret_from(variable)


def _hand_over(key: str, place: KeyPlace | None) -> None:
    if place is None:
        click.echo(f"Its key, shown this once:\n\n  {key}\n")
    else:
        place.keep(key)
        click.echo(f"Its key is in {place.path}.")


@click.command()
@click.option(
    "--key-file",
    type=click.Path(dir_okay=False, exists=True, path_type=Path),
    help="File that holds the key, for clients that cannot set TEAMMCP_KEY.",
)
@click.option(
    "--tools",
    help="The tools its model gets: profiles and names with commas between, or 'all'. Default: as the address says, or "
    "else all.",
)
@url_option
def connect(key_file: Path | None, tools: str | None, url: str | None) -> None:
    """Serve MCP on standard input and output.

    It stands in front of the server at TEAMMCP_URL and acts as the agent of TEAMMCP_KEY, for clients that start their
    MCP servers as programs. Ends when its input does, with 1 if the key is refused.
    """
    import asyncio

    from ..mcp.bridge import run_bridge

    key = key_from(KEY) if key_file is None else key_from_file(key_file)
    if key is None:
        raise click.UsageError(f"--key-file: {key_file} is not there.")
    require_tools(tools)
    server = server_address(url)
    sys.exit(asyncio.run(run_bridge((server if tools is None else _choosing(server, tools)).mcp, key)))


def _choosing(server: ServerAddress, tools: str) -> ServerAddress:
    """The address with these tools in its query, whatever it asked for before."""
    rest = [(name, value) for name, value in parse_qsl(server.query, keep_blank_values=True) if name != "tools"]
    chosen = [] if tools == clients.ALL else [("tools", tools)]
    return replace(server, query=urlencode([*rest, *chosen], safe=","))
