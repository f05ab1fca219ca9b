"""``teammcp join``: agents become members, and their programs know it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..joining.clients import CLIENTS, Client, render
from ..joining.findings import LOOKER
from ..keys import clean_key
from ..net.addresses import ServerAddress
from .client import KEY, Refused, address, request, require_tools, secret_from, server_address, url_option

if TYPE_CHECKING:
    from ..joining.changes import Change
    from ..joining.programs import Member
    from ..joining.team_file import Planned


@click.command()
@click.option("--name", help="The agent's name in the team.")
@click.option("--client", type=click.Choice(CLIENTS), help="The agent's program.")
@click.option("--role", default="", help="What the agent does in the team, such as 'Engineer'.")
@click.option(
    "--dir",
    "folder",
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    default=".",
    help="The folder the agent works in. Default: here.",
)
@click.option(
    "--file",
    type=click.Path(dir_okay=False, exists=True, path_type=Path),
    help="A TOML file with a whole team: [[agents]] of name, client, role and folder.",
)
@click.option(
    "--approvals",
    is_flag=True,
    help="Let the team answer when the program asks whether it may use a tool. Needs the server's plugin 'approvals'.",
)
@click.option(
    "--tools",
    help="The tools its model gets: profiles and names with commas between, or 'all'. Default: as they are, or else "
    "'everyday', what agents use at work. The rest costs tokens in every conversation.",
)
@click.option("--secret-env", metavar="VARIABLE", help="Environment variable that holds the registration secret.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@url_option
def join(
    name: str | None,
    client: Client | None,
    role: str,
    folder: Path,
    file: Path | None,
    approvals: bool,
    tools: str | None,
    secret_env: str | None,
    yes: bool,
    url: str | None,
) -> None:
    """Make an agent a member, and set up its program: MCP server, hooks, guide and skills.

    Shows what it will change and asks first. It may be repeated; what else is in the files stays, and a copy of each is
    kept. The key is TEAMMCP_KEY if that is the agent's own, else the agent is registered, as 'teammcp register' does.
    'teammcp leave' undoes it.
    """
    from ..joining.changes import Together, joining
    from ..joining.programs import parts_of

    planned, server = _planned(name, client, role, folder, file, tools, url)
    server.ask(yes)
    base = server.base
    for each in planned:
        each.approvals = each.approvals or approvals
        _check_approvals(each, base)
        _check_tools(each, base)
    members = {each.name: _member(each, base) for each in planned}
    secret = None if secret_env is None else server.secret(secret_env)
    keys = {name: _key_of(member, server) for name, member in members.items()}
    changes = joining([part for member in members.values() for part in parts_of(member)])
    new = [each for each in planned if keys[each.name] is None]
    for each in new:
        click.echo(f"Registers {each.name} at {base}.")
    unkept = [member for name, member in members.items() if keys[name] is None or _kept(member) != keys[name]]
    for member in unkept:
        click.echo(f"Keeps the key of {member.name} in {member.key_file}.")
    show(changes)
    if (changes or unkept) and not yes:
        click.confirm("Do this?", abort=True)
    with Together(changes) as together:
        _keep_keys(planned, members, keys, server, secret)
        together.commit()
    for member in members.values():
        click.echo(_how_to_start(member))
    _warn_of_codex([*members.values()])


def _warn_of_codex(members: Sequence[Member]) -> None:
    """Say where one daemon of Codex would make two agents one."""
    from ..joining.codex_checks import APART, check_daemon

    in_codex = [member for member in members if member.client == "codex"]
    if len(in_codex) > 1:
        names = ", ".join(member.name for member in in_codex)
        click.echo(f"{names} would share one daemon of Codex, and act as the one that starts it. {APART}")
        return
    for member in in_codex:
        for finding in check_daemon(member, _kept(member)):
            if finding.remedy:
                click.echo(f"{finding.what}\n{finding.remedy}")


def show(changes: Sequence[Change]) -> None:
    """Show what is about to be changed, and which copies are made."""
    for change in changes:
        click.echo(change.difference() + "\n")
    for change in changes:
        if change.copies:
            click.echo(f"Keeps a copy of {change.path} in {change.backup}.")
    if not changes:
        click.echo("Every file is as it should be.")


def _keep_keys(
    planned: Sequence[Planned],
    members: Mapping[str, Member],
    keys: Mapping[str, str | None],
    server: Server,
    secret: str | None,
) -> None:
    """Register who is no member yet, and keep each key at once: it is told only this once."""
    from ..joining.keys import KeyPlace

    with ExitStack() as rooms:
        places = {}
        for each in planned:
            if keys[each.name] is None or _kept(members[each.name]) != keys[each.name]:
                places[each.name] = KeyPlace(members[each.name].key_file)
                rooms.callback(places[each.name].give_up)
        for each in planned:
            if each.name in places:
                places[each.name].keep(keys[each.name] or _register(each, server, secret))


@dataclass(frozen=True)
class Server:
    """The server that agents are to join.

    Attributes:
        base: its address.
        file: the file that names it, if neither the command nor the user's own settings do.
    """

    base: str
    file: Path | None = None

    def ask(self, yes: bool) -> None:
        """Ask before a server is spoken to that somebody else's file may have chosen."""
        from ..joining.origins import is_known

        if self.file is None or is_known(self.base):
            return
        click.echo(f"{self.file} names the server {self.base}. Your settings do not, so it gets no key of yours.")
        if not yes:
            click.confirm("Go there?", abort=True)

    @property
    def key(self) -> str | None:
        """The key in the environment, unless it may be another server's."""
        from ..joining.origins import key_to_send

        return key_to_send(KEY, self.base, foreign=self.file is not None)

    def secret(self, variable: str) -> str:
        """The registration secret.

        Raises:
            click.UsageError: it may be another server's.
        """
        if self.file is not None:
            raise click.UsageError(
                f"--secret-env: give the server's address with --url too. Only {self.file} names it."
            )
        return secret_from(variable)


