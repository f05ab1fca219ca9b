"""What events of secrets say: which one, and never what it holds."""

from __future__ import annotations

from ..events import EventData


class SecretEvent(EventData):
    """Which secret."""

    plugin: str
    name: str


class SecretSet(SecretEvent, kind="secret.set"):
    """A plugin's secret was entered or replaced."""


class SecretDeleted(SecretEvent, kind="secret.deleted"):
    """A plugin's secret was deleted."""


EVENT_KINDS = (SecretSet, SecretDeleted)
