"""Start no agent's program at night, unless a person asks for it."""

from datetime import UTC, datetime

from teammcp import AgentStart, Context, Refused, hookimpl


@hookimpl
def before_agent_start(context: Context, start: AgentStart) -> None:
    hour = datetime.fromtimestamp(context.now() / 1000, UTC).hour
    if hour < 6 and start.cause in {"message", "restart"}:
        raise Refused(f"{start.agent} sleeps until six.")
