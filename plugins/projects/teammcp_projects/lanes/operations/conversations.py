"""Looking at conversations, beginning them anew, and going on from one in a session of one's own."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from teammcp import Conflict, Context, Forbidden, Limit, NotFound, Reader, Row, Transaction, Work, operation

from ...events import ConversationReset
from ...questions import queries as questions
from ...registry import ProjectRef, asking_lane, existing, may_change
from ...registry import queries as registry
from ..models import Conversation, Conversations, Fork

Asking = Annotated[
    str | None,
    Field(max_length=65, description="Whose: a project, or @ and a member; your own, if left out"),
]


@operation("GET /api/projects/{project}/conversations", profile="projects", read_only=True)
async def list_conversations(
    context: Context, project: ProjectRef, after: Annotated[str, Field(max_length=65)] = "", limit: Limit = 100
) -> Conversations:
    """List the conversations of agents that were started to answer for a code base: one for each who asks it."""
    found = await context.read(_listed, context, project, after, limit + 1)
    shown = context.budget().fit(found[:limit])
    return Conversations(conversations=shown, next=shown[-1].asking if shown and len(found) > len(shown) else None)


@operation("POST /api/projects/{project}/conversations/reset", profile="projects", idempotent=True)
async def reset_conversation(context: Context, project: ProjectRef, asking: Asking = None) -> Work[Conversation]:
    """Let a conversation begin anew: with the next question, its agent knows nothing of the earlier ones.

    What is being answered is still answered with what it knows. Your own, or as one who may change the project any.
    """
    lane = await context.read(_lane, context, project, asking)

    def work(tx: Transaction) -> Conversation:
        row = _own(tx, context, project, lane)
        if not row["renew"]:
            registry.set_renew(tx, row["agent"], renew=True)
            context.emit(tx, ConversationReset(project=project, asking=lane, agent=row["agent"]), project)
        return _shape(tx, context, _own(tx, context, project, lane))

    return work


@operation("GET /api/projects/{project}/conversations/fork", profile="projects", access="member", read_only=True)
async def fork_conversation(context: Context, project: ProjectRef, asking: Asking = None) -> Fork:
    """Get the command with which somebody goes on from a conversation in a session of his own, as at a terminal.

    The conversation itself stays as it is. Your own, or as one who may change the project any.
    """
    lane = await context.read(_lane, context, project, asking)
    row = await context.read(_own, context, project, lane)
    try:
        fork = await context.call("get_agent_fork", name=row["agent"])
    except Conflict as error:  # it speaks of the agent, which nobody has named here
        raise Conflict(f"project: {error.detail.removeprefix('name: ')}", code=error.code) from None
    return Fork(
        project=project,
        asking=lane,
        agent=row["agent"],
        machine=fork.machine,
        folder=fork.folder,
        command=fork.command,
    )


def _listed(reader: Reader, context: Context, project: str, after: str, limit: int) -> list[Conversation]:
    existing(reader, project)
    rows = [row for row in registry.lane_agents(reader, project) if row["lane"] > after]
    return [_shape(reader, context, row) for row in rows[:limit]]


def _lane(reader: Reader, context: Context, project: str, asking: str | None) -> str:
    """The lane that is meant, which the caller may have a say in.

    Raises:
        Forbidden: it is not the caller's, who may not change the project either.
    """
    mine = asking_lane(reader, context.actor.name)
    if asking is None or asking == mine:
        return mine
    if not may_change(context.actor, existing(reader, project)):
        raise Forbidden(
            f"asking: only who works in {asking}, the owners of {project} and managers may do that. Leave it out for "
            "your own.",
            code="not_yours",
        )
    return asking


def _own(reader: Reader, context: Context, project: str, lane: str) -> Row:
    existing(reader, project)
    row = registry.lane_agent(reader, project, lane)
    if row is None:
        raise NotFound(
            f"asking: no agent of {project} was started to answer {lane}. list_conversations lists those that were.",
            code="no_conversation",
        )
    return row


def _shape(reader: Reader, context: Context, row: Row) -> Conversation:
    held = questions.held(reader, row["agent"])
    begun = {lane["lane"]: lane["begun_at"] for lane in questions.lanes(reader, row["project"])}
    return Conversation(
        project=row["project"],
        asking=row["lane"],
        agent=row["agent"],
        status=context.team.presence.status_of(row["agent"]).status,
        question=held[0]["id"] if held else None,
        renews=bool(row["renew"]),
        last_asked_at=begun.get(row["lane"]),
    )
