"""What a plugin brings to notify members by: an object with a name that delivers one notification at a time."""

from __future__ import annotations

from dataclasses import dataclass

from ...server import Host, Server, StateKey
from .models import Reason

DAY = 86_400.0


@dataclass(frozen=True)
class Notification:
    """One message for one member by one notifier.

    Attributes:
        id: the same at each attempt, so that a service that knows it need not deliver twice.
        address: the member's, as `Notifier.check` returned it.
        content: the beginning of the message.
    """

    id: int
    team: str
    agent: str
    address: str
    reason: Reason
    message_id: int
    channel: str
    sender: str
    content: str


class Undeliverable(Exception):
    """Raise it from `Notifier.deliver` where another attempt would fail as well: the address does not exist."""


class TryLater(Exception):
    """Raise it from `Notifier.deliver` to have nothing delivered by this notifier for some seconds: a rate limit.

    That is a second at least and a day at most.
    """

    def __init__(self, seconds: float, reason: str = "the service asks to wait") -> None:
        super().__init__(reason)
        self.seconds = min(max(1.0, seconds), DAY)


class Notifier:
    """A way to notify. Contribute it with the hook ``register_notifiers``.

    Attributes:
        name: stands in addresses and notifications for good.
        title: for people.
    """

    name: str
    title: str

    def check(self, address: str) -> str:
        """The address as it is to be kept.

        Raises:
            ValueError: it is none; the text says what one looks like.
        """
        return address

    async def deliver(self, notification: Notification) -> None:
        """Hand one notification over; it has half a minute. One is delivered at a time in each team.

        Raises:
            Undeliverable: it has failed for good.
            TryLater: nothing by this notifier for that long.
            Exception: anything else is tried again, later and later, until it is given up. Of it the member sees only
                what kind it was, since its text may hold a secret; that of the other two it reads.
        """
        raise NotImplementedError


NOTIFIERS: StateKey[dict[str, Notifier]] = StateKey("notifications.notifiers", dict)


def collect(server: Server) -> None:
    """Ask the plugins for their notifiers, once. One that brings something else is switched off."""
    found: dict[str, Notifier] = {}
    for plugin, notifiers in server.plugins.collect("register_notifiers"):
        try:
            found |= _checked(notifiers, found)
        except (TypeError, ValueError):
            server.plugins.fail(plugin)
    server.state[NOTIFIERS] = found


def _checked(notifiers: list[Notifier], others: dict[str, Notifier]) -> dict[str, Notifier]:
    for notifier in notifiers:
        if not isinstance(notifier, Notifier):
            raise TypeError(f"register_notifiers: {notifier!r} is no Notifier")
        if notifier.name in others:
            raise ValueError(f"register_notifiers: there is a notifier called {notifier.name!r} already")
    return {notifier.name: notifier for notifier in notifiers}


def of(server: Host) -> dict[str, Notifier]:
    """The notifiers of a server, by name."""
    return server.state[NOTIFIERS]
