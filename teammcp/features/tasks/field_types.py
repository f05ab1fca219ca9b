"""Field types and lists of values that tasks, goals and claims share."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ...arguments.fields import Line, NotBlank, Text

Status = Literal["todo", "doing", "blocked", "done", "failed", "cancelled"]
STATUSES: tuple[Status, ...] = ("todo", "doing", "blocked", "done", "failed", "cancelled")
OPEN: tuple[Status, ...] = ("todo", "doing", "blocked")
"""The statuses of a task that somebody may still have to do something about."""

Title = Annotated[Line, Field(max_length=200), NotBlank]
Description = Annotated[Text, Field(max_length=20_000)]
Comment = Annotated[Text, Field(max_length=5_000)]
Percent = Annotated[int, Field(ge=0, le=100)]
