"""The settings of schedules: the table ``[plugins.schedules]``."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class ScheduleSettings(BaseModel):
    """What becomes of runs whose time came while nobody could do them."""

    model_config = ConfigDict(extra="forbid")

    grace_seconds: int = Field(
        3600, ge=0, description="How late a message is still sent whose time came while the server was down"
    )
