"""Add a part to everybody's inbox."""

from teammcp import Context, hookimpl


@hookimpl
async def inbox_section(context: Context) -> dict[str, str] | None:
    if context.actor.role != "Reviewer":
        return None
    return {"reviews": "Two changes wait for your review."}
