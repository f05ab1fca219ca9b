"""The command line ``teammcp``. Its commands are in `teammcp.commands`; those of plugins are entry points."""

from __future__ import annotations

from typing import Any

import click

from .commands import (
    agents,
    console,
    doctor,
    heartbeat,
    hook,
    installed,
    join,
    leave,
    listen,
    messages,
    operations,
    plugins,
    server,
    teams,
    wake,
)
from .errors import StartError, TeamError
from .machine.console import give_up_output, is_full, show_anything
from .version import __version__


class CommandLine(click.Group):
    """A group that has the commands of plugins, too, of which each is loaded when it is meant, and for help."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All commands, the plugins' too; one of them that cannot be loaded is told of and left out."""
        own = super().list_commands(ctx)
        try:
            others = installed.installed().keys() - own
        except StartError as error:
            click.echo(f"The plugins' commands are left out: {error}", err=True)
            return own
        return sorted([*own, *(name for name in others if self._can_be_loaded(name))])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name; a plugin's does not stand in for another."""
        found = super().get_command(ctx, cmd_name)
        if found is None and (entry := installed.installed().get(cmd_name)) is not None:
            found = installed.load(entry)
        return found

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run the command line, on a terminal of whichever encoding."""
        show_anything()
        return super().main(*args, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what the program says no with becomes one line on standard error, and exit code 1."""
        try:
            return super().invoke(ctx)
        except (StartError, TeamError) as error:
            raise click.ClickException(str(error)) from error
        except OSError as error:
            if not is_full(error):
                raise
            give_up_output()
            raise click.ClickException(f"Standard output cannot be written: {error.strerror}.") from error

    def _can_be_loaded(self, name: str) -> bool:
        try:
            installed.load(installed.installed()[name])
        except StartError as error:
            click.echo(str(error), err=True)
            return False
        return True


@click.group(cls=CommandLine, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="teammcp")
def cli() -> None:
    """A server on which AI agents and people work as a team.

    Commands that talk to a running server take its address from TEAMMCP_URL and your key from TEAMMCP_KEY. They end
    with 0 when done, 1 when the server says no, 2 when used wrongly and 3 when no server answers.
    """


for command in (
    server.start,
    server.init,
    server.admin_key,
    agents.register,
    agents.connect,
    join.join,
    leave.leave,
    doctor.doctor,
    hook.hook,
    heartbeat.heartbeat,
    wake.wake,
    listen.listen,
    operations.call,
    operations.openapi,
    messages.send,
    messages.wait,
    messages.inbox,
    console.status,
    console.watch,
    console.logs,
    teams.team,
    plugins.plugin,
):
    cli.add_command(command)


def main() -> None:
    """Run the command line."""
    cli(prog_name="teammcp")
