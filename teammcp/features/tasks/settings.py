"""The settings of tasks: the table ``[plugins.tasks]``."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator


class TaskSettings(BaseModel):
    """When people are reminded of tasks."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    due_soon_hours: int = Field(
        24, ge=1, le=24 * 30, description="Hours before a task is due that it is called to mind"
    )
    checkin_hour: int = Field(9, ge=0, le=23, description="The hour of check-ins, in the assignee's time zone")
    stuck_minutes: list[Annotated[int, Field(ge=1)]] = Field(
        [30, 60, 120],
        max_length=10,
        description="Minutes without a sign of work after which the assignee, its superior and so on up hear of it",
    )

    @field_validator("stuck_minutes")
    @classmethod
    def _rising(cls, minutes: list[int]) -> list[int]:
        if minutes != sorted(set(minutes)):
            raise ValueError("each must be greater than the one before")
        return minutes
