"""Public shapes of the shared state."""

from __future__ import annotations

import json
import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, PrivateAttr, RootModel, WithJsonSchema

from ...arguments.fields import Text, Timestamp, json_within
from ...clock import rfc3339
from ...operations import Result
from ...storage import LARGEST_ID
from ...text.excerpts import excerpt
from ...text.untrusted import AnyWords, Author, Words, quote

VALUE_BYTES = 64 * 1024
VALUE_DEPTH = 16
SHORT = 200
"""Characters of a value's JSON in a compact text."""

KEY = r"^\.*[A-Za-z0-9_:-][A-Za-z0-9_.:-]*$"
"""Not dots alone, which mean other things in paths."""


def key(text: str) -> str:
    """Check the name of a field or project.

    Raises:
        ValueError: says what it may be made of.
    """
    if not re.fullmatch(KEY, text) or len(text) > 256:
        raise ValueError("must be made of 1 to 256 of the characters A–Z a–z 0–9 _ - . : and not of dots alone")
    return text


ProjectId = Annotated[
    str,
    AfterValidator(key),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": 256, "pattern": KEY}),
]
"""What groups fields: letters, digits and ``_ - . :``"""

FieldName = ProjectId
"""The name of a field within its project, of the same characters."""

Value = Annotated[
    JsonValue,
    AfterValidator(json_within(VALUE_BYTES, VALUE_DEPTH)),
    WithJsonSchema({"description": "any JSON value"}),
]
"""What a field holds: any JSON, null too."""

Version = Annotated[int, Field(ge=0, le=LARGEST_ID)]
Reason = Annotated[Text, Field(max_length=2000)]


def dumps(value: Any) -> str:
    """A value as it is stored."""
    return json.dumps(value, ensure_ascii=False)


def short(value: Any, length: int = SHORT) -> str:
    """A value in one line of at most ``length`` characters."""
    return excerpt(dumps(value), length)


def fitting(name: str, value: Any, size: int) -> dict[str, Any]:
    """``{name: value}``; in place of a value of more than ``size`` bytes, ``{f"{name}_omitted": True}``."""
    if len(dumps(value).encode()) > size:
        return {name: None, f"{name}_omitted": True}
    return {name: value}


class StateField(Result):
    """A field of the shared state."""

    project_id: str
    field: str
    value: AnyWords
    owner: str
    approver: str | None
    approval_required: bool
    subscribers: list[str]
    version: int
    updated_at: Timestamp
    updated_by: Author

    def text(self) -> str:
        guard = f", needs approval by {self.approver or 'a manager'}" if self.approval_required else ""
        when = rfc3339(self.updated_at)[:16]
        about = f"version {self.version} by {self.updated_by}, {when}; owner {self.owner}{guard}"
        return f"{self.project_id}.{self.field} = {quote(dumps(self.value))} ({about})"


class StateFields(Result):
    """A project's fields by name: ``limit`` of ``total``. ``next``, as the cursor, goes on behind them."""

    project_id: str
    items: list[StateField]
    total: int
    limit: int
    offset: int
    next: str | None = None

    def text(self) -> str:
        more = [] if self.next is None else [f"(cursor={self.next} for more)"]
        return "\n".join([f"{self.project_id}: {self.total} fields", *map(_field_line, self.items), *more])


def _field_line(field: StateField) -> str:
    """One field among others."""
    about = f"version {field.version} by {field.updated_by}, {rfc3339(field.updated_at)[:16]}"
    return f"{field.field} = {quote(short(field.value))} ({about})"


class StateFound(RootModel[StateField | StateFields | None]):
    """One field, or null; or all fields of a project."""

    def text(self) -> str:
        """The compact text."""
        return "no such field" if self.root is None else self.root.text()


class StateWritten(Result):
    """A field has a new version."""

    success: bool = True
    project_id: str
    field: str
    version: int
    created: bool = False
    deleted: bool = False

    def text(self) -> str:
        what = "created" if self.created else "deleted" if self.deleted else "set"
        return f"{self.field} {what}: version {self.version}"


class StateConcluded(Result):
    """Several fields have new versions, all at once."""

    success: bool = True
    project_id: str
    fields: list[StateWritten]

    def text(self) -> str:
        return "\n".join(item.text() for item in self.fields)


