"""Finding what an argument names: a project, a member that is there, those who may ask."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Annotated

from teammcp import Context, Gone, InvalidInput, NotFound, Reader, Reference, Row, find_agent, plain_text

from . import queries
from .models import EVERYBODY, MOST_PROJECTS

NEAR = 0.7
"""How much alike two names are, from 0 to 1, of which one may have been meant by the other."""


def _unknown(name: str, field: str, remedy: str = "list_projects lists them", names: Iterable[str] = ()) -> NotFound:
    near = get_close_matches(plain_text(name), names, n=1, cutoff=NEAR)
    meant = f" Did you mean '{near[0]}'?" if near else ""
    return NotFound(f"{field}: there is no project called '{name}'.{meant} {remedy}.", code="project_not_found")


async def find_project(context: Context, text: str, field: str) -> str:
    """The name as it is kept of the project that a text names, however it is written.

    Raises:
        NotFound: there is none.
    """
    found = await context.read(queries.name_of, plain_text(text.strip()))
    if found is None:
        names = [row["name"] for row in await context.read(queries.projects, "", MOST_PROJECTS)]
        raise _unknown(text, field, names=names)
    return found


ProjectRef = Annotated[str, Reference(find_project)]
"""An argument that names a project."""


def existing(reader: Reader, name: str) -> Row:
    """A project by its name as it is kept.

    Raises:
        NotFound: it was removed meanwhile.
    """
    found = queries.project(reader, name)
    if found is None:
        raise _unknown(name, "project")
    return found


def people(reader: Reader, project: Row) -> list[str]:
    """Who hears for a project what others tell it, by name: those who answer for it; where nobody does, its owners."""
    return queries.answerers(reader, project["name"]) or sorted(json.loads(project["owners"]))


def asking_lane(reader: Reader, member: str) -> str:
    """The lane in which a member asks: the project in which it works, or for itself, which is ``@`` and its name."""
    return queries.project_of(reader, member) or f"@{member}"


def members(context: Context, names: Sequence[str], field: str) -> list[str]:
    """Members that are there, each once, in the order in which they are named.

    Raises:
        NotFound, Gone: one is not; the text names the argument and the remedy.
    """
    return [*dict.fromkeys(_member(context, name, field) for name in names)]


def _member(context: Context, name: str, field: str) -> str:
    found = find_agent(context, name, field, retired=True)
    if found.retired:
        raise Gone(
            f"{field}: {found.name} was retired. Name a member that is there; get_agents lists them.",
            code="agent_retired",
        )
    return found.name


async def askers(context: Context, names: Sequence[str]) -> list[str] | None:
    """Those who may ask, each once, as they are kept: names of projects, and with ``@`` of members; None is everybody.

    Raises:
        InvalidInput: everybody is named beside others. NotFound, Gone: one is not there.
    """
    if [*names] == [EVERYBODY]:
        return None
    if EVERYBODY in names:
        raise InvalidInput.at("askers", f'["{EVERYBODY}"] alone means everybody, and goes with no other name')
    return [*dict.fromkeys([await _asker(context, name) for name in names])]


def require_projects(reader: Reader, names: Sequence[str]) -> None:
    """See that the projects among those who may ask are there still: whoever took the name of one would be let in.

    Raises:
        NotFound: one was removed meanwhile.
    """
    for name in names:
        if not name.startswith("@") and queries.project(reader, name) is None:
            raise _unknown(name, "askers")


async def _asker(context: Context, name: str) -> str:
    if name.startswith("@"):
        return f"@{_member(context, name, 'askers')}"
    found = await context.read(queries.name_of, plain_text(name))
    if found is None:
        raise _unknown(name, "askers", f"list_projects lists them; a member is written @{name}")
    return found
