"""What a plugin brings to notify members by: an object with a name that delivers one notification at a time."""

from __future__ import annotations

from dataclasses import dataclass

from ...operations import Context
from ...server import Host, Server, StateKey
from ...storage import Reader

DAY = 86_400.0


@dataclass(frozen=True)
class Told:
    """One thing of which a notification tells.

    Attributes:
        kind: the name of its kind, such as ``mention``.
        content: a line of the server, or the beginning of the message that it is.
        path: the page that shows how it stands now, from the root of the dashboard.
        at: when it came to be, in UTC milliseconds.
        message_id, channel, sender: of the message that tells of it; None and empty if none does.
    """

    kind: str
    content: str
    path: str
    at: int
    message_id: int | None = None
    channel: str = ""
    sender: str = ""


@dataclass(frozen=True)
class Notification:
    """What one member is told by one notifier at once: one thing, or many that have come together.

    Attributes:
        id: the same at each attempt, so that a service that knows it need not deliver twice.
        address: one of the member's, as `Notifier.check` returned it.
        title: what it is about, in a few words: who has written where, or how much there is.
        content: what it says, as plain text; for a notifier that has room for no more.
        path: the page that shows how things stand now, from the root of the dashboard.
        language: in which title and content are written.
        things: all of which it tells, the oldest first.
    """

    id: int
    team: str
    agent: str
    address: str
    title: str
    content: str
    path: str
    language: str
    things: tuple[Told, ...]


@dataclass(frozen=True)
class Accepted:
    """Return it from `Notifier.deliver` where the service has taken the notification over, and said so.

    That is no sign yet that the member has seen it. ``reference`` is what the service calls it, if it does.
    """

    reference: str = ""


class Undeliverable(Exception):
    """Raise it from `Notifier.deliver` where another attempt would fail as well.

    Args:
        reason: for the member.
        gone: whether the address is of no use any more, such as that of a browser which has taken its leave back; it is
            forgotten then.
    """

    def __init__(self, reason: str = "", *, gone: bool = False) -> None:
        super().__init__(reason)
        self.gone = gone


class TryLater(Exception):
    """Raise it from `Notifier.deliver` to have nothing delivered by this notifier for some seconds: a rate limit.

    That is a second at least and a day at most.
    """

    def __init__(self, seconds: float, reason: str = "the service asks to wait") -> None:
        super().__init__(reason)
        self.seconds = min(max(1.0, seconds), DAY)


class NotNow(Exception):
    """Raise it from `Notifier.deliver` where one member cannot be reached for now, and others can.

    What waits for the member stays, and is told together once the plugin calls ``resume_notifications``: the member has
    written, say, and the service lets it be answered. It is no attempt, and is given up like any other.

    Args:
        reason: for the member.
        seconds: after which it is tried in any case; None: only when it would be given up.
    """

    def __init__(self, reason: str, seconds: float | None = None) -> None:
        super().__init__(reason)
        self.seconds = None if seconds is None else max(1.0, seconds)


class Notifier:
    """A way to notify. Contribute it with the hook ``register_notifiers``.

    Attributes:
        name: stands in addresses and notifications for good.
        title: for people.
        several: whether a member can have several addresses, as with browsers of several devices: each gets all.
        address_page: the page on which a member gives its address, where it takes more than to type one: it may have to
            be confirmed. Empty: a field on the page of notifications.
    """

    name: str
    title: str
    several: bool = False
    address_page: str = ""

    def begin(self, server: Server) -> bool:
        """Called once, as the server starts; whether it can be used: False where the settings do not set it up."""
        return True

    def check(self, address: str) -> str:
        """The address as it is to be kept.

        Raises:
            ValueError: it is none; the text says what one looks like.
        """
        return address

    def admit(self, context: Context, reader: Reader, address: str) -> None:
        """Refuse an address, as `check` returned it, that is not the actor's to use, or not yet: it is not confirmed.

        Raises:
            TeamError: why, and what to do. The address is not kept.
        """

    async def deliver(self, notification: Notification) -> Accepted | None:
        """Hand one notification over; it has half a minute. One is delivered at a time in each team.

        Returns:
            Accepted if the service has said that it has it, None if it was handed over and nothing is known.

        Raises:
            Undeliverable: it has failed for good.
            TryLater: nothing by this notifier for that long.
            NotNow: nothing by this notifier to this member for now.
            Exception: anything else is tried again, later and later, until it is given up. Of it the member sees only
                what kind it was, since its text may hold a secret; that of the others it reads.
        """
        raise NotImplementedError


NOTIFIERS: StateKey[dict[str, Notifier]] = StateKey("notifications.notifiers", dict)


def collect(server: Server) -> None:
    """Ask the plugins for their notifiers, once. One that brings something else is switched off."""
    found: dict[str, Notifier] = {}
    for plugin, notifiers in server.plugins.collect("register_notifiers"):
        try:
            found |= {each.name: each for each in _checked(notifiers, found) if each.begin(server)}
        except (TypeError, ValueError):
            server.plugins.fail(plugin)
    server.state[NOTIFIERS] = found


def _checked(notifiers: list[Notifier], others: dict[str, Notifier]) -> list[Notifier]:
    for notifier in notifiers:
        if not isinstance(notifier, Notifier):
            raise TypeError(f"register_notifiers: {notifier!r} is no Notifier")
        if notifier.name in others:
            raise ValueError(f"register_notifiers: there is a notifier called {notifier.name!r} already")
    return list(notifiers)


def of(server: Host) -> dict[str, Notifier]:
    """The notifiers of a server, by name."""
    return server.state[NOTIFIERS]
