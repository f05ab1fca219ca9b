"""Public shapes of tasks."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import BaseModel, JsonValue

from ....arguments.fields import Priority, Timestamp
from ....clock import rfc3339
from ....operations import Result
from ....text.excerpts import excerpt
from ....text.untrusted import OTHERS, AnyWords, Author, Words, fence, quote
from ..field_types import Status

TaskType = Literal["task", "milestone"]
Interval = Literal["daily", "weekly", "biweekly"]

SHOWN_VALUE = 200
"""Characters of a value in a line."""


class Lease(Result):
    """Who works on a task, and until when that holds without a sign of life (lease) or of progress (progress)."""

    agent: Author
    lease_expires_at: Timestamp
    progress_due_at: Timestamp


class TaskRef(Result):
    """A task as another one names it. What the reader may not see has neither title nor assignee."""

    id: int
    title: Words | None
    status: Status
    assignee: str | None
    progress: int


class Task(Result):
    """One task. Times are null until they happen."""

    id: int
    title: Words
    description: Words
    status: Status
    priority: Priority
    task_type: TaskType
    creator: Author
    assignee: str | None
    channel: str | None
    parent_id: int | None
    goal_id: int | None
    source_msg: int | None
    weight: int
    due_date: Timestamp | None
    labels: list[str]
    requires: list[str]
    """The capabilities that an agent needs to be given this task by claim_next_task."""
    depends_on: list[int]
    pending_deps: list[int]
    """Those of ``depends_on`` that are not done yet."""
    progress: int
    """Percent; with subtasks, their weighted mean."""
    reported_progress: int | None
    """What was reported of the task itself, where its subtasks come to something else."""
    children_count: int
    children_done: int
    result: Words
    metadata: dict[str, AnyWords] | None
    checkin_interval: Interval | None
    related_state_project: str | None
    related_state: str | None
    target_value: Annotated[JsonValue, OTHERS]
    state_linked_by: str | None = None
    """Who said so, without whose right to set it nobody sets it."""
    state_pending: bool
    """The task is done, but the field of the shared state that goes with it waits for an approval."""
    lease: Lease | None
    attempts: int
    max_attempts: int
    lease_seconds: int
    progress_seconds: int
    created_at: Timestamp
    updated_at: Timestamp
    started_at: Timestamp | None
    closed_at: Timestamp | None

    def text(self) -> str:
        return task_line(self)


class TaskDetail(Task):
    """One task with what stands around it."""

    children: list[TaskRef]
    dependencies: list[TaskRef]
    dependents: list[TaskRef]
    """The tasks that wait for this one."""

    def text(self) -> str:
        parts = [task_line(self)]
        if self.description:
            parts.append(f"Description: {quote(self.description)}")
        parts += [f"  subtask {_ref(child)}" for child in self.children]
        parts += [f"  needs {_ref(other)}" for other in self.dependencies]
        parts += [f"  wanted by {_ref(other)}" for other in self.dependents]
        if self.result:
            parts.append(f"Result: {quote(self.result)}")
        return fence(parts)


class TaskAnswer(Result):
    """A task, and what its change brought about."""

    task: Task
    unblocked: list[int] = []
    """The tasks that may be claimed now that this one is done."""
    approval: AnyWords = None
    """What the approval says that the linked state waits for, if it does."""

    def text(self) -> str:
        parts = [self.task.text()]
        if self.unblocked:
            parts.append(f"Unblocked: {', '.join(map(str, self.unblocked))}.")
        if self.task.state_pending:
            parts.append(f"{self.task.related_state_project}.{self.task.related_state} waits for an approval.")
        return "\n".join(parts)


class TaskDetailAnswer(Result):
    """A task with what stands around it."""

    task: TaskDetail

    def text(self) -> str:
        return self.task.text()


class TaskList(Result):
    """One page of tasks; ``total`` counts all that fit. ``next``, as the cursor, goes on behind it.

    With ``offset``, what is changed meanwhile can be left out of all pages or stand in two.
    """

    tasks: list[Task]
    total: int
    limit: int
    offset: int
    next: str | None = None

    def text(self) -> str:
        if not self.tasks:
            return "(no tasks)"
        text = fence(map(task_line, self.tasks))
        return text if self.next is None else f"{text}\n({self.total} in all; cursor={self.next} for more)"


class DeletedTask(Result):
    """A task that is no more."""

    id: int
    deleted: Literal[True] = True


class FieldChange(Result):
    """One field of a task before and after a change."""

    field: str
    old: Annotated[JsonValue, OTHERS]
    new: Annotated[JsonValue, OTHERS]


class HistoryEntry(Result):
    """One change of a task, or a comment on it."""

    id: int
    task_id: int
    actor: Author
    action: str
    changes: list[FieldChange]
    comment: Words
    created_at: Timestamp

    def text(self) -> str:
        what = "; ".join(f"{change.field}: {_plain(change.old)} → {_plain(change.new)}" for change in self.changes)
        told = f"{quote(what)} {quote(self.comment)}".strip()
        return f"[{rfc3339(self.created_at)[:16]}] {self.actor} {self.action} {told}".strip()


class TaskHistory(Result):
    """What happened to a task, oldest first."""

    history: list[HistoryEntry]
    more: bool

    def text(self) -> str:
        if not self.history:
            return "(nothing)"
        text = fence(entry.text() for entry in self.history)
        return f"{text}\n(more: after={self.history[-1].id})" if self.more else text


class TaskChange(BaseModel):
    """A change that is about to be made, as ``before_task_change`` sees and may change it."""

    task: Task | None
    """The task as it is; None for one that is to be created."""
    action: str
    """``created``, ``updated``, ``done``, ``deleted``, ``claimed``, ``completed``, ``failed``, ``released``, …"""
    values: dict[str, Any]
    """The arguments of the operation that are given: the fields that get new values."""


def task_line(task: Task) -> str:
    """One task for a model."""
    who = f" @{task.assignee}" if task.assignee else ""
    due = f" due {rfc3339(task.due_date)[:16]}" if task.due_date else ""
    waits = f" waits for {', '.join(map(str, task.pending_deps))}" if task.pending_deps else ""
    labels = "".join(f" #{label}" for label in task.labels)
    state = f"{task.status} {task.priority}{who}{due} {_progress(task)}{waits}"
    head = f"[task {task.id}] {state} by {task.creator}, {rfc3339(task.created_at)[:16]}"
    return f"{head}: {quote(task.title)}{labels}{_link(task)}"


def _link(task: Task) -> str:
    """What finishing a task sets, for whoever is about to."""
    if task.related_state is None:
        return ""
    value = json.dumps(task.target_value, ensure_ascii=False)
    shown = excerpt(value, SHOWN_VALUE)
    field = f"{task.related_state_project}.{task.related_state}"
    return f" | done, it sets {field} = {quote(shown)} (linked by {task.state_linked_by or task.creator})"


def _progress(task: Task) -> str:
    if task.reported_progress is None:
        return f"{task.progress}%"
    return f"{task.progress}% (by its subtasks; {task.reported_progress}% was reported)"


def _plain(value: JsonValue) -> str:
    """A value of a field: text as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _ref(ref: TaskRef) -> str:
    return f"[task {ref.id}] {ref.status}: {quote(ref.title or '(not yours to see)')}"
