"""The settings of the guard: the table ``[plugins.guard]``."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class GuardSettings(BaseModel):
    """When agents are stopped, and what a day may cost. 0 switches a limit off."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    exchange: int = Field(
        12, ge=0, description="Messages that two agents may exchange in one channel without a person's word between"
    )
    exchange_seconds: int = Field(60, ge=1, description="The time for which these messages count")
    monologue: int = Field(
        30, ge=0, description="Messages that an agent may send to one channel while nobody else says anything"
    )
    monologue_seconds: int = Field(300, ge=1, description="The time for which these messages count")
    repeats: int = Field(5, ge=0, description="How often an agent may say the same in one channel")
    repeats_seconds: int = Field(600, ge=1, description="The time for which repetitions count")
    daily_messages: int = Field(0, ge=0, description="Messages that an agent may send in a day")
    daily_tokens: int = Field(0, ge=0, description="Tokens, in and out, that an agent may report in a day")
    daily_cost_usd: float = Field(0, ge=0, description="US dollars that an agent may report in a day")
