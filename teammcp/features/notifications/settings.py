"""The settings of notifications: the table [plugins.notifications]."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class NotificationSettings(BaseModel):
    """The table ``[plugins.notifications]``."""

    model_config = ConfigDict(extra="forbid")

    give_up_hours: int = Field(24, ge=1, le=24 * 30, description="How long a notification is tried again")
