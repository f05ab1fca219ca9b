"""Remember when each project's fields were changed last, and by whom."""

from teammcp import Context, StateChange, hookimpl

latest: dict[str, str] = {}


@hookimpl
def state_changed(context: Context, change: StateChange) -> None:
    latest[f"{change.project_id}/{change.field}"] = f"version {change.version} by {context.actor.name}"
