"""The keys of agents that are started here: kept secret, so that their runner can be given them.

The server keeps of each member's key a hash alone. So the key itself is kept from when it is made: at `spawn_agent`,
or by ``start_agent(new_key=true)`` for an agent that was there before.
"""

from __future__ import annotations

from teammcp import Agent, Conflict, Context, Reader, Refused, Secrets, Transaction, Work, hash_key

from ..settings import PLUGIN

REMEDY = "start_agent with new_key=true gives it a new one; programs that use the old one elsewhere then lose it."


def secrets(context: Context) -> Secrets:
    """What the launcher keeps secret in the team."""
    return context.secrets(PLUGIN)


def read(reader: Reader, store: Secrets, agent: str) -> str | None:
    """An agent's key, if it is kept."""
    return store.get(reader, _place(agent))


def keep(tx: Transaction, store: Secrets, agent: str, key: str) -> None:
    """Keep an agent's key, in place of an earlier one."""
    store.set(tx, _place(agent), key)


def forget(tx: Transaction, store: Secrets, agent: str) -> None:
    """Keep it no longer."""
    store.delete(tx, _place(agent))


def fault(context: Context, agent: str, key: str | None) -> str:
    """What is wrong with the key that is kept of an agent, and the remedy; empty if nothing is."""
    if key is None:
        return f"The key of {agent} is not known here. {REMEDY}"
    found = context.team.directory.by_key(hash_key(key))
    if found is None or found.name != agent:
        return f"The key of {agent} that is kept here was replaced or revoked elsewhere. {REMEDY}"
    return ""


async def provide(context: Context, agent: Agent, *, new: bool) -> Work[None]:
    """See that the key of an agent is kept and good, or have it replaced by a new one; the work that does so.

    Raises:
        Conflict: it is not, and no new one is wanted; the text says what to do.
        Forbidden: the caller may not replace it.
    """
    store = secrets(context)
    if not new:
        kept = await context.read(read, store, agent.name)
        if wrong := fault(context, agent.name, kept):
            raise Conflict(wrong, code="key_unknown")
        return lambda tx: None
    return await replaced(context, agent.name)


async def replaced(context: Context, agent: str) -> Work[None]:
    """The work that gives an agent a new key, and keeps it.

    Raises:
        Refused: a plugin makes changes of keys wait, and none is known then.
    """
    store, rotate = secrets(context), await context.prepare("rotate_key", name=agent)
    if rotate.waits:
        raise Refused(f"A plugin makes the change of {agent}'s key wait. Change the key first, then start it.")

    def work(tx: Transaction) -> None:
        keep(tx, store, agent, rotate(tx).apiKey)

    return work


def _place(agent: str) -> str:
    return f"key/{agent}"
