"""Settings of the plugin, and the shape of its rules: those in the settings file and those made on the page."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from teammcp import OTHERS, Line, Result

WEEK = 7 * 24 * 60
YEAR = 366 * 24 * 60

Glob = Annotated[Line, Field(min_length=1, max_length=200)]
"""A name, or a pattern of ``*``, ``?`` and ``[…]``."""
Word = Annotated[Line, Field(min_length=1, max_length=65)]
Minutes = Annotated[int, Field(ge=1, le=YEAR)]
Quorum = Annotated[int, Field(ge=1, le=20)]
Approvers = Annotated[list[Word], Field(min_length=1, max_length=20)]
"""Names of members, or the access levels ``owner``, ``manager``, ``member``: everybody of that level or above it."""


class Rule(Result):
    """Which calls of an operation wait for whom."""

    operation: Glob
    arguments: Annotated[dict[str, Annotated[Glob, OTHERS]], Field(max_length=20)] = {}
    """By argument, the pattern its value has to match; a value that is no text is compared as JSON."""
    who: Annotated[list[Word], Field(max_length=50)] = []
    """Whose calls: names, kinds (``human``, ``agent``, ``service``) or access levels. Empty: everybody's."""
    approvers: Approvers = ["manager"]
    quorum: Quorum = 1
    expires_minutes: Minutes | None = None
    note: Annotated[Line, Field(max_length=200), OTHERS] = ""
    """What approvers and proposers read as the reason."""


class PermissionRule(Result):
    """What is decided about the tools of an agent's program without, or with, a person."""

    tool: Glob
    input: Annotated[dict[str, Annotated[Glob, OTHERS]], Field(max_length=20)] = {}
    """By part of the tool's input, the pattern it has to match."""
    who: Annotated[list[Word], Field(max_length=50)] = []
    decision: Literal["deny", "ask", "allow"]
    note: Annotated[Line, Field(max_length=200), OTHERS] = ""


class ApprovalSettings(BaseModel):
    """The table ``[plugins.approvals]``."""

    model_config = ConfigDict(extra="forbid")

    expires_minutes: Minutes = Field(WEEK, description="How long a question waits, if no rule says otherwise")
    rules: list[Rule] = Field([], description="Operations that wait for approval")
    permission_rules: list[PermissionRule] = Field([], description="What agents' tools may do without a person")
    permission_approvers: Approvers = Field(["manager"], description="Who is asked when an agent's tool needs leave")
    permission_seconds: Annotated[int, Field(ge=1, le=600)] = Field(
        300, description="How long an agent's program waits for that answer, if it does not say; then it is denied"
    )
