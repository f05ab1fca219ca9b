"""The receiver of hooks: agents' programs tell what they are doing, and are answered with what is new for the agent.

A message is handed over once, whichever hook or wait comes first, so that nothing is repeated and no turn is kept from
ending twice for the same reason; only what was handed over in vain comes again. Nothing is written while nothing is
new.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from ...members.presence import Reason
from ...operations import Context, operation
from ...server.state import StateKey
from ...storage import Work
from ...surfaces.unread import waiting
from ..inbox import Asking, Waited, anything_new, hand_over
from . import briefing
from . import texts as wording
from .models import NOTHING, EventName, HookAnswer, Label, context_for, go_on_with
from .moments import PROGRAMS, Moment, Program
from .sessions import Sessions
from .status import Event, EventDetails, note

AT_ONCE = 10
"""Messages handed over by one hook; the next one brings the rest."""
WAY = "hook"
BEGINNINGS = {"startup", "resume"}
"""What begins a session for which a new program was started."""
NEWCOMERS: StateKey[Sessions] = StateKey("turns.newcomers", Sessions)
"""Sessions that have begun and were handed nothing yet: no earlier session is waited for then.

The beginning itself hands over nothing. A person who opens a program may not ask it anything, and what stands in a
conversation that goes to no model has not arrived; beside the first prompt it has.
"""
ENDED: StateKey[Sessions] = StateKey("turns.ended", Sessions)
"""The sessions that have ended last. A program begins several hooks at once, and one that comes late, such as that it
waits for a prompt, says nothing of an agent that is gone; nor can it bring anything.
"""
REVIVES = {Moment.BEGINS, Moment.PROMPTED}
"""What shows that a session was taken up again."""
LARGEST = 32 * 1024 * 1024
"""Bytes of an event: programs send with it what their tools have read and written, of which nothing is used."""

Subagent = Annotated[str | None, Field(max_length=200)]


def _receiver(program: Program) -> Any:
    """The operation that answers the hooks of a program."""

    async def receive(
        context: Context,
        hook_event_name: EventName,
        session_id: Label = "",
        agent_id: Subagent = None,
        tool_name: Label = "",
        tool_use_id: Label = "",
        notification_type: Label = "",
        error: Label = "",
        source: Label = "",
        reason: Label = "",
    ) -> HookAnswer:
        moment = program.moment(hook_event_name, source or reason)
        await _signs(context, program.name, session_id, moment, tool_use_id)
        details = EventDetails(tool_name, program.notice(notification_type), error, source)
        return await _answer(context, Event(hook_event_name, moment, details), agent_id)

    receive.__name__ = f"{program.name}_hook"
    receive.__doc__ = (
        f"Answer a hook of {program.title}: what is new for the agent, once, in the shape that the hook's event takes."
        "\n\nThe event also says what the agent is doing, which the team sees as its status."
    )
    declare = operation(
        f"POST /api/hooks/{program.name}",
        access="observer",
        profile="hooks",
        tool=False,
        lenient=True,
        holds=True,
        largest=LARGEST,
    )
    return declare(receive)


RECEIVERS = [_receiver(program) for program in PROGRAMS]


@operation("POST /api/hooks/take", access="observer", profile="hooks", tool=False, holds=True)
async def take_new_messages(
    context: Context, limit: Annotated[int, Field(ge=1, le=50)] = AT_ONCE, begins: bool = False
) -> Work[Waited]:
    """Take what is addressed to you and has not arrived yet; begins: a program of yours begins, and has nothing yet."""
    return lambda tx: hand_over(context, tx, WAY, limit, begins=begins)


async def _signs(context: Context, program: str, session: str, moment: Moment, tool_use: str) -> None:
    """Note what the event shows to have arrived: a session has read the answers to its hooks and to its tool calls."""
    if context.reader is None:
        return
    signs = context.team.signs
    if session:
        context.reader.name, context.reader.program = f"{program}:{session}", True
        await signs.seen(context)
    if moment is Moment.TOOL_USED:
        await signs.seen_after(context, tool_use)
    elif moment in {Moment.ENDS, Moment.LEFT}:
        signs.given_up(context, context.reader.name)
        context.team.state[NEWCOMERS].discard(_session(context))


def _comes_too_late(context: Context, moment: Moment) -> bool:
    """Whether an event is told of a session that has ended before."""
    ended, session = context.team.state[ENDED], _session(context)
    if session not in ended:
        if moment is Moment.ENDS:
            ended.add(session)
        return False
    if moment in REVIVES:
        ended.discard(session)
        return False
    return True


async def _answer(context: Context, event: Event, subagent: str | None) -> HookAnswer:
    if _comes_too_late(context, event.moment):
        return NOTHING
    if event.moment is Moment.TURN_ENDS and subagent is None:
        return await _end_turn(context, event)
    note(context.team.presence, context.actor.name, event)
    if subagent is not None:  # it does one thing for the agent and would swallow what the agent is to know
        return NOTHING
    if event.moment in {Moment.BEGINS, Moment.COMPACTED}:
        if event.details.source in BEGINNINGS:
            context.team.state[NEWCOMERS].add(_session(context))
        parts = await briefing.parts(context, await waiting(context))
        return context_for(event.name, wording.briefing(context.actor.name, context.team.name, parts))
    if event.moment not in {Moment.PROMPTED, Moment.TOOL_USED}:
        return NOTHING
    found = await _take(context)
    return context_for(event.name, wording.news(found)) if found.messages else NOTHING


async def _end_turn(context: Context, event: Event) -> HookAnswer:
    found, presence, me = await _take(context), context.team.presence, context.actor.name
    if not found.messages:
        note(presence, me, event)
        return NOTHING
    presence.set_status(me, "busy", Reason("goes on with new messages"))
    return go_on_with(wording.before_the_end(found))


async def _take(context: Context) -> Waited:
    newcomers, session = context.team.state[NEWCOMERS], _session(context)
    begins = session in newcomers
    newcomers.discard(session)
    if not await context.read(anything_new, Asking.of(context, begins=begins)):
        return Waited(messages=[], more=False)
    found: Waited = await context.call(take_new_messages, begins=begins)
    return found


def _session(context: Context) -> tuple[str, str]:
    """The agent, and the session of its program."""
    return context.actor.name, "" if context.reader is None else context.reader.name
