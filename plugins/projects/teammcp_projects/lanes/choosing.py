"""Whether what is chosen to answer can be started: said when somebody chooses it, and not first by a question."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from teammcp import Access, Context, InvalidInput, quote
from teammcp.web import mark

from ..registry.queries import RUN
from . import homes

Say = Callable[..., str]
"""Puts values into a message, in some language: `teammcp.web.gettext`, or in English."""
PROGRAM = {"program", "command"}
"""Options with which somebody says which program it is, or where: then what a runner has found does not matter."""


async def check(context: Context, before: homes.Facts, after: homes.Facts) -> str:
    """See that the launcher would start what is chosen, if that is another choice than before.

    Args:
        context: of whoever chooses.
        before: the columns of a project as they are.
        after: the columns as they are to be.

    Returns:
        What may keep agents from being started for now; empty if that is nothing.

    Raises:
        TeamError: something chosen is not there; the text says what there is, or what to do about it.
    """
    if not (homes.is_installed(context.server) and after["runtime"]) or _start(after) == _start(before):
        return ""
    place = homes.place(after) if json.loads(after["folders"]) else {"runtime": after["runtime"]}
    role = {"role": after["role"]} if after["role"] else {"description": "It answers."}
    await context.prepare("spawn_agent", **role, **place, **await homes.manner(context, after))
    kept, warning = await _look(context, after)
    if kept:
        raise InvalidInput.at("runtime", kept)
    return warning


async def hindrance(context: Context, project: homes.Facts, say: Say) -> str:
    """What keeps agents from being started for a project where nothing else is chosen; empty if that is nothing.

    Args:
        context: who looks.
        project: its columns.
        say: which language it is said in.
    """
    if not homes.starts_agents(context.server, project):
        return ""
    return " ".join(filter(None, await _look(context, project, say)))


async def known(context: Context) -> dict[str, list[str]]:
    """The names of runtimes, and of credentials for those who may use them; none without a launcher."""
    if not homes.is_installed(context.server):
        return {"runtimes": [], "credentials": []}
    runtimes = (await context.call("list_runtimes")).root
    may_use = context.actor.access >= Access.manager
    credentials = (await context.call("list_credentials")).root if may_use else []
    return {"runtimes": [each.name for each in runtimes], "credentials": [each.name for each in credentials]}


def _start(project: homes.Facts) -> list[Any]:
    """What an agent is started with, and where."""
    return [*(project[name] for name in RUN), json.loads(project["folders"])[:1]]


def _in_english(message: str, /, **values: object) -> str:
    return message % values if values else message


async def _look(context: Context, project: homes.Facts, say: Say = _in_english) -> tuple[str, str]:
    """Why the machine of a project cannot run what is chosen, as its runner says; and what is to be known beside.

    What a runner said before it went may be otherwise by now.
    """
    folders = json.loads(project["folders"])
    if not folders:
        return "", ""
    wanted, runtime = folders[0]["machine"], project["runtime"]
    machines = (await context.call("list_machines")).root
    found = next((each for each in machines if (each.name == wanted if wanted else each.is_local)), None)
    if found is None:
        return "", say(mark("No runner has told yet what is there on the server's own machine."))
    missing = _missing(found, project, say)
    if found.connected or found.is_local:
        return missing, ""
    away = mark("The machine '%(machine)s' is away: no '%(runtime)s' is started there until its runner is back.")
    said = [say(away, machine=quote(found.name), runtime=runtime)]
    if missing:
        said.append(say(mark("It last said: %(what)s"), what=missing))
    return "", " ".join(said)


def _missing(machine: Any, project: homes.Facts, say: Say) -> str:
    """What a machine lacks to run what is chosen, as its runner has told; empty if that is nothing."""
    runtime, name = project["runtime"], quote(machine.name)
    there = next((each for each in machine.runtimes if each.name == runtime), None)
    if there is None:
        unknown = say(mark("the runner of '%(machine)s' does not know '%(runtime)s'."), machine=name, runtime=runtime)
        remedy = say(mark("Bring TeamMCP and its plugins up to date there."))
        return f"{unknown} {remedy}"
    if not there.missing or PROGRAM & json.loads(project["options"]).keys():
        return ""
    absent = mark("the program of '%(runtime)s' is not on '%(machine)s': %(what)s")
    return say(absent, runtime=runtime, machine=name, what=quote(there.missing))
