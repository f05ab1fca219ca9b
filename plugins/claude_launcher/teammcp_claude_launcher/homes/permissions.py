"""Who may have a say in which agent's home."""

from __future__ import annotations

from teammcp import Access, Agent, Context, Forbidden, InvalidInput, find_agent


def agent_to_run(context: Context, name: str) -> Agent:
    """The agent of that name, whose program the caller may start and stop.

    Raises:
        NotFound, Gone: there is no such agent any more. InvalidInput: it is a person. Forbidden: it is not theirs.
    """
    agent = find_agent(context, name, "name")
    if agent.kind == "human":
        raise InvalidInput.at("name", f"{agent.name} is a person; programs are run for agents and services")
    above = agent.access >= context.actor.access and context.actor.access < Access.owner
    if above and agent.name != context.actor.name:
        raise Forbidden(f"{agent.name} has access level '{agent.access.name}': only an owner may do this.")
    return agent


def agent_to_choose_for(context: Context, name: str) -> Agent:
    """The agent of that name, for which the caller may choose what it runs.

    What runs has the agent's key. So nobody chooses it for those above or beside them; nor for themselves, lest an
    agent free itself of the limits that it was given.

    Raises:
        NotFound, Gone, InvalidInput, Forbidden: as `agent_to_run`.
    """
    agent = agent_to_run(context, name)
    if agent.name == context.actor.name:
        raise Forbidden("name: nobody chooses what runs in their own place. Ask another manager.", code="own_home")
    return agent


def check_policy(context: Context, policy: str, before: str | None) -> None:
    """See that a person has chosen that a program may do everything without asking.

    Raises:
        Forbidden: an agent chooses it.
    """
    if policy == "allow" != before and context.actor.kind != "human":
        raise Forbidden("policy: that a program may do all without asking is for a person to choose; take 'ask'.")
