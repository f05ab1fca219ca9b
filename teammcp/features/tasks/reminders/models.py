"""Kinds of reminders, and what is answered to one."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ....operations import Result

Kind = Literal["due_soon", "overdue", "check_in", "stuck"]
Level = Annotated[int, Field(ge=0, le=9)]
"""How far up the chain somebody is told of a task that is stuck, from 0."""


class Reminded(Result):
    """Who was reminded of a task; nobody, if there was no reason any more."""

    task_id: int
    recipients: list[str]


def name_of(kind: Kind, level: int) -> str:
    """What a reminder is remembered by."""
    return f"{kind}-{level}" if kind == "stuck" else kind
