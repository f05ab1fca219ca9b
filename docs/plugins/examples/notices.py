"""Say with every tool result that something waits for the agent."""

from teammcp import Context, hookimpl


@hookimpl
def notices(context: Context) -> dict[str, int] | None:
    return {"reviews": 2} if context.actor.role == "Reviewer" else None
