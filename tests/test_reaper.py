"""The reaper: a lease ends when its holder is dead or stuck, and only then; its task is never lost by it."""

from __future__ import annotations

from typing import Any

import pytest

from teammcp import Forbidden, operations
from teammcp.features.tasks.claims import queries as lease_queries
from teammcp.features.tasks.claims.jobs import reap
from teammcp.features.tasks.reminders.jobs import remind
from teammcp.operations import Context
from teammcp.server import Server
from teammcp.testing import Member, MovedClock, TestTeam, serve


async def claimed(member: Member, **more: Any) -> tuple[int, int]:
    """A task that a member has just claimed, and the token."""
    task: int = (await member.call("create_task", title="build it", **more)).task.id
    return task, (await member.call("claim_task", task_id=task)).fencing_token


async def get(member: Member, task_id: int) -> Any:
    return (await member.call("get_task", task_id=task_id)).task


async def told(team: TestTeam, member: Member) -> list[str]:
    """What the server has told a member."""
    await team.server.settle()
    channels = [channel.id for channel in (await member.call("get_channels")).root]
    if f"dm:{':'.join(sorted((member.name, 'system')))}" not in channels:
        return []
    return [message.content for message in (await member.call("get_history", channel="dm:system")).messages]


@pytest.fixture
async def ann(team: TestTeam) -> Member:
    return await team.agent("ann")


async def test_a_lease_without_a_sign_of_life_is_over(team: TestTeam, ann: Member, clock: MovedClock) -> None:
    task, token = await claimed(ann, lease_seconds=90)
    clock.advance(seconds=89)
    await reap(team.team)
    assert (await get(team.owner, task)).assignee == "ann"
    clock.advance(seconds=1)
    await reap(team.team)
    shown = await get(team.owner, task)
    assert (shown.status, shown.assignee, shown.lease, shown.attempts) == ("todo", None, None, 1)
    (event,) = await team.events("task.requeued")
    assert (event.actor, event.subject) == ("system", str(task))
    last = (await team.owner.call("get_task_history", task_id=task)).history[-1]
    assert (last.actor, last.action) == ("system", "requeued")
    assert "no sign of life until 2026-01-01T12:01:30" in last.comment
    (message,) = await told(team, ann)
    assert f"task {task} (build it)" in message
    assert "back in the queue" in message
    stale = await ann.call("complete_task", task_id=task, fencing_token=token)
    assert (stale.reason, stale.current_assignee, stale.status) == ("stale_token", None, "todo")
    assert (await ann.call("claim_task", task_id=task)).fencing_token == token + 1


async def test_any_call_renews_a_lease_and_writes_nothing(team: TestTeam, ann: Member, clock: MovedClock) -> None:
    task, token = await claimed(ann, lease_seconds=60)
    before = len(await team.events())
    for call in ("heartbeat", "get_me", "list_tasks") * 3:
        clock.advance(seconds=50)
        await ann.call(call)
        await reap(team.team)
    assert len(await team.events()) == before
    shown = (await get(ann, task)).lease
    assert (shown.agent, shown.lease_expires_at) == ("ann", clock.now() + 60_000)
    assert (await ann.call("claim_task", task_id=task)).fencing_token == token
    clock.advance(seconds=61)
    await reap(team.team)
    assert (await get(team.owner, task)).status == "todo"


async def test_an_open_stream_keeps_a_lease(team: TestTeam, ann: Member, clock: MovedClock) -> None:
    task, _ = await claimed(ann, lease_seconds=60)
    with team.team.presence.connected("ann"):
        clock.advance(minutes=10)
        await reap(team.team)
        assert (await get(team.owner, task)).assignee == "ann"
    clock.advance(seconds=59)
    await reap(team.team)
    assert (await get(team.owner, task)).assignee == "ann"
    clock.advance(seconds=1)
    await reap(team.team)
    assert (await get(team.owner, task)).assignee is None


async def test_who_lives_but_reports_no_progress_loses_the_task(team: TestTeam, ann: Member, clock: MovedClock) -> None:
    task, token = await claimed(ann, progress_seconds=600)
    for minute in range(1, 25):
        clock.advance(minutes=1)
        await ann.call("heartbeat")
        if minute == 9:
            await ann.call("update_task_progress", task_id=task, fencing_token=token, progress=5)
        await reap(team.team)
        assert (await get(team.owner, task)).assignee == ("ann" if minute < 19 else None), minute
    (message,) = await told(team, ann)
    assert "no progress reported" in message
    assert (await get(ann, task)).progress == 5


async def test_a_person_is_given_a_week(team: TestTeam, clock: MovedClock) -> None:
    pat = await team.agent("pat", kind="human")
    task, token = await claimed(pat)
    clock.advance(days=6)
    await reap(team.team)
    assert (await pat.call("update_task_progress", task_id=task, fencing_token=token)).ok
    clock.advance(days=6.9)
    await reap(team.team)
    assert (await get(team.owner, task)).assignee == "pat"
    clock.advance(days=0.1)
    await reap(team.team)
    assert (await get(team.owner, task)).assignee is None


async def test_who_is_blocked_is_covered_too(team: TestTeam, ann: Member, clock: MovedClock) -> None:
    dead, token = await claimed(ann, lease_seconds=60)
    await ann.call("update_task_progress", task_id=dead, fencing_token=token, status="blocked")
    clock.advance(minutes=2)
    await reap(team.team)
    assert (await get(team.owner, dead)).status == "todo"
    stuck, token = await claimed(ann, progress_seconds=60)
    await ann.call("update_task_progress", task_id=stuck, fencing_token=token, status="blocked")
    clock.advance(minutes=1)
    await ann.call("heartbeat")
    await reap(team.team)
    assert (await get(team.owner, stuck)).status == "todo"


