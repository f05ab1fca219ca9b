"""``teammcp project``: the registry from a shell, and finding what could be in it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from teammcp import call_server, quote, url_option

from .scan import DEPTH, CodeBase, Scanned, as_compared, scan

DEEPEST = 12
REFUSED = "refused"
NO_SERVER = 3
"""The exit code where no server answers."""

machine_option = click.option(
    "--machine", default="", help="The machine that has the folder. Default: the server's own."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def project() -> None:
    """Look after the team's projects: the code bases whose agents may be asked. Set TEAMMCP_KEY to your key first."""


@project.command("list")
@json_option
@url_option
def list_them(as_json: bool, url: str | None) -> None:
    """Print all projects, with what each publishes: teammcp project list --json"""
    found = _projects(url)
    if as_json:
        print_json(found)
        return
    for each in found:
        click.echo("\n".join([each["name"], *_about(each["description"], each["publishes"])]))
    if not found:
        click.echo("There are no projects yet. 'teammcp project scan FOLDER --add' finds code bases and adds them.")


@project.command()
@click.argument("name")
@url_option
def remove(name: str, url: str | None) -> None:
    """Remove the project NAME from the registry: teammcp project remove backend

    Its folders and its agents stay as they are.
    """
    removed = call_server(url, "remove_project", {"project": name})
    click.echo(f"Removed {removed['project']}. Its folders are as they were.")


@project.command("scan")
@click.argument("folder", default=".", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--add", "adding", is_flag=True, help="Add what was found; at a terminal you are asked about each.")
@click.option("--yes", is_flag=True, help="With --add: do not ask.")
@click.option(
    "--depth", type=click.IntRange(0, DEEPEST), default=DEPTH, show_default=True, help="Levels below FOLDER to look at."
)
@machine_option
@json_option
@url_option
def scan_folder(
    folder: Path, adding: bool, yes: bool, depth: int, machine: str, as_json: bool, url: str | None
) -> None:
    """Find the code bases in FOLDER, the current one by default, and say what could be added.

    It looks for .git, .claude, AGENTS.md, CLAUDE.md and the members of npm, Yarn, pnpm, uv, Cargo and Go workspaces.
    Nothing is changed without --add, and no server is needed for it.
    """
    found = scan(folder, depth)
    if not found.whole:
        click.echo("There is more than a scan looks at. Scan a smaller folder to see all of it.", err=True)
    if adding:
        _add_all(found, machine, url, asks=not yes and not as_json and _at_terminal(), as_json=as_json)
    elif as_json:
        print_json([_as_json(each) for each in found.found])
    elif found.found:
        click.echo("\n".join(map(_told, found.found)))
        click.echo("\nNothing was added. Say --add to add them.")
    else:
        click.echo(f"No code base was found in {folder}.")


def _at_terminal() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()


def _add_all(found: Scanned, machine: str, url: str | None, *, asks: bool, as_json: bool) -> None:
    """Add what is not in the registry yet, and say of each what became of it.

    Raises:
        SystemExit: something could not be added; what follows was tried all the same.
    """
    known = {(at["machine"], at["folder"]) for each in _projects(url) for at in each["folders"]}
    outcomes = []
    for each in found.found:
        if (machine, str(each.folder)) in known:
            outcome, why = "known", ""
        elif asks and not _is_wanted(each):
            outcome, why = "left out", ""
        else:
            outcome, why = _add(each, machine, url)
        outcomes.append({"name": each.name, "folder": str(each.folder), "outcome": outcome, "why": why})
        if not as_json:
            click.echo(quote(f"{outcome}: {each.name}  {each.folder}  {why}".rstrip()), err=outcome == REFUSED)
    for subscription in _missing_subscriptions(found, machine, url):
        said = f"{subscription['project']} builds on {subscription['to']}: {subscription['publication']}"
        if not asks or click.confirm(quote(f"{said}. Shall it hear what changes there?"), default=True):
            call_server(url, "subscribe_project", subscription)
            if not as_json:
                click.echo(quote(said))
    if as_json:
        print_json(outcomes)
    if any(each["outcome"] == REFUSED for each in outcomes):
        sys.exit(1)


def _missing_subscriptions(found: Scanned, machine: str, url: str | None) -> list[dict[str, str]]:
    """What projects of a scan are to subscribe to: the packages on which they depend and that another publishes."""
    projects = _projects(url)
    at_folder = {(at["machine"], at["folder"]): each["name"] for each in projects for at in each["folders"]}
    publishers = {
        as_compared(offer["name"]): (each["name"], offer["name"])
        for each in projects
        for offer in each["publishes"]
        if offer["kind"] == "package"
    }
    known = {(each["project"], each["to"]) for each in _pages(url, "list_subscriptions", 0)}
    missing = []
    for each in found.found:
        project = at_folder.get((machine, str(each.folder)))
        for package in sorted(each.needs & publishers.keys()):
            to, publication = publishers[package]
            if project not in (None, to) and (project, to) not in known:
                missing.append({"project": project, "to": to, "publication": publication})
    return missing


def _is_wanted(found: CodeBase) -> bool:
    click.echo(_told(found))
    return click.confirm("Add it?", default=True)


def _add(found: CodeBase, machine: str, url: str | None) -> tuple[str, str]:
    """Add one; what became of it, and why the server would not have it.

    Raises:
        click.ClickException: no server answers.
    """
    try:
        call_server(url, "add_project", _arguments(found, machine))
    except click.ClickException as error:
        if error.exit_code == NO_SERVER:
            raise
        return REFUSED, error.message
    return "added", ""


def _projects(url: str | None) -> list[dict[str, Any]]:
    """All projects of the registry."""
    return _pages(url, "list_projects", "")


def _pages(url: str | None, operation: str, after: Any) -> list[dict[str, Any]]:
    """All that an operation lists, page by page."""
    found: list[dict[str, Any]] = []
    while after is not None:
        page = call_server(url, operation, {"after": after, "limit": 200})
        found += page[operation.removeprefix("list_")]
        after = page["next"]
    return found


def folders_at(folders: Sequence[str], machine: str) -> list[dict[str, str]]:
    """Folders as the registry takes them. One that is not absolute is meant from here on."""
    return [{"machine": machine, "folder": os.path.abspath(each)} for each in folders]


def _arguments(found: CodeBase, machine: str) -> dict[str, Any]:
    return {
        "name": found.name,
        "description": found.description,
        "folders": folders_at([str(found.folder)], machine),
        "publishes": [each._asdict() for each in found.publishes],
    }


def _as_json(found: CodeBase) -> dict[str, Any]:
    return {**_arguments(found, ""), "marks": [*found.marks]}


def _told(found: CodeBase) -> str:
    head = quote(f"{found.name}  {found.folder}  ({', '.join(found.marks)})")
    return "\n".join([head, *_about(found.description, [each._asdict() for each in found.publishes])])


def _about(description: str, publishes: Sequence[dict[str, Any]]) -> list[str]:
    """The lines below a project's name. What is in them was written by anybody."""
    offers = [" ".join(each[part] for part in ("kind", "name", "version") if each[part]) for each in publishes]
    return [f"  {quote(' '.join(text.split()))}" for text in (description, *offers) if text]


def print_json(value: Any) -> None:
    """Print a record for a program."""
    click.echo(json.dumps(value, indent=2))