def _planned(
    name: str | None,
    client: Client | None,
    role: str,
    folder: Path,
    file: Path | None,
    tools: str | None,
    url: str | None,
) -> tuple[list[Planned], Server]:
    """The agents that are to join, and the server."""
    from ..joining.team_file import planned, read_team

    if file is not None:
        if name or client or tools:
            raise click.UsageError(
                "--file names the agents, clients and tools; leave --name, --client and --tools out."
            )
        team = read_team(file)
        own = server_address(url)
        if url or team.url is None:
            return team.agents, Server(own.base)
        named = ServerAddress.parse(team.url, f"{file}: url")
        return team.agents, Server(named.base, None if named.origin == own.origin else file)
    if not name or not client:
        raise click.UsageError("Give --name and --client, or --file.")
    require_tools(tools)
    one = planned(name=name, client=client, role=role, folder=folder.resolve(), tools=tools)
    return [one], Server(address(url))


def _member(planned: Planned, url: str) -> Member:
    from ..joining.programs import Member, as_configured

    member = Member(planned.name, planned.client, url, planned.folder, Path.home(), planned.approvals)
    return as_configured(member) if planned.tools is None else replace(member, tools=planned.tools)


def _check_approvals(planned: Planned, url: str) -> None:
    from ..joining.checks import INSTALL_APPROVALS
    from ..joining.programs import WITH_PROMPTS

    if not planned.approvals:
        return
    if planned.client not in WITH_PROMPTS:
        raise click.UsageError(
            f"approvals: {planned.client} cannot put its permission prompts to the team; {', '.join(WITH_PROMPTS)} can."
        )
    if not _answers_prompts(url):
        raise click.ClickException(
            f"approvals: the server at {url} answers no permission prompts. Where it runs: {INSTALL_APPROVALS}"
        )


def _check_tools(planned: Planned, url: str) -> None:
    from ..joining.clients import ALL

    if planned.tools in {None, ALL}:
        return
    try:
        request("POST", f"{url}/mcp", None, query={"tools": planned.tools})
    except Refused as error:
        if error.status == 400:
            raise click.ClickException(f"{planned.name}: {error.message}") from error
        # Any other answer is to the lack of a key.


def _answers_prompts(url: str) -> bool:
    """Whether the server has a plugin that does, asked without having anything decided."""
    try:
        request("GET", f"{url}/api/hooks/permission", None)
    except Refused as error:
        return error.status != 404
    return True


def _kept(member: Member) -> str | None:
    from ..joining.keys import kept_key

    return kept_key(member.key_file)


def _key_of(member: Member, server: Server) -> str | None:
    """The key that is the agent's already: in the environment, or kept by an earlier joining."""
    for key in (server.key, _kept(member)):
        if key and _name_of(member.url, key) == member.name:
            return key
    return None


def _name_of(url: str, key: str) -> str | None:
    """Whose key it is; None if it is nobody's any more."""
    try:
        found = request("GET", f"{url}/api/me", key, reader=LOOKER)
    except Refused as error:
        if error.status == 401:
            return None
        raise
    if not isinstance(found, dict) or not isinstance(name := found.get("name"), str):
        raise click.ClickException(f"What answers at {url} is no TeamMCP server. Give its address with --url.")
    return name


def _register(planned: Planned, server: Server, secret: str | None) -> str:
    wanted = {"name": planned.name, "role": planned.role, "kind": "agent", "secret": secret}
    body = {field: value for field, value in wanted.items() if value}
    made = request("POST", f"{server.base}/api/register", server.key, body)
    return clean_key(str(made["apiKey"]), "The server's answer")


def _how_to_start(member: Member) -> str:
    from ..joining.checks import check_program
    from ..joining.programs import PROGRAMS

    if member.client == "claude-desktop":
        return f"{member.name} has joined. Start Claude Desktop anew. Its key is in {member.key_file}."
    if member.client == "generic":
        click.echo(render(member.client, member.url))
    program = PROGRAMS.get(member.client, "its program")
    place, folder = (shlex.quote(str(path)) for path in (member.key_file, member.folder))
    notes = "".join(f"{found.what} {found.remedy}\n" for found in check_program(member) if found.note)
    start = f'{member.name} has joined. Start it with:\n\n  cd {folder}\n  {KEY}="$(cat {place})" {program}\n'
    return notes + start  # which stands at the end, to be copied
