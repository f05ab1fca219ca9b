"""``teammcp project add``, ``update`` and ``agents``: what is known of a project, and who works in it, from a shell."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

import click

from teammcp import call_server, quote, url_option

from .commands import folders_at, json_option, machine_option, print_json

FACTS = (
    click.option("--description", help="What it is, in a sentence or two."),
    click.option("--folder", "folders", multiple=True, help="Where it lies; may be given several times."),
    machine_option,
    click.option("--owner", "owners", multiple=True, help="Who may change it; may be given several times."),
    click.option("--asker", "askers", multiple=True, help="Who may ask it: a project, @MEMBER, or '*' for everybody."),
    click.option("--at-once", type=click.IntRange(1, 50), help="How many questions it answers at a time."),
    click.option("--runtime", help="What is started to answer, such as claude; '' for nothing."),
    click.option(
        "--option",
        "options",
        multiple=True,
        metavar="KEY=VALUE",
        help="Of the runtime, such as command='python3 answer.py'; may be given several times.",
    ),
    click.option("--credential", help="The name of the credential whose keys that gets; '' for none."),
    click.option("--model", help="The model that it uses; '' for its own choice."),
    click.option(
        "--changes",
        type=click.Choice(["ask", "deny", "allow"]),
        help="What comes of it when that is to change something.",
    ),
)
"""The options of whatever says something of a project. What is left out is not said."""


def facts(command: Callable[..., None]) -> Callable[..., None]:
    """The options of a command that says something of a project: its arguments but the name and the address."""
    return reduce(lambda wrapped, option: option(wrapped), reversed(FACTS), command)


@click.command()
@click.argument("name")
@facts
@url_option
def add(name: str, url: str | None, **given: Any) -> None:
    """Add the project NAME: teammcp project add backend --folder /srv/backend --runtime claude

    You own it unless you name others. Everybody may ask it unless you say who.
    """
    added = call_server(url, "add_project", {"name": name, **_said(**given)})
    click.echo(f"Added {added['name']}.")
    _warn(added)


@click.command()
@click.argument("name")
@facts
@url_option
def update(name: str, url: str | None, **given: Any) -> None:
    """Change the project NAME: teammcp project update backend --runtime command --option command='python3 answer.py'

    What is left out stays as it is. Folders, owners, askers and options take the place of all that were there; another
    runtime begins without options.
    """
    said = _said(**given)
    if not said:
        raise click.UsageError("Say what is to change; 'teammcp project update --help' lists the options.")
    updated = call_server(url, "update_project", {"project": name, **said})
    click.echo(f"{updated['name']} has version {updated['version']} now.")
    _warn(updated)


@click.command()
@click.argument("name")
@click.argument("members", nargs=-1, metavar="[MEMBER]...")
@click.option(
    "--answerer", "answerers", multiple=True, help="Who of them answers; several times for several. Default: all."
)
@click.option("--nobody", is_flag=True, help="Nobody works in it any more.")
@json_option
@url_option
def agents(
    name: str, members: Sequence[str], answerers: Sequence[str], nobody: bool, as_json: bool, url: str | None
) -> None:
    """Say which members work in the project NAME and answer for it: teammcp project agents backend bob carol

    These take the place of all that were there. Without a MEMBER it prints who works in it. What is started to answer
    where nobody has to be there is said with: teammcp project update NAME --runtime …
    """
    if nobody and (members or answerers):
        raise click.UsageError("--nobody goes with no MEMBER and no --answerer.")
    if answerers and not members:
        raise click.UsageError("--answerer is one of the members: name all who work in it as well.")
    if members or nobody:
        arguments = {"project": name, "agents": [*members], **({"answerers": [*answerers]} if answerers else {})}
        found = call_server(url, "set_project_agents", arguments)
    else:
        found = call_server(url, "get_project", {"project": name})
    if as_json:
        print_json(found["agents"])
        return
    for each in found["agents"]:
        click.echo(f"{each['name']}: {'answers' if each['answers'] else 'does not answer'}")
    for line in _who_else(found):
        click.echo(line, err=True)


COMMANDS: list[click.Command] = [add, update, agents]


def _said(folders: Sequence[str], machine: str, options: Sequence[str], **given: Any) -> dict[str, Any]:
    """What is said of a project, as arguments of an operation.

    Raises:
        click.UsageError: an option of the runtime is not of the form KEY=VALUE, or a machine has no folder.
    """
    said = {field: [*value] if isinstance(value, tuple) else value for field, value in given.items()}
    said = {field: value for field, value in said.items() if value not in (None, [])}
    if machine and not folders:
        raise click.UsageError("--machine says where a folder is: give --folder as well.")
    if folders:
        said["folders"] = folders_at(folders, machine)
    if options or "runtime" in said:
        said["options"] = dict(map(_option, options))
    return said


def _option(text: str) -> tuple[str, Any]:
    """An option of a runtime: its value is JSON where it reads as a number, a yes or no, a list or a table."""
    name, equals, value = text.partition("=")
    if not equals:
        raise click.UsageError(f"--option: '{text}' is not of the form KEY=VALUE, such as command='python3 answer.py'.")
    try:
        read = json.loads(value)
    except ValueError:
        return name, value
    return name, value if read is None else read


def _warn(project: dict[str, Any]) -> None:
    if project["warning"]:
        click.echo(quote(project["warning"]), err=True)


def _who_else(project: dict[str, Any]) -> list[str]:
    """What answers besides the members of a project, or why nothing does."""
    name, runtime = project["name"], project["runtime"]
    if runtime:
        return [f"{quote(runtime)} is started to answer for {name}, where the launcher is."]
    if any(each["answers"] for each in project["agents"]):
        return []
    return [f"Nobody answers for {name}: name members, or say what is started with 'teammcp project update --runtime'."]
