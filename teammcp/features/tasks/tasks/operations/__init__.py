"""What can be done with tasks."""

from __future__ import annotations

from .creation import create_task, pin_task
from .deletion import delete_task
from .retrieval import get_task, get_task_history, list_tasks
from .settlement import settle_task_state
from .updates import done_task, update_task

OPERATIONS = [
    create_task,
    update_task,
    done_task,
    pin_task,
    delete_task,
    settle_task_state,
    list_tasks,
    get_task,
    get_task_history,
]
