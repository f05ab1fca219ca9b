"""Keep a list of what runs."""

from teammcp import AgentRun, Context, hookimpl

running: dict[str, int] = {}


@hookimpl
def agent_started(context: Context, run: AgentRun) -> None:
    running[run.agent.name] = run.id
