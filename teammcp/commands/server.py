"""``teammcp start``, ``init`` and ``admin-key``: the server on this machine."""

from __future__ import annotations

import gc
import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import StartError

if TYPE_CHECKING:
    from ..application import TeamApp

log = logging.getLogger(__name__)


def home_option(function: Any) -> Any:
    """``--home``, as an environment variable says it too; the settings file is looked for there."""
    return click.option(
        "--home",
        type=click.Path(file_okay=False, path_type=Path),
        help="Folder of all data. Default: TEAMMCP_HOME, or ~/.teammcp.",
    )(function)


def use_home(home: Path | None) -> None:
    """Make ``home`` the data folder of this process, settings file and all."""
    if home is not None:
        os.environ["TEAMMCP_HOME"] = str(home.absolute())


@click.command()
@click.option("--host", help="Address to listen on.")
@click.option("--port", type=int, help="Port to listen on; 0 takes a free one.")
@home_option
def start(host: str | None, port: int | None, home: Path | None) -> None:
    """Run the server until it is told to stop (Ctrl-C, SIGTERM)."""
    use_home(home)
    gc.disable()  # next to nothing of what a start makes is garbage; `serve` switches it on again
    from ..config import load_settings
    from ..serve import serve

    log_format = os.environ.get("TEAMMCP_LOG_FORMAT", "text")
    try:
        settings = load_settings(host=host, port=port)
        log_format = settings.log_format
        serve(settings, announce)
    except StartError as error:
        if log_format != "json":
            raise
        _log_as_json(error)
        sys.exit(1)


def _log_as_json(error: StartError) -> None:
    """Tell why the server does not start to whoever reads its log as JSON."""
    from ..logs import JsonFormatter

    record = logging.makeLogRecord({"name": __name__, "levelno": logging.CRITICAL, "levelname": "CRITICAL"})
    record.msg = str(error)
    click.echo(JsonFormatter().format(record), err=True)


def announce(app: TeamApp, url: str) -> None:
    """Tell the person at the terminal where the server is and how to get in; the log, if machines read it."""
    if app.server.settings.log_format == "json":
        log.info("TeamMCP is running at %s", url, extra={"fields": {"url": url}})
    else:
        click.echo("\n".join(_welcome(app, url)))


def _welcome(app: TeamApp, url: str) -> list[str]:
    from ..http.callers import is_public

    server = app.server
    lines = [f"TeamMCP is running at {url}", f"  data folder  {server.settings.home}"]
    if server.identity.new_admin_key and sys.stdout.isatty():
        lines += [
            f"  admin key    {server.identity.new_admin_key}",
            "               (creates teams; shown this once, so keep it)",
        ]
    elif server.identity.new_admin_key:  # what is not a terminal is a journal or a file, which others may read
        lines.append("  admin key    not shown here: 'teammcp admin-key' makes a new one while the server is stopped")
    if any(team.directory.owners for team in server.teams.values()):
        lines.append(f"Open {url} in a browser and log in with your key. Stop the server with Ctrl-C.")
    elif is_public(server.settings):  # nobody counts as being on this machine, so the page would refuse them
        lines.append("The team has no owner yet. Set TEAMMCP_ADMIN_KEY to the admin key and register them:")
        lines.append(f"teammcp register NAME --kind human --url {url}. Stop the server with Ctrl-C.")
    else:
        lines.append(f"Open {url} in a browser on this machine to set up your team: it makes you the owner and shows")
        lines.append("you your key, with which you log in from then on. Stop the server with Ctrl-C.")
    return lines


@click.command()
@home_option
def init(home: Path | None) -> None:
    """Write a settings file with every setting in it, commented out."""
    use_home(home)
    from ..config import default_home
    from ..machine.files import private_folder, write_whole
    from .settings_file import settings_file

    path = Path(os.environ.get("TEAMMCP_CONFIG") or default_home() / "teammcp.toml")
    if path.exists():
        raise click.ClickException(f"{path} is there already. Change it with an editor.")
    try:  # it may come to hold the registration secret
        private_folder(path.parent)
        write_whole(path, settings_file().encode())
    except OSError as error:
        raise click.ClickException(f"{path} cannot be written: {error.strerror}.") from error
    click.echo(f"Wrote {path}. Remove the '# ' before a setting to change it.")


@click.command("admin-key")
@home_option
def admin_key(home: Path | None) -> None:
    """Make a new admin key and show it this once.

    The old one stops working. The server must be stopped.
    """
    use_home(home)
    from ..config import load_settings
    from ..errors import InUse, StartError
    from ..server.identity import renew_admin_key
    from ..storage import open_databases

    folder = load_settings().home
    databases = open_databases(folder)
    try:
        databases.lock()
        key = renew_admin_key(databases)
    except InUse:
        raise click.ClickException(f"A server is using {folder}. Stop it first.") from None
    except StartError as error:
        raise click.ClickException(str(error)) from None
    finally:
        databases.unlock()
    click.echo(key)
