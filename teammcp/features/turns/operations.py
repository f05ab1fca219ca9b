"""The receiver of hooks: agents' programs tell what they are doing, and are answered with what is new for the agent.

A message is handed over once, whichever hook or wait comes first, so that nothing is repeated and no turn is kept from
ending twice for the same reason. Nothing is written while nothing is new.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ...notices import waiting
from ...operations import Context, operation
from ...presence import Reason
from ...storage import Work
from ..inbox import anything_new, hand_over
from ..inbox.models import Waited
from . import briefing, wording
from .doing import Told, note
from .models import NOTHING, EventName, HookAnswer, Label, context_for, go_on_with

AT_ONCE = 10
"""Messages handed over by one hook; the next one brings the rest."""
WAY = "hook"
LARGEST = 32 * 1024 * 1024
"""Bytes of an event: programs send with it what their tools have read and written, of which nothing is used."""

Subagent = Annotated[str | None, Field(max_length=200)]


@operation(
    "POST /api/hooks/claude", access="observer", profile="hooks", tool=False, lenient=True, holds=True, largest=LARGEST
)
async def claude_hook(
    context: Context,
    hook_event_name: EventName,
    agent_id: Subagent = None,
    tool_name: Label = "",
    notification_type: Label = "",
    error: Label = "",
    source: Label = "",
) -> HookAnswer:
    """Answer a hook of Claude Code: what is new for the agent, once, in the shape that the hook's event takes.

    The event also says what the agent is doing, which the team sees as its status.
    """
    return await _answer(context, hook_event_name, agent_id, Told(tool_name, notification_type, error, source))


@operation(
    "POST /api/hooks/codex", access="observer", profile="hooks", tool=False, lenient=True, holds=True, largest=LARGEST
)
async def codex_hook(
    context: Context,
    hook_event_name: EventName,
    agent_id: Subagent = None,
    tool_name: Label = "",
    source: Label = "",
) -> HookAnswer:
    """Answer a hook of Codex: what is new for the agent, once, in the shape that the hook's event takes.

    The event also says what the agent is doing, which the team sees as its status.
    """
    return await _answer(context, hook_event_name, agent_id, Told(tool_name, source=source))


@operation("POST /api/hooks/take", access="observer", profile="hooks", tool=False, holds=True)
async def take_new_messages(context: Context, limit: Annotated[int, Field(ge=1, le=50)] = AT_ONCE) -> Work[Waited]:
    """Take what is addressed to you and was never handed to a turn of yours; each message comes once."""
    return lambda tx: hand_over(context, tx, WAY, limit)


async def _answer(context: Context, event: str, subagent: str | None, told: Told) -> HookAnswer:
    if event == "Stop" and subagent is None:
        return await _end_turn(context)
    note(context.team.presence, context.actor.name, event, told)
    if subagent is not None:  # it does one thing for the agent and would swallow what the agent is to know
        return NOTHING
    if event == "SessionStart":
        parts = await briefing.parts(context, waiting(context))
        text = wording.briefing(context.actor.name, context.team.name, parts, await _take(context))
        return context_for(event, text)
    if event not in {"UserPromptSubmit", "PostToolUse"}:
        return NOTHING
    found = await _take(context)
    return context_for(event, wording.news(found)) if found.messages else NOTHING


async def _end_turn(context: Context) -> HookAnswer:
    found, presence, me = await _take(context), context.team.presence, context.actor.name
    if not found.messages:
        note(presence, me, "Stop", Told())
        return NOTHING
    presence.say(me, "busy", Reason("goes on with new messages"))
    return go_on_with(wording.before_the_end(found))


async def _take(context: Context) -> Waited:
    if not await context.read(anything_new, context.actor.name):
        return Waited(messages=[], more=False)
    found: Waited = await context.call("take_new_messages")
    return found
