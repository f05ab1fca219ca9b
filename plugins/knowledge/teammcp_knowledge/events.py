"""What events of findings, of what members want to know, and of the team's memory say."""

from __future__ import annotations

from teammcp import AnyWords, EventData, Words


class FindingEvent(EventData):
    """Which finding."""

    content_id: str
    title: Words
    tags: list[str]
    contributor_count: int
    reason: Words


class FindingPosted(FindingEvent, kind="knowledge.posted"):
    """Somebody posted a finding, or one more member found the same."""


class FindingRetracted(FindingEvent, kind="knowledge.retracted"):
    """A finding was retracted."""


class FindingRevived(FindingEvent, kind="knowledge.revived"):
    """A retracted finding holds again."""


class ProfileChanged(EventData, kind="knowledge.profile_changed"):
    """What a member wants to know of the shared state was changed."""

    changes: dict[str, list[str]]


class GapsAcknowledged(EventData, kind="knowledge.acknowledged"):
    """A member acknowledged changes of the shared state."""

    project_id: str
    versions: dict[str, int]


class KeyEvent(EventData):
    """Which key, and its version."""

    namespace: Words
    key: Words
    version: int
    lclock: int


class MemorySet(KeyEvent, kind="memory.set"):
    """A key of the team's memory was set."""

    created: bool
    value: AnyWords
    value_omitted: bool = False


class MemoryDeleted(KeyEvent, kind="memory.deleted"):
    """A key of the team's memory was deleted."""


EVENT_KINDS = (
    FindingPosted,
    FindingRetracted,
    FindingRevived,
    ProfileChanged,
    GapsAcknowledged,
    MemorySet,
    MemoryDeleted,
)