async def test_after_the_last_attempt_it_is_failed_and_creator_and_manager_know(
    team: TestTeam, ann: Member, clock: MovedClock
) -> None:
    bob, boss = await team.agent("bob"), await team.agent("boss", access="manager")
    task: int = (await ann.call("create_task", title="build it", max_attempts=2)).task.id
    for status in ("todo", "failed"):
        assert (await bob.call("claim_task", task_id=task)).ok
        clock.advance(minutes=2)
        await reap(team.team)
        assert (await get(ann, task)).status == status
    (event,) = await team.events("task.failed")
    assert event.actor == "system"
    for member in (ann, boss, team.owner):
        (message,) = await told(team, member)
        assert f"Task {task} (build it) of bob has failed for good in attempt 2 of 2" in message
    first, last = await told(team, bob)
    assert "back in the queue" in first
    assert "failed for good" in last
    assert (await bob.call("claim_task", task_id=task)).reason == "not_open"
    await ann.call("update_task", task_id=task, status="todo")  # a person's decision: from the start again
    assert (await bob.call("claim_task", task_id=task)).ok


async def test_the_task_goes_back_to_whom_it_was_kept_for_unless_that_one_left(
    team: TestTeam, ann: Member, clock: MovedClock
) -> None:
    bob = await team.agent("bob")
    task, _ = await claimed(bob, assignee="bob")
    clock.advance(minutes=2)
    await reap(team.team)
    assert (await get(ann, task)).assignee == "bob"
    await bob.call("claim_task", task_id=task)
    await team.owner.call("retire_agent", name="bob")
    clock.advance(minutes=4)
    await reap(team.team)
    assert (await get(ann, task)).assignee is None
    assert (await ann.call("claim_next_task")).task_id == task


async def test_a_sign_of_life_between_the_look_and_the_deed_saves_the_lease(
    team: TestTeam, ann: Member, clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    task, token = await claimed(ann)
    clock.advance(minutes=2)
    real = team.team.database.write

    async def slow(work: Any) -> Any:
        team.team.presence.seen("ann")
        return await real(work)

    monkeypatch.setattr(team.team.database, "write", slow)
    await reap(team.team)
    monkeypatch.undo()
    assert (await ann.call("update_task_progress", task_id=task, fencing_token=token)).ok
    assert await told(team, ann) == []


async def test_one_bad_row_never_stops_the_others(
    team: TestTeam, ann: Member, clock: MovedClock, caplog: pytest.LogCaptureFixture
) -> None:
    (bad, _), (good, _) = [await claimed(ann) for _ in range(2)]
    await team.team.database.write(lambda tx: tx.execute("UPDATE tasks SET labels = 'not JSON' WHERE id = ?", (bad,)))
    clock.advance(minutes=2)
    for _ in range(2):
        await reap(team.team)
    assert (await get(team.owner, good)).status == "todo"
    assert f"task {bad} of team default could not be taken back" in caplog.text
    assert len(await team.team.database.read(lease_queries.past_due, clock.now())) == 1


async def test_a_team_that_is_closed_meanwhile_never_stops_the_others(
    team: TestTeam, ann: Member, clock: MovedClock, server: Server
) -> None:
    task, _ = await claimed(ann)
    other = await server.create_team("another")
    server.teams._open = {"another": other, "default": team.team}
    await other.close()
    clock.advance(minutes=2)
    with pytest.raises(ExceptionGroup):
        await server.run_jobs()
    assert (await get(team.owner, task)).status == "todo"


async def test_idle_writes_nothing(team: TestTeam, ann: Member, clock: MovedClock) -> None:
    await claimed(ann)
    before = await team.events()

    async def write(_: Any) -> None:
        raise AssertionError("it wrote")

    team.team.database.write = write  # type: ignore[method-assign, assignment]
    clock.advance(minutes=10)
    await ann.call("heartbeat")
    await reap(team.team)
    del team.team.database.write
    assert await team.events() == before


def test_it_comes_every_few_seconds(server: Server) -> None:
    found = server.plugins.collect("register_jobs", server=server)
    jobs = {job.work: job.every for _, contributed in found for job in contributed}
    assert (jobs[reap], jobs[remind]) == (5, 30)


async def test_the_server_alone_takes_tasks_back(team: TestTeam, ann: Member, clock: MovedClock) -> None:
    task, _ = await claimed(ann)
    for member in (ann, team.owner):
        with pytest.raises(Forbidden):
            await member.call("requeue_task", task_id=task)
    early = await operations.call(Context.inside(team.team), "requeue_task", {"task_id": task})
    assert not early.ok
    assert (await get(ann, task)).assignee == "ann"


async def test_a_restart_counts_as_a_sign_of_life_of_everybody(settings: Any) -> None:
    clock = MovedClock()
    async with serve(settings, clock) as app:
        team = TestTeam(app, app.server, "default")
        await team.register_owner()
        ann = await team.agent("ann")
        task, token = await claimed(ann, lease_seconds=60)
        await team.close()
    clock.advance(minutes=20)  # nobody can call while it is down
    async with serve(settings, clock) as app:
        team = TestTeam(app, app.server, "default")
        back = team.member("ann", ann.key)
        await reap(team.team)
        clock.advance(seconds=59)
        await reap(team.team)
        assert (await back.call("update_task_progress", task_id=task, fencing_token=token)).ok
        clock.advance(seconds=60)
        await reap(team.team)
        assert (await get(back, task)).status == "todo"
        await team.close()
