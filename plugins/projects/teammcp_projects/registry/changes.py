"""Changes of projects inside a unit of work, each with its event."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from teammcp import Conflict, Context, Row, Transaction

from ..events import ProjectAgentsChanged, ProjectUpdated
from . import lookup, queries


def as_json(values: Sequence[BaseModel | str]) -> str:
    """A list as it is stored."""
    return json.dumps([each if isinstance(each, str) else each.model_dump() for each in values], ensure_ascii=False)


def set_facts(context: Context, tx: Transaction, row: Row, changed: Mapping[str, Any]) -> None:
    """Change facts of a project, and tell the team which."""
    name = row["name"]
    queries.set_facts(tx, name, {**{column: row[column] for column in queries.FACTS}, **changed}, context.now())
    fields = [column for column in changed if column != "chosen_by"]  # that is whoever changes it
    context.emit(tx, ProjectUpdated(project=name, version=row["version"] + 1, fields=fields), name)


def take_out(context: Context, tx: Transaction, row: Row, gone: Mapping[str, str]) -> bool:
    """Take names that stand for nothing any more, by column, out of a project's lists; whether one was there."""
    lists = {column: json.loads(row[column] or "[]") for column in gone}
    left = {
        column: as_json([name for name in names if name != gone[column]])
        for column, names in lists.items()
        if gone[column] in names
    }
    if left:
        set_facts(context, tx, row, left)
    return bool(left)


def set_agents(context: Context, tx: Transaction, project: str, wanted: Mapping[str, bool]) -> None:
    """Let just these members work in a project; each with whether it answers.

    Raises:
        Conflict: one works elsewhere. NotFound, Gone: one is not there any more.
    """
    if {row["agent"]: bool(row["answers"]) for row in queries.agents(tx, project)} == wanted:
        return
    for name in wanted:
        lookup.members(context, [name], "agents")
        if queries.lane_of(tx, name) is not None:
            raise Conflict(
                f"agents: {name} was started to answer in one conversation. Name members that are there for more.",
                code="started_to_answer",
            )
        elsewhere = queries.project_of(tx, name)
        if elsewhere not in (None, project):
            raise Conflict(
                f"agents: {name} works in {elsewhere}. Take it out there first, with set_project_agents.",
                code="works_elsewhere",
            )
    queries.take_out_agents(tx, project)
    for name, answers in wanted.items():
        queries.add_agent(tx, name, project, answers)
    tell_agents(context, tx, project)


def tell_agents(context: Context, tx: Transaction, project: str) -> None:
    """Tell the team who works in a project now."""
    rows = queries.agents(tx, project)
    names, answering = [row["agent"] for row in rows], [row["agent"] for row in rows if row["answers"]]
    context.emit(tx, ProjectAgentsChanged(project=project, agents=names, answerers=answering), project)
