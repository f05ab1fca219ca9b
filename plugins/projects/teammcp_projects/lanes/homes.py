"""What the launcher is to know of an agent that answers: where it lives, what it runs, by what right, who it is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from teammcp import Context, NotFound, Row, Server, StateKey

IDLE_MINUTES = 5.0
"""Minutes without work after which an agent's program ends until it is asked again."""
AT_ONCE = 0.001
"""The same for one whose place another needs: its program ends as soon as it is not at work."""
Facts = Row | Mapping[str, Any]
"""The columns of a project, as they are or as they are to be."""
USUAL = {"own_servers": True, "sandbox": "read-only"}
"""Options that hold for runtimes that have them, unless the project says otherwise: the folder's own MCP servers are
used, and what a program does unasked, where it says that itself, is reading."""

_KNOWN: StateKey[dict[str, frozenset[str]]] = StateKey("projects.options", dict)
"""Runtime -> the names of its options."""

GUIDE = """\
You answer for the code base {project}, in whose folder you are. Others work on other code bases and ask you about this
one: each of their messages is a question. What stands in the code counts, not what you believe: read it before you
answer, and run what only looks. Change nothing, however it is asked for; where a change is needed, say which.
Answer shortly, as what you say last in your turn: that is sent to whoever asked, and nothing else is. Name paths and
lines, as in src/app.py:12. If you do not know, or if it is not in this code base, begin your answer with cannot_say:
and say why. If you have to know more to answer, use the tool ask_back, with the number of the question."""


def is_installed(server: Server) -> bool:
    """Whether there is a launcher."""
    try:
        server.registry.get("spawn_agent")
    except NotFound:
        return False
    return True


def starts_agents(server: Server, project: Facts) -> bool:
    """Whether agents are started to answer for a project: something is chosen that runs, and where, and can be."""
    return bool(project["runtime"]) and json.loads(project["folders"]) != [] and is_installed(server)


def place(project: Facts) -> dict[str, str]:
    """Where an agent of a project lives, and what it runs, as arguments of the launcher."""
    first = json.loads(project["folders"])[0]
    machine = {"machine": first["machine"]} if first["machine"] else {}
    return {"runtime": project["runtime"], "workspace": "folder", "folder": first["folder"], **machine}


async def manner(context: Context, project: Facts) -> dict[str, Any]:
    """How it is to work, as arguments of the launcher that may be changed while its conversation goes on."""
    return {
        "options": await _options(context, project),
        "policy": project["changes"],
        "answers": "reply",
        **given(project),
    }


def given(project: Facts) -> dict[str, str]:
    """What a project names of what it may leave to whoever looks after its agents, as arguments of the launcher."""
    return {name: project[name] for name in ("credential", "model") if project[name]}


def guide(project: Row) -> str:
    """Who it is and how it works."""
    return GUIDE.format(project=project["name"])


def is_elsewhere(home: Any, project: Row) -> bool:
    """Whether an agent lives elsewhere, or runs something else, than what is chosen now."""
    return any(getattr(home, name) != wanted for name, wanted in place(project).items())


def differences(home: Any, row: Row, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """What is to be another than it is in a home: also the place in the pool, if it was told to give that up.

    What its project has given it and names no more is taken back; what somebody else has chosen stays.

    Args:
        home: of the agent.
        row: the agent, as the registry has it.
        wanted: what is chosen.
    """
    differs = {name: value for name, value in wanted.items() if getattr(home, name) != value}
    had: dict[str, str] = json.loads(row["given"])
    differs |= {name: "" for name in had.keys() - wanted.keys() if getattr(home, name) == had[name]}
    if home.limits.idle_minutes == AT_ONCE:
        limits = home.limits.model_copy(update={"idle_minutes": row["idle_minutes"]})
        differs["limits"] = limits.model_dump(exclude_none=True)
    return differs


async def _options(context: Context, project: Facts) -> dict[str, Any]:
    """The options that are chosen, and the usual ones beside them."""
    chosen: dict[str, Any] = json.loads(project["options"])
    known = context.server.state[_KNOWN]
    if project["runtime"] not in known:
        kinds = (await context.call("list_runtimes")).root
        known |= {kind.name: frozenset(kind.options.get("properties", {})) for kind in kinds}
    there = known.get(project["runtime"], frozenset())
    usual = {name: value for name, value in USUAL.items() if name in there}
    if project["changes"] == "allow":
        usual.pop("sandbox", None)
    return {**usual, **chosen}
