"""Kinds of what members are told outside of TeamMCP: plugins bring them, each finds its occasions in the log."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from ...events import Event
from ...operations import Context
from ...server import Host, Server, StateKey
from ...storage import Reader
from .timing import URGENCIES, Urgency

LONGEST_KEY = 200


@dataclass(frozen=True)
class Occasion:
    """Something that one member is to be told.

    Attributes:
        agent: the member.
        key: what it is a state of, such as ``task 7``: of one kind and key a newer occasion takes the place of one that
            waits. Empty if it is no state of anything.
        content: a line of text, in the words of the server. Empty for a message, which says it itself.
        path: the page that shows how it stands now, such as ``/tasks/7``.
        message_id: the message that tells of it, if one does.
    """

    agent: str
    key: str = ""
    content: str = ""
    path: str = ""
    message_id: int | None = None


class NotificationKind:
    """One kind of what members are told. Contribute it with the hook ``register_notification_kinds``.

    Attributes:
        name: stands in preferences and notifications for good, such as ``task_done``.
        title: for people, marked for translation.
        urgency: what counts until a member says something else.
        events: the kinds of events in which it finds occasions.
        many: how several are told as one, marked with ``mark_many``: ``%(num)s agents are blocked``.
    """

    name: str
    title: str
    urgency: Urgency = "now"
    events: Collection[str]
    many: tuple[str, str]

    def occasions(self, context: Context, reader: Reader, event: Event) -> Iterable[Occasion]:
        """Whom an event is told to, and how. It is asked within a transaction, so it only reads.

        Of an event each member is told by one kind: those of plugins are asked first, in the order of their names.
        """
        raise NotImplementedError

    def is_over(self, context: Context, reader: Reader, occasion: Occasion) -> bool:
        """Whether nobody needs to be told any more: it was decided, say, or ended. What a member has read never is."""
        return False


KINDS: StateKey[dict[str, NotificationKind]] = StateKey("notifications.kinds", dict)


def collect(server: Server, own: Iterable[NotificationKind]) -> None:
    """Ask the plugins for their kinds, once; the core's ``own`` come last. One that brings others is switched off."""
    found: dict[str, NotificationKind] = {}
    last = {kind.name: kind for kind in own}
    for plugin, kinds in server.plugins.collect("register_notification_kinds"):
        try:
            found |= _checked(kinds, {**found, **last})
        except (TypeError, ValueError):
            server.plugins.fail(plugin)
    server.state[KINDS] = {**found, **last}


def _checked(kinds: list[NotificationKind], others: Collection[str]) -> dict[str, NotificationKind]:
    for kind in kinds:
        if not isinstance(kind, NotificationKind):
            raise TypeError(f"register_notification_kinds: {kind!r} is no NotificationKind")
        if kind.name in others:
            raise ValueError(f"register_notification_kinds: there is a kind called {kind.name!r} already")
        if kind.urgency not in URGENCIES:
            raise ValueError(f"register_notification_kinds: {kind.name}: urgency is one of {', '.join(URGENCIES)}")
    return {kind.name: kind for kind in kinds}


def of(server: Host) -> dict[str, NotificationKind]:
    """The kinds of a server, by name, in the order in which they are asked."""
    return server.state[KINDS]
