"""Schedules across restarts: one server after the other on the same data."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from teammcp.config import Settings
from teammcp.features.schedules import queries
from teammcp.features.schedules.operations.runs import run_due
from teammcp.testing import Member, MovedClock, TestTeam, serve


class Life:
    """A server's data, and a key to it."""

    def __init__(self, settings: Settings, clock: MovedClock) -> None:
        self.settings = settings
        self.clock = clock
        self.key: str | None = None

    @asynccontextmanager
    async def server(self) -> AsyncIterator[TestTeam]:
        """The server, once more. Its own scheduler may look too; what it does then, it does at this clock's time."""
        async with serve(self.settings, self.clock) as app:
            team = TestTeam(app, app.server, "default")  # type: ignore[attr-defined]
            if self.key is None:
                await team.register_owner()
                self.key = team.owner.key
            team.owner = team.member("owner", self.key)
            yield team
            await team.close()


@pytest.fixture
def life(settings: Settings, clock: MovedClock) -> Life:
    """A server that comes and goes."""
    return Life(settings, clock)


async def sent(owner: Member) -> list[str]:
    return [message.content for message in (await owner.call("get_history", channel="general")).messages]


async def test_what_was_missed_is_made_up_for_once_or_skipped(life: Life, clock: MovedClock) -> None:
    async with life.server() as team:
        for content, rule in (
            ("young", {"at": "2026-01-01T14:30"}),
            ("old", {"at": "2026-01-01T13:00"}),
            ("often", {"every": "10 minutes"}),
            ("daily", {"cron_expr": "0 13 * * *"}),
        ):
            await team.owner.call("schedule_message", channel="general", content=content, **rule)
    clock.advance(hours=3, minutes=5)
    async with life.server() as team:
        await run_due(team.team)
        await run_due(team.team)
        assert sorted(await sent(team.owner)) == ["often", "young"]
        found = {each.content: each for each in (await team.owner.call("list_schedules")).schedules}
        assert {content: each.status for content, each in found.items()} == {
            "young": "ended",
            "old": "ended",
            "often": "active",
            "daily": "active",
        }
        assert found["often"].next_run == clock.now() + 5 * 60_000
        skipped = await team.events("schedule.skipped")
        assert {event.subject for event in skipped} == {str(found["old"].id), str(found["daily"].id)}
        (note,) = (await team.owner.call("get_history", channel="dm:system")).messages
        assert f"Schedule {found['old'].id}" in note.content


async def test_a_run_that_was_done_before_the_stop_is_not_done_again(life: Life, clock: MovedClock) -> None:
    async with life.server() as team:
        await team.owner.call("schedule_message", channel="general", content="hello", every="10 minutes")
        clock.advance(minutes=10)
        await run_due(team.team)
    for _ in range(3):
        async with life.server() as team:
            await run_due(team.team)
            assert await sent(team.owner) == ["hello"]
    clock.advance(minutes=10)
    async with life.server() as team:
        await run_due(team.team)
        assert await sent(team.owner) == ["hello", "hello"]


async def test_a_stop_between_the_message_and_its_step_leaves_neither(
    life: Life, clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with life.server() as team:
        await team.owner.call("schedule_message", channel="general", content="hello", every="10 minutes")
        clock.advance(minutes=10)

        def stop(*_: object) -> None:
            raise SystemError("the power is gone")

        with monkeypatch.context() as patch:
            patch.setattr(queries, "set_status", stop)
            await run_due(team.team)
        assert await sent(team.owner) == []
    async with life.server() as team:
        await run_due(team.team)
        assert await sent(team.owner) == ["hello"]
        await run_due(team.team)
        assert await sent(team.owner) == ["hello"]


async def test_it_goes_on_in_the_rhythm_it_had(life: Life, clock: MovedClock) -> None:
    async with life.server() as team:
        await team.owner.call("schedule_message", channel="general", content="hello", every="7 minutes", count=3)
    clock.advance(minutes=30)
    async with life.server() as team:
        await run_due(team.team)
        clock.advance(minutes=5)
        await run_due(team.team)
        clock.advance(minutes=7)
        await run_due(team.team)
        clock.advance(minutes=30)
        await run_due(team.team)
        times = [message.created_at for message in (await team.owner.call("get_history", channel="general")).messages]
    first = clock.now() - 72 * 60_000
    assert [(time - first) // 60_000 for time in times] == [30, 35, 42]
