"""What the operations of tasks take: the fields of a task, and the types of their values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypedDict

from pydantic import AfterValidator, Field, WithJsonSchema

from ....arguments.fields import Attempts, Id, LeaseSeconds, Line, Metadata, NoneOrId, Priority, Token
from ....arguments.references import Reference
from ....operations import Context
from ...channels import CHANNEL, find_agent
from ...state import ProjectId, Value, key
from ..field_types import Description, Percent, Status, Title
from .models import TaskType

Labels = Annotated[list[Token], Field(max_length=20)]
Requires = Annotated[list[Token], Field(max_length=20)]
Dependencies = Annotated[list[Id], Field(max_length=1000)]
Weight = Annotated[int, Field(ge=1, le=1000)]
ProgressSeconds = Annotated[int, Field(ge=60, le=7 * 86_400)]
NoneOrInterval = Literal["daily", "weekly", "biweekly", ""]
NoneOrFieldName = Annotated[
    str,
    AfterValidator(lambda name: name and key(name)),
    WithJsonSchema({"type": "string", "maxLength": 256, "description": "a field of the shared state, or empty"}),
]
DueDate = Annotated[str, Field(max_length=40)]
Channel = Annotated[Line, Field(max_length=300), CHANNEL]


def find_assignee(context: Context, name: str, argument: str = "assignee") -> str:
    """The member whom an argument names, ``me`` for the actor.

    Raises:
        TeamError: there is none, or it was retired.
    """
    return context.actor.name if name == "me" else find_agent(context, name, argument).name


Assignee = Annotated[Line, Field(max_length=300), Reference(find_assignee)]
"""An argument that names who is to do a task: a member, or ``me``."""


class TaskFields(TypedDict, total=False):
    """What can be said of a task when it is made or changed."""

    title: Title | None
    description: Description | None
    status: Status | None
    priority: Priority | None
    assignee: Assignee | None
    channel: Channel | None
    parent_id: NoneOrId | None
    goal_id: NoneOrId | None
    depends_on: Dependencies | None
    due_date: DueDate | None
    labels: Labels | None
    requires: Requires | None
    weight: Weight | None
    task_type: TaskType | None
    progress: Percent | None
    result: Description | None
    metadata: Metadata | None
    checkin_interval: NoneOrInterval | None
    related_state_project: ProjectId | None
    related_state: NoneOrFieldName | None
    target_value: Value
    max_attempts: Attempts | None
    lease_seconds: LeaseSeconds | None
    progress_seconds: ProgressSeconds | None


def without_none(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments that were given: what is left out is None."""
    return {name: value for name, value in arguments.items() if value is not None}
