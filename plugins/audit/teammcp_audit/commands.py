"""``teammcp audit``: check and export the seals of a database file, whether its server runs or not."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from pydantic import ValidationError

from teammcp import Databases, NotFound, Reader, is_applied, load_settings, open_databases

from . import queries
from .models import AuditSettings
from .places import archives_of
from .seals import files as seal_files
from .seals.verification import Check

PAGE = 100


@click.group()
def audit() -> None:
    """Check the event log against its seals, and export the seals.

    Works on the files of the data folder, whether the server runs or not, and changes nothing.
    """


def _options(function: Any) -> Any:
    home = click.option(
        "--home",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        help="Folder of all data. Default: TEAMMCP_HOME, or ~/.teammcp.",
    )
    team = click.option("--team", default="default", show_default=True, help="The team whose log it is about.")
    return home(team(function))


@audit.command()
@click.option(
    "--seals",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Seals exported earlier: they show what was cut off, too.",
)
@click.option(
    "--without-archives", is_flag=True, help="Archives are kept elsewhere: one that is not here is no finding."
)
@_options
@click.pass_context
def verify(context: click.Context, seals: Path | None, without_archives: bool, home: Path | None, team: str) -> None:
    """Name every event that was altered, taken out, put in or moved; the exit code is 1 if there is one."""
    databases, settings = _place(home)
    try:
        known = {} if seals is None else seal_files.read(seals, team)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    with _opened(databases, team) as reader:
        check = Check(archives_of(databases.folder(team), settings), known, without_archives=without_archives)
        while check.step(reader):
            pass
        result = check.result(reader)
    click.echo(result.text())
    if not result.ok:
        context.exit(1)


@audit.command("export-seals")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@_options
def export_seals(file: Path, home: Path | None, team: str) -> None:
    """Write all seals to FILE. Keep it elsewhere: 'verify --seals FILE' then proves the log against it."""
    databases, _ = _place(home)
    with _opened(databases, team) as reader:
        count = seal_files.write(file, team, _all_seals(reader))
    click.echo(f"Wrote {count} seals to {file}.")


def _all_seals(reader: Reader) -> Iterator[Any]:
    number = 0
    while page := queries.seals(reader, number, PAGE):
        yield from page
        number = page[-1]["number"]


def _place(home: Path | None) -> tuple[Databases, AuditSettings]:
    """Where the teams' data are, and the plugin's settings."""
    if home is not None:
        os.environ["TEAMMCP_HOME"] = str(home.absolute())
    settings = load_settings()
    try:
        return open_databases(settings.home), AuditSettings.model_validate(settings.plugins.get("audit", {}))
    except ValidationError as error:
        raise click.ClickException(f"The settings in [plugins.audit] are wrong: {error}") from error


@contextlib.contextmanager
def _opened(databases: Databases, team: str) -> Iterator[Reader]:
    """One state of the log, however long it takes."""
    try:
        with databases.look_into(team) as reader:
            if not is_applied(reader, "audit"):
                raise click.ClickException("This log was never sealed: start the server once with the plugin 'audit'.")
            if not is_applied(reader, "audit", 3):
                raise click.ClickException("This data is of an earlier version: start the server once with this one.")
            yield reader
    except NotFound as error:
        raise click.ClickException(error.detail) from None
