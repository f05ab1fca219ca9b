"""``teammcp register`` and ``connect``: agents and their clients."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from .. import clients
from ..clients import CLIENTS, Client
from ..keys import key_from_environment, key_from_file
from .client import KEY, address, key_from, request, secret_from, server_address, url_option


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

    The first one on a fresh server becomes its owner. On the server's machine nothing more is needed; from elsewhere
    set TEAMMCP_KEY to a manager's key, or --secret-env.
    """
    if key_file is not None and key_file.exists():
        raise click.UsageError(f"--key-file: {key_file} is there already.")
    base = address(url)
    wanted = {"name": name, "role": role, "kind": kind, "team": team, "secret": _secret(secret_env)}
    body = {field: value for field, value in wanted.items() if value}
    made = request("POST", f"{base}/api/register", key_from_environment(KEY), body)
    click.echo(f"Registered {made['agent']['name']} in team {made['agent']['team']}.")
    _hand_over(made["apiKey"], key_file)
    _set_up(client, base, project, write)


def _secret(variable: str | None) -> str | None:
    return None if variable is None else secret_from(variable)


def _hand_over(key: str, file: Path | None) -> None:
    from ..keys import write_private

    if file is None:
        click.echo(f"Its key, shown this once:\n\n  {key}\n")
    else:
        write_private(file, key)
        click.echo(f"Its key is in {file}.")


def _set_up(client: Client, url: str, project: Path, write: bool) -> None:
    if not write:
        click.echo(clients.render(client, url), nl=False)
        return
    written = clients.write(client, url, project)
    click.echo(f"Wrote {written.path}." + (f" What it was is in {written.backup}." if written.backup else ""))
    click.echo(f"Start the client with the key in the environment variable {clients.KEY_VARIABLE}.")


@click.command()
@click.option(
    "--key-file",
    type=click.Path(dir_okay=False, exists=True, path_type=Path),
    help="File that holds the key, for clients that cannot set TEAMMCP_KEY.",
)
@url_option
def connect(key_file: Path | None, url: str | None) -> None:
    """Serve MCP on standard input and output.

    It stands in front of the server at TEAMMCP_URL and acts as the agent of TEAMMCP_KEY, for clients that start their
    MCP servers as programs. Ends when its input does, with 1 if the key is refused.
    """
    import asyncio

    from ..mcp.bridge import run_bridge

    key = key_from(KEY) if key_file is None else key_from_file(key_file)
    if key is None:
        raise click.UsageError(f"--key-file: {key_file} is not there.")
    sys.exit(asyncio.run(run_bridge(server_address(url).mcp, key)))
