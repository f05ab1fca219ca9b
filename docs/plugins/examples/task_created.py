"""Say in a channel what there is to do: a task of that channel, that nobody has yet."""

from teammcp import Context, Task, hookimpl


@hookimpl
async def task_created(context: Context, task: Task) -> None:
    if task.channel is not None and task.assignee is None:
        await context.call("send_message", channel=task.channel, content=f"Who takes task {task.id}: {task.title}?")
