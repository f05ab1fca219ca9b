"""What events of the shared state say."""

from __future__ import annotations

from ...events import EventData
from ...text.untrusted import AnyWords, Author, Words
from .models import SeenField


class FieldEvent(EventData):
    """Which field, and what became of it. Of a long value only that it is left out is told."""

    project_id: str
    field: str
    version: int
    owner: str | None
    changed_by: Author
    reason: Words
    grant: str = ""
    """The approval by which it was made."""
    old_value: AnyWords
    old_value_omitted: bool = False
    value: AnyWords
    value_omitted: bool = False


class StateChanged(FieldEvent, kind="state.changed"):
    """A field of the shared state was made or changed."""


class StateDeleted(FieldEvent, kind="state.deleted"):
    """A field of the shared state was deleted."""


class SubscriptionEvent(EventData):
    """Which fields."""

    project_id: str
    fields: list[str]


class StateSubscribed(SubscriptionEvent, kind="state.subscribed"):
    """A member subscribed to fields."""


class StateUnsubscribed(SubscriptionEvent, kind="state.unsubscribed"):
    """A member ended subscriptions to fields."""


class StateAcknowledged(EventData, kind="state.acked"):
    """A member acknowledged changes of fields."""

    items: list[SeenField]


EVENT_KINDS = (StateChanged, StateDeleted, StateSubscribed, StateUnsubscribed, StateAcknowledged)
