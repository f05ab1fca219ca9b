"""Who says what is started to answer for a project: it is a program on somebody's machine, as with spawn_agent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from teammcp import Access, Agent, Conflict, Context, Forbidden, Reader

from . import queries
from .models import MOST_PROJECTS
from .queries import RUN


def settle(context: Context, before: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that are given, with who has chosen what is started, if that is another choice.

    Args:
        context: of whoever chooses.
        before: the columns as they are, or those of a project of which nothing is said.
        given: the columns that are to be others.

    Raises:
        Forbidden: it is not for the caller to choose; the text says for whom.
    """
    after = {**{column: before[column] for column in (*RUN, "folders", "chosen_by")}, **given}
    chosen = [column for column in RUN if after[column] != before[column]]
    if after["runtime"] and after["folders"] not in ("[]", before["folders"]):
        chosen.append("folders")
    if chosen:
        _require(context, chosen, after["changes"])
    if not chosen and not (after["runtime"] and _takes_over(context, before, given)):
        return dict(given)
    return {**given, "chosen_by": context.actor.name}


def chooser(context: Context, project: Mapping[str, Any]) -> Agent | None:
    """Who has chosen what is started to answer, by whose right it is; None if that is no manager any more."""
    found = context.team.directory.agents.get(project["chosen_by"] or "")
    return None if found is None or found.retired or found.access < Access.manager else found


def require_unused(reader: Reader, credential: str) -> None:
    """Refuse to let a credential go that a project names.

    Raises:
        Conflict: which projects do.
    """
    projects = queries.projects(reader, "", MOST_PROJECTS)
    if users := [row["name"] for row in projects if row["credential"] == credential]:
        raise Conflict(
            f"name: agents of {', '.join(users)} are given '{credential}'. Name another one there first, with "
            "update_project.",
            code="in_use",
        )


def _takes_over(context: Context, before: Mapping[str, Any], given: Mapping[str, Any]) -> bool:
    """Whether a manager says the same anew, because whoever has said it is no manager any more."""
    says_it = any(column in given for column in RUN)
    return says_it and context.actor.access >= Access.manager and chooser(context, before) is None


def _require(context: Context, chosen: list[str], changes: str) -> None:
    if context.actor.access < Access.manager:
        raise Forbidden(
            f"{', '.join(chosen)}: what is started to answer, and where, is for a manager to say. Ask one.",
            code="for_managers",
        )
    if changes == "allow" and context.actor.kind != "human":
        raise Forbidden(
            "changes: that a program may do all without asking, and which one, is for a person to choose; take 'ask'."
        )
