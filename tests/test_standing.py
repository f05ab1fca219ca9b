"""What a member may do is decided by what it is at that moment, whatever else happens to it beside the call."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from teammcp import Deferred, TeamError, hookimpl
from teammcp.members.directory import Access
from teammcp.testing import Member, TestTeam, any_event

LEVELS = ["observer", "member", "manager", "owner"]


class Hold:
    """A plugin that holds calls up for as long as a test wants."""

    def __init__(self) -> None:
        self.pause: Callable[[str], Any] | None = None

    @hookimpl
    async def before_operation(self, operation: Any) -> None:
        if self.pause is not None:
            await self.pause(operation.name)


HOLD = Hold()
pytestmark = pytest.mark.teammcp(install={"hold": HOLD})


@pytest.fixture(autouse=True)
def hold() -> Hold:
    HOLD.pause = None
    return HOLD


async def stored(team: TestTeam) -> dict[str, Any]:
    """The members as the database has them."""

    def query(reader: Any) -> dict[str, Any]:
        found = reader.all("SELECT * FROM agents WHERE name <> 'system'")
        return {row["name"]: row for row in found}

    result: dict[str, Any] = await team.team.database.read(query)
    return result


async def assert_mirrored(team: TestTeam) -> None:
    """The directory shows exactly what the database has, keys included."""
    directory = team.team.directory
    rows = await stored(team)
    assert rows.keys() == directory.agents.keys()
    for name, row in rows.items():
        agent = directory.agents[name]
        shown = (agent.kind, agent.role, agent.access, agent.retired, agent.time_zone)
        assert shown == (row["kind"], row["role"], row["access"], row["retired_at"] is not None, row["time_zone"])
    keys = {row["key_hash"]: name for name, row in rows.items() if row["key_hash"]}
    assert keys == {key: found.name for key in keys if (found := directory.by_key(key))}
    assert len(directory._now.agent_by_key) == len(keys)


@pytest.mark.parametrize("seed", range(12))
async def test_members_are_seen_as_they_are_stored_however_changes_interleave(
    team: TestTeam, hold: Hold, seed: int
) -> None:
    random = Random(seed)  # noqa: S311 - which interleaving, not what is secret

    async def a_while(name: str) -> None:
        for _ in range(random.randrange(6)):
            await asyncio.sleep(0)

    people = {"owner": team.owner}
    for number in range(4):
        people[f"a{number}"] = await team.agent(f"a{number}", access=random.choice(LEVELS[:3]))
    hold.pause = a_while
    lost = 0
    for _ in range(12):
        calls = [one_change(random, people) for _ in range(random.randint(2, 6))]
        lost += sum(isinstance(answer, TeamError) for answer in await asyncio.gather(*calls, return_exceptions=True))
        await assert_mirrored(team)
        assert any(agent.access is Access.owner and not agent.retired for agent in team.team.directory.agents.values())
    assert lost < 12 * 6  # not all were refused


async def one_change(random: Random, people: dict[str, Member]) -> None:
    actor, target = random.choice(list(people.values())), random.choice(list(people))
    kind = random.choice(["rotate", "access", "access", "role", "zone", "rotate", "retire"])
    if kind == "rotate":
        answer = await actor.call("rotate_key", name=target)
        people[target].key = answer.apiKey
    elif kind == "access":
        await actor.call("update_agent_profile", name=target, access=random.choice(LEVELS))
    elif kind == "role":
        await actor.call("update_agent_profile", name=target, role=f"role {random.randrange(9)}")
    elif kind == "zone":
        await actor.call("update_agent_profile", name=target, time_zone=random.choice(["UTC", "Asia/Tokyo"]))
    elif random.random() < 0.3:
        await actor.call("retire_agent", name=target)


async def test_a_manager_that_is_lowered_while_it_replaces_its_key_stays_lowered(team: TestTeam) -> None:
    boss = await team.agent("boss", access="manager")
    await asyncio.gather(
        team.owner.call("update_agent_profile", name="boss", access="observer"),
        boss.call("rotate_key", name="boss"),
        return_exceptions=True,
    )
    assert team.team.directory.agents["boss"].access is Access.observer
    await assert_mirrored(team)


CHANGES: dict[str, dict[str, Any]] = {
    "send_message": {"channel": "general", "content": "hello"},
    "send_dm": {"recipient": "owner", "content": "hello"},
    "create_channel": {"id": "plans"},
    "create_task": {"title": "water the plants"},
    "set_state": {"field": "phase", "value": 1},
    "register_agent": {"name": "helper", "access": "manager"},
    "retire_agent": {"name": "alice"},
    "rotate_key": {"name": "alice"},
    "update_agent_profile": {"name": "alice", "access": "manager"},
    "create_folder": {"name": "x", "channel": "general"},
    "schedule_message": {"channel": "general", "content": "x", "every": "1 day"},
}


@pytest.mark.parametrize("change", [{"access": "member"}, {"access": "observer"}, None])
@pytest.mark.parametrize("name", CHANGES)
async def test_a_call_that_was_allowed_is_not_done_once_its_caller_may_less(
    team: TestTeam, hold: Hold, name: str, change: dict[str, str] | None
) -> None:
    boss = await team.agent("boss", access="manager")
    await team.agent("alice")
    reached, released = asyncio.Event(), asyncio.Event()

    async def until_released(operation: str) -> None:
        if operation == name:
            reached.set()
            await released.wait()

    hold.pause = until_released
    call = asyncio.create_task(boss.call(name, **CHANGES[name]))
    await reached.wait()
    hold.pause = None
    if change is None:
        await team.owner.call("retire_agent", name="boss")
    else:
        await team.owner.call("update_agent_profile", name="boss", **change)
    before = await team.events()
    released.set()
    with pytest.raises(TeamError) as caught:
        await call
    assert caught.value.code == ("agent_retired" if change is None else "access_changed")
    assert await team.events() == before


async def test_who_may_more_meanwhile_is_not_held_up(team: TestTeam, hold: Hold) -> None:
    alice = await team.agent("alice")

    async def raise_her(operation: str) -> None:
        if operation == "send_message":
            hold.pause = None
            await team.owner.call("update_agent_profile", name="alice", access="manager")

    hold.pause = raise_her
    assert (await alice.call("send_message", channel="general", content="hello")).id


async def test_nobody_is_changed_who_has_risen_above_the_caller_meanwhile(team: TestTeam, hold: Hold) -> None:
    boss, _ = await team.agent("boss", access="manager"), await team.agent("alice")
    for name, arguments in (("rotate_key", {}), ("retire_agent", {}), ("update_agent_profile", {"role": "x"})):
        await team.owner.call("update_agent_profile", name="alice", access="member")

        async def raise_her(operation: str, name: str = name) -> None:
            if operation == name:
                hold.pause = None
                await team.owner.call("update_agent_profile", name="alice", access="owner")

        hold.pause = raise_her
        with pytest.raises(TeamError, match="only an owner"):
            await boss.call(name, name="alice", **arguments)
    await assert_mirrored(team)


class Wait:
    """A plugin that makes every message wait, and writes down that it does."""

    @hookimpl
    async def before_message(self, context: Any, draft: Any) -> Any:
        team = context.team

        def work(tx: Any) -> str:
            context.emit(tx, any_event(context.server, "message.put_off")(), 1)
            return "later"

        await team.database.write(lambda tx: tx.execute("UPDATE agents SET access = 1 WHERE name = 'boss'"))
        return Deferred("later", work)


@pytest.mark.teammcp(install={"hold": HOLD, "wait": Wait()})
async def test_nothing_is_put_off_for_who_may_it_no_more(team: TestTeam) -> None:
    boss = await team.agent("boss", access="manager")
    with pytest.raises(TeamError) as caught:
        await boss.call("send_message", channel="general", content="hello")
    assert caught.value.code == "access_changed"
    assert await team.events("message.put_off") == []
