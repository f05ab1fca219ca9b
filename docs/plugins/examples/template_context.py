"""Give the templates of all pages a variable."""

from teammcp import Context, hookimpl


@hookimpl
def template_context(context: Context) -> dict[str, object]:
    return {"motto": f"Team {context.team.name} gets it done."}
