"""The settings of the inbox: the table ``[plugins.inbox]``."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class InboxSettings(BaseModel):
    """When senders hear that their messages are not answered."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    confirm_seconds: int = Field(
        30, ge=1, description="Seconds for a sign of having a message, after which it comes again to another reader"
    )
    offline_minutes: int = Field(
        30, ge=1, description="Minutes offline after which who asked a member for something hears that it is away"
    )
