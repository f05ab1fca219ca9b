"""Whether an agent's idle program is woken: one switch, and quiet hours."""

from __future__ import annotations

from ....arguments.quiet import Quiet, minutes, written
from ....errors import Forbidden, InvalidInput
from ....members.directory import SYSTEM, Access, Agent
from ....operations import Context, operation
from ....storage import Row, Transaction, Work
from ...channels import OwnRef, find_agent
from .. import queries
from ..events import WakeSet
from ..models import WakeState
from ..sessions import TOWERS


@operation("GET /api/wakes/{name}", profile="wakes", read_only=True)
async def get_wakes(context: Context, name: OwnRef | None = None) -> WakeState:
    """See whether an agent's idle program is woken by messages, by which way, and whether it was reached last.

    Without a name: yours.
    """
    name = name or context.actor.name
    return _state(context, name, await context.read(queries.find, name))


@operation("POST /api/wakes/{name}", profile="wakes")
async def set_wakes(
    context: Context, name: OwnRef | None = None, woken: bool | None = None, quiet: Quiet | None = None
) -> Work[WakeState]:
    """Switch on or off that messages wake an agent's idle program, or set quiet hours of its own day ("22:00-07:00").

    For the agent itself and managers. Without a name it is yours; what else is left out stays as it is.
    """
    name = name or context.actor.name
    woken_agent(context, name)
    if name != context.actor.name and context.actor.access < Access.manager:
        raise Forbidden(f"name: only {name} itself or a manager may set when it is woken.", code="not_yours")

    def work(tx: Transaction) -> WakeState:
        before = _state(context, name, queries.find(tx, name))
        on = before.woken if woken is None else woken
        hours = before.quiet if quiet is None else quiet
        queries.keep(tx, name, on, minutes(hours), context.actor.name, context.now())
        context.emit(tx, WakeSet(woken=on, quiet=hours), name)
        return _state(context, name, queries.find(tx, name))

    return work


def woken_agent(context: Context, name: str) -> Agent:
    """The agent that may be woken, of this name.

    Raises:
        InvalidInput: nothing wakes a program of that member. Gone: it was retired.
    """
    agent = SYSTEM if name == SYSTEM.name else find_agent(context, name, "name")
    if agent is SYSTEM or agent.kind == "human":
        raise InvalidInput.at("name", f"must be an agent's: nothing wakes a program of {name}")
    return agent


def _state(context: Context, name: str, row: Row | None) -> WakeState:
    tower = context.team.state[TOWERS].find(name)
    ways = [] if tower is None else sorted({each.way for each in tower.sessions.values() if each.waits})
    return WakeState(
        agent=name,
        woken=row is None or bool(row["woken"]),
        quiet="" if row is None else written(row["quiet_from"], row["quiet_until"]),
        ways=ways,
        rung_at=None if tower is None or not tower.bell.times else tower.bell.times[-1],
        not_reached=context.team.presence.status_of(name).not_reached,
    )
