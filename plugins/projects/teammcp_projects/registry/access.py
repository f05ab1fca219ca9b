"""Who may change a project, and who may ask it something."""

from __future__ import annotations

import json
from collections.abc import Sequence

from teammcp import Access, Agent, Conflict, Context, Forbidden, Row

from . import able


def is_in_charge(actor: Agent, owners: Sequence[str]) -> bool:
    """Whether a member may change a project with these owners: a manager may, and each of them who is no observer."""
    return actor.access >= Access.manager or (actor.access >= Access.member and actor.name in owners)


def may_change(actor: Agent, project: Row) -> bool:
    """Whether a member may change a project."""
    return is_in_charge(actor, json.loads(project["owners"]))


def require_change(context: Context, project: Row) -> None:
    """Refuse whoever may not change a project.

    Raises:
        Forbidden: the text says whom to ask.
    """
    if may_change(context.actor, project):
        return
    owners = json.loads(project["owners"])
    whom = f"one of its owners ({', '.join(owners)}) or a manager" if owners else "a manager"
    raise Forbidden(f"project: you may not change {project['name']}. Ask {whom}.", code="not_yours")


def may_ask(project: Row, asking_project: str | None, asker: str) -> bool:
    """Whether somebody may ask a project something.

    Args:
        project: the one that is asked.
        asking_project: the name of that in which the asker works, None if it works in none.
        asker: the member's name.
    """
    if project["askers"] is None:
        return True
    askers = json.loads(project["askers"])
    return asking_project in askers or f"@{asker}" in askers


def require_ask(context: Context, project: Row, asking_project: str | None) -> None:
    """Refuse whoever may not ask a project something.

    Raises:
        Forbidden: the text says who may change that.
    """
    if not may_ask(project, asking_project, context.actor.name):
        raise Forbidden(
            f"projects: you may not ask {project['name']}. get_project says who may; its owners change that."
        )


def nobody(context: Context, project: str, named: Sequence[str], what_they_do: str) -> Conflict:
    """The refusal where nobody but perhaps the actor, say, ``answers for`` a project.

    Args:
        context: of the actor.
        project: its name.
        named: those who do it, as the project says; who of them cannot answer is told.
        what_they_do: with the project as what it is done to.
    """
    who = "nobody but you" if context.actor.name in named else "nobody"
    why = able.why_not(context, (each for each in named if each != context.actor.name))
    return Conflict(
        f"projects: {who} {what_they_do} {project}. Its owners name others with set_project_agents.{why}",
        code="nobody_answers",
    )
