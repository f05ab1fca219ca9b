"""The loop breaker: agents that keep each other, or themselves, busy are stopped until a person says a word."""

from __future__ import annotations

import logging

from ....errors import Refused, TeamError
from ....members.directory import Access
from ....operations import Context
from ....server import Team
from ....storage import present
from ...messages import Draft, Message
from ...wakes import Wake
from ..members import is_watched
from . import queries
from .models import Loop
from .operations import release_loop
from .shapes import loop_of, remember
from .watch import WATCH, Pattern, Watch

log = logging.getLogger(__name__)


class LoopStopped(Refused):
    """The message would have gone on with a loop; ``loop_id`` says which."""

    code, title = "loop_stopped", "Stopped: this looks like a loop"


async def load(team: Team) -> None:
    """Remember what is stopped in a team."""
    watch = team.state[WATCH] = Watch(Context.inside(team).settings("guard"), team.directory)
    for row in await team.database.read(queries.stopped_loops):
        remember(watch, row)


async def check(context: Context, draft: Draft) -> None:
    """Refuse an agent's message that goes on with a loop; the first one refused is raised to the managers.

    Raises:
        LoopStopped: what to do instead is in its text.
    """
    if not is_watched(context.actor) or draft.edited is not None or context.grant is not None or context.bounded:
        return
    if context.actor.access >= Access.manager and "directive_id" in (draft.metadata or {}):
        return  # nobody keeps a manager from directing it
    watch, now = context.team.state[WATCH], context.server.clock.steady()
    # What the server repeats by itself, such as a schedule's message, is meant to be the same.
    for pattern, certain in watch.patterns(draft, repeats=context.surface != "plugin"):
        stopped = watch.exceeded(pattern, draft.sender, now, certain=certain)
        if stopped is not None:
            raise _refusal(context, await _stop(context, watch, stopped))


def check_wake(context: Context, wake: Wake) -> None:
    """Let a conversation that is stopped wake nobody: the agent would go on with it.

    Raises:
        LoopStopped: everything that waits for the agent belongs to such ones. All members read the text, so it does
            not say where: who wrote there knows, and nobody else need.
    """
    watch = context.team.state[WATCH]
    loops = [watch.stopped_around(message, wake.agent) for message in wake.messages]
    stopped = [loop for loop in loops if loop is not None]
    if not stopped or len(stopped) < len(loops):
        return
    raise LoopStopped(
        f"a conversation of it was stopped because it looked like a loop (loop {stopped[-1]}), so that does not wake "
        "it; a person's word there, or release_loop, lets it go on",
        loop_id=stopped[-1],
    )


async def _stop(context: Context, watch: Watch, pattern: Pattern) -> Loop:
    """The stopped loop: the one there is already, or a new one."""
    if pattern in watch.stopped:
        return loop_of(present(await context.read(queries.loop, watch.stopped[pattern])))
    count, seconds = watch.limits[pattern.kind]
    arguments = {
        "kind": pattern.kind,
        "channel": pattern.channel,
        "agents": list(pattern.agents),
        "digest": pattern.digest,
        "count": count,
        "seconds": seconds,
    }
    stopped: Loop = await Context.inside(context.team).call("stop_loop", **arguments)
    return stopped


def _refusal(context: Context, loop: Loop) -> LoopStopped:
    people = ", ".join(agent.name for agent in context.team.directory.managers)
    return LoopStopped(
        f"Not sent: {loop.story()}. The managers know (loop {loop.id}). Do not send it again or by another "
        f"way. Go on with other work, or end your turn. If it cannot wait, tell a manager in a direct message: "
        f"{people}. A person's word in {loop.channel}, or release_loop by a manager, lets it go on.",
        loop_id=loop.id,
    )


async def noticed(context: Context, message: Message) -> None:
    """Remember a message; a person's lets the loops around it go on."""
    watch = context.team.state[WATCH]
    watch.noticed(message, context.actor)
    if context.actor.kind != "human":
        return
    for loop_id in watch.released_by(message):
        try:
            await Context.inside(context.team, context.actor).call(release_loop, loop_id=loop_id)
        except TeamError as error:  # the others are to go on all the same
            log.warning("loop %d is not released by a word of %s: %s", loop_id, context.actor.name, error)
