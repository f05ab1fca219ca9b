"""What tests of notifications share: a service that does what a test tells it to, and the plugin that brings it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from teammcp import Accepted, Notification, NotificationInfo, NotificationKind, Notifier, Team, Told, hookimpl
from teammcp.config import Settings
from teammcp.features.notifications.jobs import work_off
from teammcp.testing import Member, MovedClock, TestTeam, serve

Answer = Callable[[Notification], Exception | Accepted | None]


class Pager(Notifier):
    """A service that does what a test tells it to."""

    name = "pager"
    title = "A pager"

    def __init__(self, name: str = "pager", *, several: bool = False) -> None:
        self.name, self.several = name, several
        self.came: list[Notification] = []
        self.answer: Answer = lambda notification: None
        self.gate = asyncio.Event()
        self.gate.set()

    def check(self, address: str) -> str:
        if not address.isdigit():
            raise ValueError("a pager has a number")
        return address.lstrip("0")

    async def deliver(self, notification: Notification) -> Accepted | None:
        await self.gate.wait()
        self.came.append(notification)
        answer = self.answer(notification)
        if isinstance(answer, Exception):
            raise answer
        return answer


class Plugin:
    """Brings pagers and kinds, and notes what the hooks tell."""

    def __init__(self, *more: Pager, kinds: tuple[NotificationKind, ...] = ()) -> None:
        self.pager = Pager()
        self.pagers = {each.name: each for each in (self.pager, *more)}
        self.kinds = list(kinds)
        self.told: list[tuple[str, int]] = []

    @hookimpl
    def register_notifiers(self) -> list[Notifier]:
        return [*self.pagers.values()]

    @hookimpl
    def register_notification_kinds(self) -> list[NotificationKind]:
        return self.kinds

    @hookimpl
    def notification_queued(self, team: Team, notification: NotificationInfo, notifier: str) -> None:
        self.told.append(("queued", notification.id))

    @hookimpl
    def notification_settled(self, team: Team, notification: NotificationInfo, notifier: str, outcome: str) -> None:
        self.told.append((outcome, notification.id))


@asynccontextmanager
async def paged_team(settings: Settings, clock: MovedClock, plugin: Plugin) -> AsyncIterator[TestTeam]:
    """A team in which members can be paged."""
    async with serve(settings, clock, {"pagers": plugin}) as app:
        team = TestTeam(app, app.server, "default")  # type: ignore[attr-defined]
        await team.register_owner()
        yield team
        await team.close()


async def work(team: TestTeam) -> None:
    """Do what the server's job does each second, and wait for what it has begun."""
    for _ in range(2):
        await work_off(team.team)
        await team.server.settle()


async def say(member: Member, content: str, channel: str = "general", **more: Any) -> int:
    return int((await member.call("send_message", channel=channel, content=content, **more)).id)


async def listed(member: Member, **arguments: Any) -> list[Any]:
    found: list[Any] = (await member.call("list_notifications", **arguments)).root
    return found


def told(plugin: Plugin) -> list[Told]:
    """Everything of which the pager told, in order."""
    return [thing for notification in plugin.pager.came for thing in notification.things]


def outcomes(found: list[NotificationInfo]) -> list[str | None]:
    """What became of each by its first notifier."""
    return [each.deliveries[0].outcome for each in found]


def errors(found: list[NotificationInfo]) -> list[str | None]:
    return [each.deliveries[0].error for each in found]
