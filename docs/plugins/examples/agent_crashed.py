"""Tell the team when an agent's program has crashed."""

from teammcp import AgentRun, Context, hookimpl


@hookimpl
async def agent_crashed(context: Context, run: AgentRun) -> None:
    await context.call("send_message", channel="general", content=f"{run.agent.name} is down: {run.detail}")
