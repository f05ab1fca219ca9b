"""Welcome those whom a member registers. Who registers alone has no name yet with which to call operations."""

from teammcp import Access, Agent, Context, hookimpl


@hookimpl
async def agent_registered(context: Context, agent: Agent) -> None:
    if context.actor.access >= Access.member:
        await context.call("send_message", channel="general", content=f"Welcome, @{agent.name}!")
