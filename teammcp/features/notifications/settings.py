"""The settings of notifications: the table [plugins.notifications]."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class NotificationSettings(BaseModel):
    """The table ``[plugins.notifications]``."""

    model_config = ConfigDict(extra="forbid")

    spacing_seconds: int = Field(
        30,
        ge=0,
        le=3600,
        description="Between two to one member by one notifier; what comes meanwhile is told together",
    )
    give_up_hours: int = Field(24, ge=1, le=24 * 30, description="How long a notification is tried again")
