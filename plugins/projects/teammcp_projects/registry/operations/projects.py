"""What can be done with projects."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, TypedDict, Unpack

from pydantic import Field

from teammcp import (
    Conflict,
    Context,
    InvalidInput,
    Limit,
    MemberRef,
    Reader,
    Row,
    Transaction,
    Work,
    operation,
    plain_text,
)

from ...bounds import ProjectName
from ...events import ProjectAdded, ProjectRemoved
from ...lanes import choosing
from ...notices import leaving
from ...questions import queries as questions
from ...questions.models import OPEN
from .. import able, changes, lookup, queries, running
from ..access import may_ask, require_change
from ..lookup import ProjectRef, existing
from ..models import (
    MOST_AGENTS,
    MOST_ASKERS,
    MOST_OWNERS,
    MOST_PROJECTS,
    Asker,
    AtOnce,
    Changes,
    Description,
    Folders,
    Model,
    Options,
    Project,
    ProjectAgent,
    ProjectGone,
    ProjectLine,
    ProjectList,
    Publishes,
    Version,
    Word,
)
from ..retiring import retire_all

Owners = Annotated[list[MemberRef], Field(max_length=MOST_OWNERS)]
Askers = Annotated[
    list[Asker],
    Field(max_length=MOST_ASKERS, description='Projects, and members as @name, that may ask it; ["*"] is everybody'),
]
Agents = Annotated[list[MemberRef], Field(max_length=MOST_AGENTS)]


class Facts(TypedDict, total=False):
    """What is known of a project, as arguments; one that is left out is None."""

    description: Description | None
    publishes: Publishes | None
    owners: Owners | None
    folders: Folders | None
    role: Word | None
    runtime: Word | None
    options: Options | None
    changes: Changes | None
    credential: Annotated[Word | None, Field(description="Its name, whose keys started agents get; '' for none")]
    model: Model | None
    at_once: AtOnce | None
    askers: Askers | None


NEW: dict[str, Any] = {
    "description": "",
    "publishes": "[]",
    "owners": "[]",
    "folders": "[]",
    "role": "",
    "runtime": "",
    "options": "{}",
    "changes": "ask",
    "credential": "",
    "model": "",
    "chosen_by": None,
    "at_once": 2,
    "askers": None,
}
"""The columns of a project of which nothing is said."""


# -- changing --------------------------------------------------------------------------------------------------------


@operation("POST /api/projects", access="manager", profile="projects", status=201)
async def add_project(context: Context, name: ProjectName, **facts: Unpack[Facts]) -> Work[Project]:
    """Add a code base to the team's projects: its folders, what it publishes, who may ask it (everybody, if left out).

    You own it unless `owners` names others. set_project_agents says who works in it.
    """
    given = {"owners": [context.actor.name], **{field: value for field, value in facts.items() if value is not None}}
    columns = {**NEW, **running.settle(context, NEW, await _columns(context, given))}
    warning = await choosing.check(context, NEW, columns)

    def work(tx: Transaction) -> Project:
        if (taken := queries.name_of(tx, plain_text(name))) is not None:
            raise Conflict(
                f"name: there is a project called '{taken}' already. Choose another name.", code="name_taken"
            )
        if queries.count(tx) >= MOST_PROJECTS:
            raise Conflict(f"name: a team has {MOST_PROJECTS} projects at most. Remove one first.", code="too_many")
        lookup.require_projects(tx, json.loads(columns["askers"] or "[]"))
        queries.insert(tx, name, plain_text(name), columns, context.actor.name, context.now())
        added = _project(tx, name)
        context.emit(tx, ProjectAdded(project=name, description=added.description, owners=added.owners), name)
        return added.model_copy(update={"warning": warning})

    return work


async def _as_added(context: Context, arguments: Any) -> list[dict[str, Any]]:
    """A project of which something else is said is what could have been added so."""
    row = await context.read(existing, arguments.project)
    given = arguments.model_dump(mode="json", include={*queries.FACTS}, exclude_none=True)
    return [{"name": row["name"], **given}] if given else []


@operation("PATCH /api/projects/{project}", profile="projects", idempotent=True, amounts_to={"add_project": _as_added})
async def update_project(
    context: Context, project: ProjectRef, expected_version: Version | None = None, **facts: Unpack[Facts]
) -> Work[Project]:
    """Change a project that you own; as a manager any. What is left out stays; a list takes the place of the old one.

    With expected_version nobody's change is lost: it is refused if there is another version by now.
    """
    before = await context.read(existing, project)
    require_change(context, before)
    new = await _columns(context, {field: value for field, value in facts.items() if value is not None})
    after = {**dict(before), **running.settle(context, dict(before), new)}
    warning = await choosing.check(context, before, after)

    def work(tx: Transaction) -> Project:
        row = existing(tx, project)
        require_change(context, row)
        settled = running.settle(context, dict(row), new)
        changed = [column for column in settled if settled[column] != row[column]]
        if not changed:
            return _project(tx, project)
        if expected_version not in (None, row["version"]):
            raise Conflict(
                f"expected_version: {project} has version {row['version']} by now. Look at it with get_project first.",
                code="version_conflict",
                version=row["version"],
            )
        lookup.require_projects(tx, json.loads(new.get("askers") or "[]"))
        changes.set_facts(context, tx, row, {column: settled[column] for column in changed})
        return _project(tx, project).model_copy(update={"warning": warning})

    return work


@operation("DELETE /api/projects/{project}", access="manager", profile="projects", destructive=True)
async def remove_project(context: Context, project: ProjectRef) -> Work[ProjectGone]:
    """Remove a project from the registry. Its folders and its agents stay as they are; the agents work in none then.

    Agents that were started to answer for it are retired. While questions to it or notices of it are open it stays.
    """
    retire = await retire_all(context, project)

    def work(tx: Transaction) -> ProjectGone:
        existing(tx, project)
        if waiting := sum(questions.count_in_state(tx, project, state) for state in OPEN):
            raise Conflict(
                f"project: {waiting} questions to {project} are open. Answer or cancel them first; list_questions "
                "lists them.",
                code="open_questions",
            )
        leaving.take_out(context, tx, project)
        retire(tx)
        queries.take_out_agents(tx, project)
        queries.delete(tx, project)
        for row in queries.projects(tx, "", MOST_PROJECTS):
            changes.take_out(context, tx, row, {"askers": project})
            if (answers_it := queries.lane_agent(tx, row["name"], project)) is not None:
                queries.set_renew(tx, answers_it["agent"], renew=True)  # whoever takes its name begins anew
        context.emit(tx, ProjectRemoved(project=project), project)
        return ProjectGone(project=project)

    return work


@operation("PUT /api/projects/{project}/agents", profile="projects", idempotent=True)
async def set_project_agents(
    context: Context, project: ProjectRef, agents: Agents, answerers: Agents | None = None
) -> Work[Project]:
    """Say which members work in a project that you own, and which of them answer others' questions; all, if left out.

    Whoever works in a project asks others on its behalf. A member works in one project at most.
    """
    require_change(context, await context.read(existing, project))
    working = lookup.members(context, agents, "agents")
    answering = working if answerers is None else lookup.members(context, answerers, "answerers")
    answered = await context.read(queries.answerers, project)
    for name in answering:
        if name not in working:
            raise InvalidInput.at("answerers", f"{name} does not work in {project}; name it in agents, too")
        if name not in answered and not able.is_able(context, name):
            field = "agents" if answerers is None else "answerers"
            raise InvalidInput.at(field, f"{able.unable(context, name)} Or name others in answerers")

    def work(tx: Transaction) -> Project:
        require_change(context, existing(tx, project))
        changes.set_agents(context, tx, project, {name: name in answering for name in working})
        return _project(tx, project)

    return work


async def _columns(context: Context, given: Mapping[str, Any]) -> dict[str, Any]:
    """The columns for facts that are given, as they are stored.

    Raises:
        TeamError: one names what is not there, or the same thing twice.
    """
    columns = dict(given)
    if "owners" in given:
        columns["owners"] = changes.as_json(lookup.members(context, given["owners"], "owners"))
    if "publishes" in given:
        named = [(each.kind, each.name) for each in given["publishes"]]
        if twice := next((each for each in named if named.count(each) > 1), None):
            raise InvalidInput.at("publishes", f"the {twice[0]} '{twice[1]}' is there twice; name it once")
        columns["publishes"] = changes.as_json(given["publishes"])
    if "folders" in given:
        folders = {(each.machine, each.folder): each for each in given["folders"]}
        columns["folders"] = changes.as_json([*folders.values()])
    if "options" in given:
        columns["options"] = json.dumps(given["options"], ensure_ascii=False)
    if "askers" in given:
        askers = await lookup.askers(context, given["askers"])
        columns["askers"] = None if askers is None else changes.as_json(askers)
    return columns


# -- reading ---------------------------------------------------------------------------------------------------------


@operation("GET /api/projects", profile="projects", everyday=True, read_only=True)
async def list_projects(
    context: Context, after: Annotated[str, Field(max_length=64)] = "", limit: Limit = 100
) -> ProjectList:
    """List the team's code bases: what each is, what it publishes, whether you may ask it. Next page: after = next."""
    rows, counts, mine = await context.read(_listed, context.actor.name, after, limit + 1)
    found = context.budget().fit(
        ProjectLine(
            name=row["name"],
            description=row["description"],
            publishes=json.loads(row["publishes"]),
            folders=json.loads(row["folders"]),
            owners=json.loads(row["owners"]),
            agents=counts.get(row["name"], 0),
            may_ask=may_ask(row, mine, context.actor.name),
        )
        for row in rows[:limit]
    )
    return ProjectList(projects=found, next=found[-1].name if len(rows) > len(found) else None)


def _listed(reader: Reader, actor: str, after: str, limit: int) -> tuple[list[Row], dict[str, int], str | None]:
    """Projects, how many work in each, and the name of that in which the actor works."""
    rows = queries.projects(reader, after, limit)
    counted = queries.counts(reader, rows[0]["name"], rows[-1]["name"]) if rows else []
    return rows, {row["project"]: row["agents"] for row in counted}, queries.project_of(reader, actor)


@operation("GET /api/projects/{project}", profile="projects", read_only=True)
async def get_project(context: Context, project: ProjectRef) -> Project:
    """Get one code base: folders, owners, what it publishes, who works in it, who may ask it."""
    return await context.read(_project, project)


def _project(reader: Reader, name: str) -> Project:
    """One project, whole.

    Raises:
        NotFound: it was removed meanwhile.
    """
    facts = dict(existing(reader, name))
    for column in ("publishes", "owners", "folders", "options"):
        facts[column] = json.loads(facts[column])
    if facts["askers"] is not None:
        facts["askers"] = json.loads(facts["askers"])
    working = [ProjectAgent(name=row["agent"], answers=row["answers"]) for row in queries.agents(reader, name)]
    return Project(**facts, agents=working)
