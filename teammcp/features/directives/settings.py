"""The settings of directives and output: the table ``[plugins.directives]``."""

from __future__ import annotations

import re

from pydantic import BaseModel, ConfigDict, Field, field_validator


class DirectiveSettings(BaseModel):
    """How much of agents' output is kept, and what is taken out of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    output_chunks: int = Field(1000, ge=1, le=100_000, description="Chunks of output kept of each agent")
    output_bytes: int = Field(1024 * 1024, ge=1024, description="Bytes of output kept of each agent")
    redact: list[str] = Field(
        default_factory=list, max_length=50, description="Regular expressions of what output must not hold"
    )

    @field_validator("redact")
    @classmethod
    def _expressions(cls, patterns: list[str]) -> list[str]:
        for pattern in patterns:
            try:
                found = re.compile(pattern)
            except re.error as error:
                raise ValueError(f"'{pattern}' is no regular expression: {error}") from None
            if found.match(""):
                raise ValueError(f"'{pattern}' fits everywhere; make it more narrow")
        return patterns
