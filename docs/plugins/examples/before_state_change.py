"""Keep a project's phase within what the team knows, whoever may set it."""

from typing import Any

from teammcp import Refused, hookimpl

PHASES = {"plan", "build", "review", "done"}


@hookimpl
def before_state_change(change: Any) -> Any:
    if change.field != "phase" or change.deleting:
        return None
    phase = str(change.value).strip().lower()
    if phase not in PHASES:
        raise Refused(f"value: a phase is one of {', '.join(sorted(PHASES))}.")
    return change.model_copy(update={"value": phase})
