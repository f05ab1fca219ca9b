"""Agents that are made here: member, key, home and first start in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from teammcp import Conflict, Context, Refused, Transaction, Work, present

from ..settings import PLUGIN, LauncherSettings
from . import briefs, keys, queries
from .choices import settle
from .models import AgentHome
from .notes import changed
from .shapes import home_of


@dataclass(frozen=True)
class Newcomer:
    """An agent that is to be.

    Attributes:
        name: what it is to be called.
        access: its access level.
        summary: what others read of it.
        task: what it is to do first.
        choices: of its home.
        assembly: the assembled team that it is made for.
    """

    name: str
    access: str = "member"
    summary: str = ""
    task: str = ""
    choices: Mapping[str, Any] = field(default_factory=dict)
    assembly: int | None = None


async def make(context: Context, newcomer: Newcomer) -> Work[AgentHome]:
    """The work that makes an agent and starts it.

    Raises:
        TeamError: it cannot be made so; the text says why.
    """
    chosen = await settle(context, None, newcomer.choices)
    register = await context.prepare(
        "register_agent",
        name=newcomer.name,
        role=chosen.role,
        kind="agent",
        access=newcomer.access,
        description=newcomer.summary,
    )
    if register.waits:
        raise Refused("A plugin makes registrations wait. Register it first, then start_agent with new_key=true.")
    store, by = keys.secrets(context), context.actor.name

    def work(tx: Transaction) -> AgentHome:
        check_room(context, tx)
        agent = newcomer.name
        keys.keep(tx, store, agent, register(tx).apiKey)
        chosen.put(tx, agent, None, by, context.now())
        queries.start(tx, agent, by, context.now())
        if newcomer.assembly is not None:
            queries.join(tx, agent, newcomer.assembly)
        if newcomer.task.strip():
            queries.set_brief(tx, agent, newcomer.task)
            tx.on_commit(lambda: context.team.background(briefs.hand_over(context.team)))
        changed(context, tx, agent)
        return home_of(present(queries.home(tx, agent)))

    return work


def check_room(context: Context, tx: Transaction) -> None:
    """See that one more agent may be run here.

    Raises:
        Conflict: there are as many as the settings allow.
    """
    settings: LauncherSettings = context.settings(PLUGIN)
    if queries.count(tx) >= settings.most_homes:
        raise Conflict(
            f"{settings.most_homes} agents are run here, as many as the setting most_homes allows. Retire one first.",
            code="too_many",
        )
