"""Whether a run of an agent may begin: asked for each, whatever starts it."""

from __future__ import annotations

from teammcp import AgentStart, Context, Reader, Refused, Row

from . import budgets, keys, queries


async def gate(context: Context, agent: str, machine: str, cause: str, resumes: bool) -> None:
    """Let a run begin, or refuse it.

    Args:
        context: of the server's.
        agent: whose program it is.
        machine: whose runner asks.
        cause: who or what starts it: the name of a member, ``message``, ``restart``.
        resumes: whether it goes on with an earlier conversation.

    Raises:
        Refused: why not; nothing is begun, and what waits for the agent stays unread.
    """
    why = await context.read(_why_not, context, agent, machine) or await budgets.why_not(context, agent)
    if why:
        raise Refused(why)
    row = await context.read(queries.home, agent)
    if row is None:
        raise Refused(f"{agent} has no home any more.")
    start = AgentStart(agent=agent, machine=machine, runtime=row["runtime"], cause=cause, resumes=resumes)
    await context.before("before_agent_start", start)


def _why_not(reader: Reader, context: Context, agent: str, machine: str) -> str:
    row = queries.home(reader, agent)
    if row is None or row["machine"] != machine:
        return f"{agent} does not live on {machine}."
    return _of_home(row) or _of_pause(queries.pause(reader)) or _of_key(reader, context, agent)


def _of_home(row: Row) -> str:
    if not row["wanted"]:
        return f"{row['agent']} is not to run."
    return f"{row['agent']} is held: {row['held']}" if row["held"] else ""


def _of_pause(pause: Row | None) -> str:
    return "" if pause is None else f"All agents are paused by {pause['paused_by']}."


def _of_key(reader: Reader, context: Context, agent: str) -> str:
    return keys.fault(context, agent, keys.read(reader, keys.secrets(context), agent))
