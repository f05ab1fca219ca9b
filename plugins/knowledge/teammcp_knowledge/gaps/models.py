"""Public shapes of profiles and gaps."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from teammcp import (
    AnyWords,
    Author,
    ChannelRef,
    OwnRef,
    ProjectId,
    Result,
    StateFieldName,
    Timestamp,
    Words,
    json_excerpt,
    quote,
    rfc3339,
)

Pattern = Annotated[str, Field(min_length=1, max_length=256, pattern=r"^[A-Za-z0-9_.:*?-]+$")]
"""The name of a field, in which ``*`` stands for any characters and ``?`` for one."""
Patterns = Annotated[list[Pattern], Field(max_length=200)]
Projects = Annotated[list[ProjectId], Field(max_length=100)]
Channels = Annotated[list[Annotated[ChannelRef, Field(max_length=160)]], Field(max_length=100)]
FieldNames = Annotated[list[StateFieldName], Field(min_length=1, max_length=200)]
Name = Annotated[OwnRef, Field(min_length=1, max_length=64)]

__all__ = ["Channels", "FieldNames", "Name", "Patterns", "ProjectId", "Projects"]


class KnowledgeProfile(Result):
    """What a member wants to know of the shared state.

    Without ``relevant_fields`` every field is relevant; critical ones always are. Without projects it is "default".
    """

    agent_id: Author
    relevant_fields: list[str]
    critical_fields: list[str]
    participating_projects: list[str]
    participating_channels: list[str]
    last_known_versions: dict[str, dict[str, int]]
    """By project, then field: the versions that were acknowledged."""
    updated_at: Timestamp | None
    """Null: there is no profile yet."""

    def text(self) -> str:
        if self.updated_at is None:
            return f"{self.agent_id} has no knowledge profile. update_knowledge_profile makes one."
        parts = {
            "relevant": self.relevant_fields or ["*"],
            "critical": self.critical_fields or ["-"],
            "projects": self.participating_projects or ["default"],
            "channels": self.participating_channels or ["-"],
        }
        return f"{self.agent_id}: " + "; ".join(f"{name} {', '.join(values)}" for name, values in parts.items())


class Gap(Result):
    """A field that others have changed since the member last knew it."""

    project_id: str
    field: str
    critical: bool
    your_version: int
    """The last version you acknowledged, or wrote yourself; 0: none."""
    current_version: int
    changes_missed: int
    current_value: AnyWords
    current_value_omitted: bool = False
    """The value is too long to be shown here; get_state has it."""
    deleted: bool
    changed_by: Author
    changed_at: Timestamp
    summary: Words
    """Who changed what in the missed versions, the last few of them."""

    def text(self) -> str:
        value = (
            "deleted"
            if self.deleted
            else "a long value"
            if self.current_value_omitted
            else quote(json_excerpt(self.current_value))
        )
        mark = "CRITICAL " if self.critical else ""
        return (
            f"- {mark}{self.project_id}/{self.field}: v{self.your_version} → v{self.current_version} "
            f"({self.changes_missed} missed; by {self.changed_by}, {rfc3339(self.changed_at)[:16]}) = {value}\n"
            f"  {quote(self.summary)}"
        )


class KnowledgeGaps(Result):
    """What a member does not know yet, critical fields first. Acknowledge what you have taken in."""

    agent_id: Author
    project_id: str | None
    """Null: all projects of the profile."""
    gaps: list[Gap]
    critical_gaps: list[str]
    has_gaps: bool
    more: bool = False
    """There are more gaps than are shown; they come when these are acknowledged."""
    error: str | None = None
    """``no_profile``: nothing says yet what the member wants to know; update_knowledge_profile does."""
    hint: str | None = None

    def text(self) -> str:
        lines = [gap.text() for gap in self.gaps]
        if not lines:
            return self.hint or "You know all that has changed."
        if self.more:
            lines.append("(there are more)")
        return "\n".join([*lines, "acknowledge_knowledge_gaps takes the fields that you have taken in."])


class Acknowledged(Result):
    """The fields that are known now, and those that were never shown and so cannot be acknowledged."""

    acknowledged: bool
    agent_id: Author
    project_id: str
    fields: list[str]
    not_shown: list[str]
    """check_knowledge_gaps shows them first."""

    def text(self) -> str:
        done = f"Acknowledged: {', '.join(self.fields) or 'nothing'}."
        return f"{done} Not shown to you yet: {', '.join(self.not_shown)}." if self.not_shown else done


class GapCell(Result):
    """What one member misses in one place."""

    critical: int
    total: int


class GapRow(Result):
    """What one member misses, place by place; null where nothing concerns it."""

    agent: Author
    checked_at: Timestamp | None
    cells: list[GapCell | None]


class GapMatrix(Result):
    """Who misses what: members by projects or, of one project, by fields. A cell of a field counts versions."""

    project_id: str | None
    columns: list[str]
    rows: list[GapRow]
    more: bool
    """There are more fields with gaps than are shown."""
