"""Who may change a project, and who may ask it something."""

from __future__ import annotations

import json
from collections.abc import Sequence

from teammcp import Access, Agent, Context, Forbidden, Row


def may_change(actor: Agent, owners: Sequence[str]) -> bool:
    """Whether a member may change a project with these owners: a manager, or one of them."""
    return actor.access >= Access.manager or (actor.access >= Access.member and actor.name in owners)


def require_change(context: Context, project: Row) -> None:
    """Refuse whoever may not change a project.

    Raises:
        Forbidden: the text says whom to ask.
    """
    owners = json.loads(project["owners"])
    if may_change(context.actor, owners):
        return
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
