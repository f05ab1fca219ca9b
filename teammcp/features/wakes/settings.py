"""The settings of waking: the table ``[plugins.wakes]``."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class WakeSettings(BaseModel):
    """When the program of an agent that sits idle is rung, and when that is given up."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    idle_seconds: float = Field(
        1, ge=0, description="Seconds that an agent has to be idle before it is rung: its own hooks may be quicker"
    )
    sign_seconds: float = Field(10, ge=1, description="Seconds for a sign of the program after which it is rung again")
    rings: int = Field(3, ge=1, le=10, description="How often it is rung until its sender hears that it is not reached")
    fresh_minutes: int = Field(60, ge=1, description="Minutes after which a message rings nobody any more")
    hourly: int = Field(60, ge=0, description="How often one agent is rung in an hour; 0 is no limit")
