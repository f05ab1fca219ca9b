"""The SQL of projects and of who works in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from teammcp import Reader, Row, Transaction

COLUMNS = (
    "p.name, p.description, p.publishes, p.owners, p.folders, p.role, p.runtime, p.options, p.changes, p.credential,"
    " p.model, p.chosen_by, p.at_once, p.askers, p.created_by, p.created_at, p.updated_at, p.version"
)
"""The columns of a project's row."""

# -- projects --------------------------------------------------------------------------------------------------------


def project(reader: Reader, name: str) -> Row | None:
    """One project by its name as it is kept: `COLUMNS`."""
    return reader.one(f"SELECT {COLUMNS} FROM projects_projects p WHERE p.name = ?", (name,))  # noqa: S608


def name_of(reader: Reader, folded: str) -> str | None:
    """The name as it is kept of the project whose name is folded so."""
    found: str | None = reader.value("SELECT name FROM projects_projects WHERE folded = ?", (folded,))
    return found


def projects(reader: Reader, after: str, limit: int) -> list[Row]:
    """The projects behind ``after``, by name: `COLUMNS`."""
    return reader.all(
        f"SELECT {COLUMNS} FROM projects_projects p WHERE p.name > ? ORDER BY p.name LIMIT ?",  # noqa: S608
        (after, limit),
    )


def count(reader: Reader) -> int:
    """How many projects there are."""
    found: int = reader.value("SELECT count(*) FROM projects_projects")
    return found


def insert(tx: Transaction, name: str, folded: str, facts: Mapping[str, Any], actor: str, at: int) -> None:
    """Add a project of version 1; ``facts`` are the columns of `set_facts`."""
    tx.execute(
        "INSERT INTO projects_projects (name, folded, description, publishes, owners, folders, role, runtime, options,"
        " changes, credential, model, chosen_by, at_once, askers, created_by, created_at, updated_at, version)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)",
        (name, folded, *_in_order(facts), actor, at, at),
    )


def set_facts(tx: Transaction, name: str, facts: Mapping[str, Any], at: int) -> None:
    """Give a project all its facts anew, and its next version."""
    tx.execute(
        "UPDATE projects_projects SET description = ?, publishes = ?, owners = ?, folders = ?, role = ?, runtime = ?,"
        " options = ?, changes = ?, credential = ?, model = ?, chosen_by = ?, at_once = ?, askers = ?, updated_at = ?,"
        " version = version + 1 WHERE name = ?",
        (*_in_order(facts), at, name),
    )


def delete(tx: Transaction, name: str) -> None:
    """Forget a project in which nobody works any more."""
    tx.execute("DELETE FROM projects_projects WHERE name = ?", (name,))


RUN = ("role", "runtime", "options", "changes", "credential", "model")
"""What says how an agent is started to answer. Where it is started is the first folder."""
FACTS = ("description", "publishes", "owners", "folders", *RUN, "chosen_by", "at_once", "askers")


def _in_order(facts: Mapping[str, Any]) -> list[Any]:
    return [facts[column] for column in FACTS]


# -- who works in them -----------------------------------------------------------------------------------------------

LANE = "agent, project, lane, renew, idle_minutes, given"
"""Of an agent that was started to answer a lane. ``idle_minutes``: as it was before it was told to make room.
``given``: the credential and the model that it got from its project, as JSON."""


def project_of(reader: Reader, agent: str) -> str | None:
    """The name of the project in which a member works; None if it works in none."""
    found: str | None = reader.value("SELECT project FROM projects_agents WHERE agent = ?", (agent,))
    return found


def agents(reader: Reader, project: str) -> list[Row]:
    """Who works in a project because a person has said so, by name: agent, answers."""
    return reader.all(
        "SELECT agent, answers FROM projects_agents WHERE project = ? AND lane IS NULL ORDER BY agent", (project,)
    )


def lane_agents(reader: Reader, project: str) -> list[Row]:
    """The agents that were started to answer for a project, by lane: `LANE`."""
    return reader.all(
        f"SELECT {LANE} FROM projects_agents WHERE project = ? AND lane IS NOT NULL ORDER BY lane",  # noqa: S608
        (project,),
    )


def lane_agent(reader: Reader, project: str, lane: str) -> Row | None:
    """The agent that was started to answer a lane, if there is one: `LANE`."""
    return reader.one(f"SELECT {LANE} FROM projects_agents WHERE project = ? AND lane = ?", (project, lane))  # noqa: S608


def lane_of(reader: Reader, agent: str) -> Row | None:
    """What an agent was started to answer: `LANE`; None if it was not started for that."""
    return reader.one(f"SELECT {LANE} FROM projects_agents WHERE agent = ? AND lane IS NOT NULL", (agent,))  # noqa: S608


def answerers(reader: Reader, project: str) -> list[str]:
    """Who of them answers what others ask, by name."""
    return [row["agent"] for row in agents(reader, project) if row["answers"]]


def counts(reader: Reader, first: str, last: str) -> list[Row]:
    """How many work in each of the projects between two names, these included, where anybody does: project, agents."""
    return reader.all(
        "SELECT project, count(*) AS agents FROM projects_agents WHERE project BETWEEN ? AND ? AND lane IS NULL"
        " GROUP BY project",
        (first, last),
    )


def add_agent(tx: Transaction, agent: str, project: str, answers: bool) -> None:
    """Let a member that works in no project work in this one."""
    tx.execute("INSERT INTO projects_agents (agent, project, answers) VALUES (?, ?, ?)", (agent, project, int(answers)))


def add_lane_agent(tx: Transaction, agent: str, project: str, lane: str, given: str) -> None:
    """An agent was started to answer a lane of a project; with which credential and model, as JSON."""
    tx.execute(
        "INSERT INTO projects_agents (agent, project, answers, lane, given) VALUES (?, ?, 0, ?, ?)",
        (agent, project, lane, given),
    )


def set_given(tx: Transaction, agent: str, given: str) -> None:
    """What an agent that was started to answer has from its project, as JSON."""
    tx.execute("UPDATE projects_agents SET given = ? WHERE agent = ?", (given, agent))


def set_renew(tx: Transaction, agent: str, renew: bool) -> None:
    """Whether an agent that was started to answer begins a new conversation at its next question."""
    tx.execute("UPDATE projects_agents SET renew = ? WHERE agent = ?", (int(renew), agent))


def set_idle_minutes(tx: Transaction, agent: str, minutes: float | None) -> None:
    """An agent makes room for another; after how many idle minutes its program ends otherwise, None as is usual."""
    tx.execute("UPDATE projects_agents SET idle_minutes = ? WHERE agent = ?", (minutes, agent))


def take_out_agents(tx: Transaction, project: str) -> None:
    """Let nobody work in a project because a person has said so."""
    tx.execute("DELETE FROM projects_agents WHERE project = ? AND lane IS NULL", (project,))


def take_out_agent(tx: Transaction, agent: str) -> None:
    """Let a member work in no project."""
    tx.execute("DELETE FROM projects_agents WHERE agent = ?", (agent,))
