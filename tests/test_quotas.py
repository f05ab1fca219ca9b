"""What one member may hold and keep: streams and waits at once, and bytes of files in a day."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from teammcp.errors import RateLimited, TooLarge
from teammcp.testing import Member, MovedClock, TestTeam


async def waiting(member: Member, number: int, operation: str, **arguments: Any) -> list[asyncio.Task[Any]]:
    """So many calls of a member that wait."""
    tasks = [asyncio.create_task(member.call(operation, **arguments)) for _ in range(number)]
    for _ in range(200):
        await asyncio.sleep(0)
    return tasks


async def ended(tasks: list[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@pytest.mark.parametrize("operation", ["wait_for_messages", "sync"])
@pytest.mark.teammcp(member_streams=3)
async def test_a_member_holds_no_more_than_it_may_and_nobody_else_feels_it(team: TestTeam, operation: str) -> None:
    alice, bob = await team.agent("alice"), await team.agent("bob")
    last = (await alice.call("sync")).cursor
    follow = {"since": last, "wait_ms": 30_000, "kinds": ["thing.happened"]}
    arguments: dict[str, Any] = follow if operation == "sync" else {"timeout": 60}
    held = await waiting(alice, 3, operation, **arguments)
    try:
        with pytest.raises(RateLimited) as caught:
            await alice.call(operation, **arguments)
        assert caught.value.code == "too_many_streams"
        assert "3 event streams and waits" in caught.value.detail
        for path, status in (("/api/events", 429), ("/live", 429), ("/api/me", 200)):
            if path == "/live":
                await alice.log_in()
            answer = await alice.http.get(path)
            assert answer.status_code == status, path
            if status == 429:
                assert int(answer.headers["retry-after"]) > 0
        assert (await alice.http.get("/mcp", headers={"Accept": "text/event-stream"})).status_code == 429
        await ended(await waiting(bob, 3, operation, **arguments))
    finally:
        await ended(held)
    await ended(await waiting(alice, 3, operation, **arguments))


@pytest.mark.teammcp(member_streams=0)
async def test_a_limit_of_nought_is_none(team: TestTeam) -> None:
    tasks = await waiting(team.owner, 50, "wait_for_messages", timeout=60)
    assert not any(task.done() for task in tasks)
    await ended(tasks)


@pytest.mark.teammcp(member_bytes=1000)
async def test_a_member_uploads_so_many_bytes_within_a_day(team: TestTeam, clock: MovedClock) -> None:
    alice, bob = await team.agent("alice"), await team.agent("bob")

    async def upload(member: Member, size: int) -> Any:
        return await member.call("upload_file", name="x.bin", content=b"x" * size)

    await upload(alice, 400)
    clock.advance(hours=1)
    last = await upload(alice, 500)
    with pytest.raises(RateLimited) as caught:
        await upload(alice, 101)
    assert caught.value.code == "upload_quota"
    assert caught.value.data["retry_after"] == 23 * 3600
    await upload(alice, 100)
    await upload(bob, 1000)
    clock.advance(hours=23, seconds=1)
    await upload(alice, 400)
    with pytest.raises(RateLimited):
        await upload(alice, 1)
    await alice.call("delete_file", file_id=last.file_id)
    await upload(alice, 500)
    with pytest.raises(TooLarge):
        await upload(bob, 1001)


@pytest.mark.teammcp(member_bytes=1000)
async def test_uploads_at_the_same_moment_are_counted_together(team: TestTeam) -> None:
    alice = await team.agent("alice")
    answers = await asyncio.gather(
        *(alice.call("upload_file", name=f"{n}.bin", content=bytes([n]) * 300) for n in range(10)),
        return_exceptions=True,
    )
    assert sum(not isinstance(answer, Exception) for answer in answers) == 3
    over = await alice.http.post("/api/files", files={"content": ("x.bin", b"y" * 300)})
    assert (over.status_code, over.json()["error"]) == (429, "upload_quota")
    assert int(over.headers["retry-after"]) > 0
