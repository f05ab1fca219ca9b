"""Let no task be done without a result, and label what is urgent."""

from teammcp import Refused, TaskChange, hookimpl


@hookimpl
def before_task_change(change: TaskChange) -> TaskChange | None:
    values, task = change.values, change.task
    if task is not None and values.get("status") == "done" and not (values.get("result") or task.result):
        raise Refused("Say in 'result' what came of the task.")
    if values.get("priority") == "urgent":
        labels = values.get("labels", [] if task is None else task.labels)
        return change.model_copy(update={"values": {**values, "labels": [*labels, "pager"]}})
    return None
