"""What projects contributes: its hook implementations."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from teammcp import (
    Agent,
    AgentRun,
    Context,
    EventData,
    Job,
    MemberStatus,
    Message,
    MessagePart,
    Migration,
    NotificationKind,
    Operation,
    Reader,
    Service,
    Team,
    hookimpl,
    load_migrations,
)
from teammcp.web import Page, Panel

from . import figures, following, leaving, registry, status, telling
from .events import EVENT_KINDS
from .lanes import operations as lanes
from .lanes import watching
from .notices import looking, waiting
from .notices import operations as notice_operations
from .pages.panels import PANELS
from .pages.routes import PAGES
from .parts import KINDS, checking
from .parts import operations as checks
from .questions import dispatch, list_queries
from .questions import notification_kinds as kinds
from .questions import operations as questions
from .questions.operations import lateness, returning
from .registry import running

PARTS: tuple[Any, ...] = (registry, questions, lanes, telling, status, figures, notice_operations, checks, following)
"""What has operations."""
CHANGE_WHO_HEARS = {"set_project_agents", "update_project"}
"""Operations after which others may have to be told of notices."""
END_QUESTIONS = {"answer_question", "cancel_question", "note_answer"}
"""Operations after which a question may wait unseen in an inbox."""
CHANGE_WHO_ANSWERS = {"set_project_agents", "update_project", "update_agent_profile"}
"""Operations after which others may have to answer, or can."""


@hookimpl
def register_migrations() -> list[Migration]:
    return load_migrations("projects", __package__)


@hookimpl
def register_notification_kinds() -> tuple[NotificationKind, ...]:
    return kinds.KINDS


@hookimpl
def register_event_kinds() -> tuple[type[EventData], ...]:
    return EVENT_KINDS


@hookimpl
def register_operations() -> list[Any]:
    return [each for part in PARTS for each in part.OPERATIONS]


@hookimpl
def register_message_parts() -> list[type[MessagePart]]:
    return KINDS


@hookimpl
def register_pages() -> list[Page]:
    return PAGES


@hookimpl
def register_panels() -> list[Panel]:
    return PANELS


@hookimpl
async def agent_retired(context: Context, agent: Agent) -> None:
    await leaving.see_off(context, agent)


@hookimpl
def register_jobs() -> list[Job]:
    return [
        Job("projects.messages", following.catch_up, every=following.SECONDS, per_team=True),
        Job("projects.questions", dispatch.look_at_all, every=dispatch.SECONDS, per_team=True),
        Job("projects.overdue", lateness.look_at_late, every=dispatch.SECONDS, per_team=True),
        Job("projects.conversations", watching.look_at_conversations, every=watching.SECONDS, per_team=True),
        Job("projects.holders", returning.look_at_holders, every=dispatch.SECONDS, per_team=True),
        Job("projects.retired", leaving.look_at_retired, every=leaving.SECONDS, per_team=True),
        Job("projects.notices", looking.look_at_all, every=looking.SECONDS, per_team=True),
        Job("projects.checks", checking.check_waiting, every=checking.SECONDS, per_team=True),
    ]


@hookimpl
async def message_sent(context: Context, message: Message) -> None:
    checking.check_later(context, message)
    if message.reply_to is not None:
        await following.catch_up(context.team)


@hookimpl
async def message_edited(context: Context, message: Message) -> None:
    await following.catch_up(context.team)


@hookimpl
async def message_deleted(context: Context, message: Message) -> None:
    await following.catch_up(context.team)


@hookimpl
def register_services() -> list[Service]:
    """What the server has not looked at before it ended is looked at as soon as it is back."""
    return [Service("projects.messages", following.catch_up, per_team=True)]


@hookimpl
async def before_operation(context: Context, operation: Operation, arguments: BaseModel) -> None:
    if operation.name == "delete_credential":
        await context.read(running.require_unused, getattr(arguments, "name"))  # noqa: B009 - the launcher's model


@hookimpl
async def operation_done(context: Context, operation: Operation) -> None:
    if operation.name in CHANGE_WHO_HEARS:
        looking.look(context.team)
    if operation.name in END_QUESTIONS:
        await following.catch_up(context.team)
    if operation.name in CHANGE_WHO_ANSWERS:
        context.team.background(returning.look_at_former(context.team))


@hookimpl
async def inbox_section(context: Context) -> dict[str, Any] | None:
    found = await context.read(waiting.shown, context)
    return {"notices": found} if found else None


@hookimpl
def notices(context: Context, reader: Reader) -> dict[str, int] | None:
    me = context.actor.name
    counts = {"questions": list_queries.count_waiting(reader, me), "notices": waiting.count(reader, me)}
    return {name: count for name, count in counts.items() if count} or None


@hookimpl
async def agent_stopped(context: Context, run: AgentRun) -> None:
    """Whoever sleeps makes room."""
    await dispatch.look_again(context.team, run.agent.name)


@hookimpl
async def agent_crashed(context: Context, run: AgentRun) -> None:
    await dispatch.look_again(context.team, run.agent.name)


@hookimpl
async def status_changed(team: Team, agent: str, before: MemberStatus, after: MemberStatus) -> None:
    """Whoever has nothing to do can make room."""
    if before.status == "busy" and after.status != "busy":
        await dispatch.look_again(team, agent)


@hookimpl
async def agent_online(team: Team, agent: str) -> None:
    """Whoever comes may answer what has waited."""
    await dispatch.look_again(team, agent)
