"""The command line ``teammcp``. Its commands are in `teammcp.commands`; plugins add theirs by a hook."""

from __future__ import annotations

import logging
from typing import Any

import click

from .commands import (
    agents,
    console,
    doctor,
    heartbeat,
    hook,
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
    """A group that loads the plugins only when their commands may be meant: for help, and for an unknown name."""

    loaded = False

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All commands, the plugins' too."""
        try:
            self._load_plugins()
        except StartError as error:
            click.echo(f"The plugins' commands are left out: {error}", err=True)
        return super().list_commands(ctx)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name."""
        found = super().get_command(ctx, cmd_name)
        if found is None:
            self._load_plugins()
            found = super().get_command(ctx, cmd_name)
        return found

    def add_command(self, cmd: click.Command, name: str | None = None) -> None:
        """Add a command; a plugin's may not stand in for another.

        Raises:
            ValueError: there is one of that name.
        """
        wanted = name or cmd.name
        if wanted in self.commands:
            raise ValueError(f"there is a command called {wanted} already")
        super().add_command(cmd, name)

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

    def _load_plugins(self) -> None:
        if self.loaded:
            return
        self.loaded = True
        from .config import load_settings
        from .plugins import PluginManager

        settings = load_settings()
        logging.getLogger("teammcp").addHandler(logging.NullHandler())  # a broken plugin is told of below, in one line
        manager = PluginManager({}, settings.disabled_plugins, settings.plugins)
        manager.discover()
        manager.collect("register_commands", cli=self)
        for info in manager.plugins.values():
            if info.state == "failed":
                click.echo(f"The plugin '{info.name}' failed; 'teammcp plugin list' says why.", err=True)


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