class StateEntry(Result):
    """One version of a field. ``old_value`` is that of the version before; ``grant`` is what it was approved under."""

    id: int
    project_id: str
    field: str
    version: int
    action: Literal["created", "changed", "deleted"]
    old_value: AnyWords
    value: AnyWords
    owner: str
    approver: str | None
    approval_required: bool
    changed_by: Author
    changed_at: Timestamp
    reason: Words
    grant: str | None

    def text(self) -> str:
        change = "deleted" if self.action == "deleted" else f"= {quote(short(self.value))}"
        by = f"{self.changed_by}, {rfc3339(self.changed_at)[:16]}"
        reason = f": {quote(self.reason)}" if self.reason else ""
        return f"{self.id} {self.field} {change} (version {self.version} by {by}{reason})"


class StateHistory(RootModel[list[StateEntry]]):
    """Versions of fields, newest first; the last one's ``id`` is the ``before`` of the next page."""

    _more: bool = PrivateAttr(default=False)

    @classmethod
    def page(cls, entries: list[StateEntry], *, more: bool) -> StateHistory:
        """Some of them; ``more``: there are older ones, which the text says."""
        made = cls(entries)
        made._more = more
        return made

    def text(self) -> str:
        """One line a version."""
        more = [f"(more: before={self.root[-1].id})"] if self._more else []
        return "\n".join([*(entry.text() for entry in self.root), *more]) or "no changes"


class Project(Result):
    """A project, which is there as long as it has fields."""

    project_id: str
    fields: int
    updated_at: Timestamp
    updated_by: Author


class ProjectList(Result):
    """Projects by name. ``next`` is the ``after`` of the following page."""

    projects: list[Project]
    next: str | None

    def text(self) -> str:
        return "\n".join(f"{project.project_id}: {project.fields} fields" for project in self.projects) or "no projects"


class Conclusion(Result):
    """One of several fields to set together."""

    field: FieldName
    value: Value
    reason: Reason = ""
    expected_version: Version | None = None


class Subscribed(Result):
    """The fields one has subscribed to, or no longer has."""

    success: bool = True
    project_id: str
    subscribed: list[str] = []
    unsubscribed: list[str] = []


class SeenField(Result):
    """A change that one has seen, as ``state_changes`` in the inbox showed it."""

    field: FieldName
    version: Version
    project_id: ProjectId = "default"


class StateAcked(Result):
    """How many changes are out of the inbox now."""

    acknowledged: int


class StateNews(Result):
    """A field that others have changed, as a subscriber's inbox shows it. A long value is left out."""

    project_id: str
    field: str
    version: int
    changed_by: Author
    changed_at: Timestamp
    value: AnyWords
    value_omitted: bool = False
    deleted: bool = False
    changes_missed: int


class StateChange(BaseModel):
    """A change of one field, as the hooks ``before_state_change`` and ``state_changed`` see it."""

    model_config = ConfigDict(extra="forbid")

    project_id: str
    field: str
    value: Any = None
    """The new value; of a deletion, null."""
    deleting: bool = False
    reason: str = ""
    expected_version: int | None = None
    owner: str | None = None
    """The new owner; None: it stays, or is the actor if the field is new."""
    approver: str | None = None
    """The new approver; None: it stays; empty: there is none any more."""
    approval_required: bool | None = None
    """None: it stays."""
    subscribers: list[str] = []
    """Members who are subscribed along with the change."""
    old: StateField | None = None
    """The field as it is; None if there is none. In ``state_changed``: as it was."""
    allowed: bool = False
    """Whether the actor may make this change by its own right; a plugin that lets it do so returns a copy with True."""
    version: int | None = None
    """The field's new version; None before the change."""
    operation: str
    """The call that leads to this change, for whoever stores it to be made later: the operation's name …"""
    arguments: dict[str, Any]
    """… and its arguments."""


class RouteTask(Result):
    """What an agent is about to change."""

    affected_fields: Annotated[list[FieldName], Field(min_length=1, max_length=100)]
    uncertainty: Literal["low", "medium", "high"] = "low"
    atomic: bool = False


class Route(Result):
    """How to go about one field."""

    field: str
    action: Literal["write_state", "submit_approval", "start_discussion"]
    reason: str
    owner: str | None = None
    approver: str | None = None


class Routes(Result):
    """How to go about the fields of a task; ``uncertainty`` as it turned out."""

    agent_id: Author
    project_id: str
    uncertainty: Literal["low", "medium", "high"]
    routes: list[Route]

    def text(self) -> str:
        return "\n".join(f"{route.field}: {route.action} ({route.reason})" for route in self.routes)
