"""Keep a project's phase within what the team knows, whoever may set it."""

from teammcp import Refused, StateChange, hookimpl

PHASES = {"plan", "build", "review", "done"}


@hookimpl
def before_state_change(change: StateChange) -> StateChange | None:
    if change.field != "phase" or change.deleting:
        return None
    phase = str(change.value).strip().lower()
    if phase not in PHASES:
        raise Refused(f"value: a phase is one of {', '.join(sorted(PHASES))}.")
    return change.model_copy(update={"value": phase})
