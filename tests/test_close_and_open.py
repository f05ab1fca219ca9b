"""A team can be closed and opened again at any time, and is the same: it is held against a twin that never was."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from itertools import zip_longest
from pathlib import Path
from random import Random
from typing import Any

import pytest
from mcp.shared.exceptions import MCPError
from pydantic import BaseModel

from teammcp import Context, Deferred, TeamError
from teammcp.config import load_settings
from teammcp.errors import NotFound, Unauthorized, Unavailable
from teammcp.events.log import read_since
from teammcp.features.guard.budgets.ledger import LEDGER
from teammcp.features.guard.loops.watch import WATCH
from teammcp.surfaces.unread import waiting
from teammcp.testing import NO_GUARD, NO_LIMITS, Member, MovedClock, TestTeam, serve

NAMES = ("ann", "bob", "eve", "max")
ANEW = {"agent.online", "agent.offline", "agent.status"}
"""Events of what begins anew: presence."""
PRESENCE = {"status", "reason", "since", "online", "lastSeen", "lease_expires_at"}
STEPS = 60


class Twin:
    """One of two teams to which the same happens, on a server and with a clock of its own."""

    def __init__(self, team: TestTeam, clock: MovedClock) -> None:
        self.team = team
        self.clock = clock
        self.members: dict[str, Member] = {"owner": team.owner}

    async def do(self, who: str, operation: str, arguments: Mapping[str, Any]) -> Any:
        """What comes of a call, without what is a secret and differs."""
        member = self.members.get(who)
        if member is None:
            return "nobody"
        try:
            found = await member.call(operation, **arguments)
        except TeamError as error:
            return error.code, error.detail
        finally:
            await self.team.server.settle()
        if operation in {"register_agent", "rotate_key"}:
            self.members[arguments["name"]] = self.team.member(arguments["name"], found.apiKey)
            return "a key"
        return plain(found)

    async def pass_time(self, seconds: int) -> None:
        for name in self.members:  # silence counts anew from each opening, so nobody is silent
            await self.do(name, "get_me", {})
        self.clock.advance(seconds=seconds)
        await self.team.server.run_jobs()

    async def close_and_open(self) -> None:
        await self.team.server.teams.close(self.team.name)
        await self.team.server.teams.reopen(self.team.name)
        await self.team.server.settle()

    async def stop_loop(self, one: str, other: str) -> Any:
        """As the loop breaker does. What it counts before that begins anew when the team is opened."""
        context = Context.inside(self.team.team)
        arguments = {"kind": "exchange", "channel": "general", "agents": sorted((one, other)), "count": 5, "seconds": 9}
        found = plain(await context.call("stop_loop", **arguments))
        await self.team.server.settle()
        return found

    async def picture(self) -> dict[str, Any]:
        """All that is promised to be the same."""
        team = self.team.team
        now = team.directory._now
        shown: dict[str, Any] = {
            "agents": now.agents,
            "names": now.agent_by_fold,
            "keys": sorted(now.agent_by_key.values()),
            "channels": now.channels,
            "members": now.members,
            "joined": {name: ids for name, ids in now.joined.items() if ids},
            "stopped": team.state[WATCH].stopped,
            "budgets": team.state[LEDGER].set,
            "reserved": team.reserved,
        }
        for name, member in self.members.items():
            if team.directory.agents[name].retired:
                continue
            context = Context.inside(team, team.directory.agents[name])
            shown[f"unread of {name}"] = await waiting(context)
            for operation in ("get_channels", "list_schedules", "get_usage", "get_pending_approvals", "list_tasks"):
                shown[f"{operation} of {name}"] = await self.do(member.name, operation, {})
        shown["loops"] = await self.do("owner", "list_loops", {"all": True})
        shown["rules"] = await self.do("owner", "list_approval_rules", {})
        events = await team.database.read(read_since, 0, 10_000)
        shown["log"] = [
            (each.at, each.kind, each.actor, each.subject, each.channel, each.agents, each.data)
            for each in events
            if each.kind not in ANEW
        ]
        live = team.hub.subscribe(lambda event: event.kind not in ANEW, after=0)
        shown["stream"] = [event.kind for event in await live.next(0)]
        live.close()
        return shown


def plain(found: Any) -> Any:
    """A result as JSON, without what it says of presence."""
    if isinstance(found, Deferred):
        return "deferred", plain(found.result)
    if isinstance(found, BaseModel):
        return plain(found.model_dump(mode="json"))
    if isinstance(found, dict):
        return {key: plain(value) for key, value in found.items() if key not in PRESENCE}
    return [plain(each) for each in found] if isinstance(found, list) else found


def first_difference(one: Any, other: Any) -> tuple[Any, Any]:
    """Where two lists part, or the two themselves."""
    if isinstance(one, list) and isinstance(other, list):
        return next(((a, b) for a, b in zip_longest(one, other) if a != b), (one, other))
    return one, other


@pytest.fixture
async def twins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Twin, Twin]]:
    monkeypatch.chdir(tmp_path)
    rules = [{"operation": "archive_channel", "approvers": ["owner"]}]
    async with AsyncExitStack() as stack:
        made = []
        for name in ("one", "other"):
            clock = MovedClock()
            plugins = {**NO_GUARD, "guard": {**NO_GUARD["guard"], "daily_messages": 30}, "approvals": {"rules": rules}}
            settings = load_settings(home=tmp_path / name, **{**NO_LIMITS, "plugins": plugins})
            app = await stack.enter_async_context(serve(settings, clock))
            team = TestTeam(app, app.server, "default")  # type: ignore[attr-defined]
            await team.register_owner()
            stack.push_async_callback(team.close)
            made.append(Twin(team, clock))
        yield made[0], made[1]


Step = tuple[str, str, dict[str, Any]]


def call(random: Random) -> Step:
    """Somebody does something, which may well be wrong."""
    who, other, third = random.choice(NAMES), random.choice(NAMES), random.choice(("owner", *NAMES))
    channel = random.choice(("general", "general", "plans", "lab", f"dm:{other}"))
    number, level = random.randint(1, 4), random.choice(("member", "manager", "observer"))
    by_members = [
        ("create_channel", {"id": random.choice(("plans", "lab")), "type": random.choice(("group", "topic"))}),
        ("join_channel", {"channel": channel}),
        ("leave_channel", {"channel": channel}),
        ("add_channel_member", {"channel": channel, "agent_name": other}),
        ("archive_channel", {"channel": channel}),
        ("send_message", {"channel": channel, "content": f"@{other} number {number}"}),
        ("get_inbox", {}),
        ("create_task", {"title": f"task {number}", "assignee": other}),
        ("claim_task", {"task_id": number}),
        ("complete_task", {"task_id": number, "fencing_token": 1}),
        ("set_state", {"field": f"f{number}", "value": number}),
        ("schedule_message", {"channel": channel, "content": f"later {number}", "every": "1m", "count": number}),
        ("cancel_schedule", {"schedule_id": number}),
        ("report_usage", {"tokens_in": number, "tokens_out": 1, "cost_usd": 0.5}),
        ("heartbeat", {}),
    ]
    by_owner = [
        ("register_agent", {"name": other, "kind": "agent", "access": "member"}),
        ("retire_agent", {"name": "max"}),
        ("update_agent_profile", {"name": other, "role": f"role {number}", "access": level}),
        ("rotate_key", {"name": third}),
        ("set_budget", {"agent": other, "messages": number}),
        ("release_loop", {"loop_id": number}),
        ("add_approval_rule", {"operation": random.choice(("create_task", "join_channel")), "approvers": ["owner"]}),
        ("delete_approval_rule", {"rule_id": number}),
        ("resolve_approval", {"approval_id": number, "approved": random.choice((True, True, False))}),
        ("send_message", {"channel": channel, "content": "Go on."}),
    ]
    if random.random() < 0.3:
        return "owner", *random.choice(by_owner)
    return who, *random.choice(by_members)


async def go_on(twins: tuple[Twin, Twin], random: Random) -> None:
    """The same step of both, with the same outcome."""
    kind = random.random()
    if kind < 0.1:
        seconds = random.choice((1, 30, 60))
        await asyncio.gather(*(twin.pass_time(seconds) for twin in twins))
        return
    if kind < 0.15:
        pair = random.sample(NAMES, 2)
        assert await twins[0].stop_loop(*pair) == await twins[1].stop_loop(*pair)
        return
    step = call(random)
    first, second = [await twin.do(*step) for twin in twins]
    assert first == second, step


@pytest.mark.parametrize("seed", range(4))
async def test_a_team_that_was_closed_and_opened_is_the_one_that_never_was(twins: tuple[Twin, Twin], seed: int) -> None:
    random = Random(seed)  # noqa: S311 - repeats itself
    for name in NAMES:
        for twin in twins:
            await twin.do("owner", "register_agent", {"name": name, "kind": "agent", "access": "member"})
    for at in range(STEPS):
        await go_on(twins, random)
        if random.random() < 0.15 or at == STEPS - 1:
            await twins[0].close_and_open()
            one, other = [await twin.picture() for twin in twins]
            assert [(key, *first_difference(one[key], other[key])) for key in one if one[key] != other[key]] == []


# -- while it is closed --------------------------------------------------------------------------------------------


async def test_a_closed_team_asks_to_try_again_and_keeps_its_name(team: TestTeam) -> None:
    teams = team.server.teams
    await teams.close("default")
    assert "default" not in teams
    answer = await team.owner.http.get("/api/me")
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
    with pytest.raises(Unavailable, match="closed at this moment"):
        team.server.team("default")
    with pytest.raises(NotFound):
        await teams.close("nobody")
    with pytest.raises(NotFound):
        await teams.reopen("nobody")
    assert await teams.reopen("default") is team.team
    assert (await team.owner.http.get("/api/me")).status_code == 200
    with pytest.raises(Unauthorized):
        team.server.identity.authenticate("tmcp_nobody_" + "x" * 43)


async def test_work_on_a_team_ends_before_it_is_closed(team: TestTeam) -> None:
    opened = team.team
    done: list[str] = []

    async def late() -> None:
        await asyncio.sleep(0.05)
        await opened.database.read(lambda reader: reader.value("SELECT 1"))
        done.append("late")

    opened.background(late())
    await team.server.teams.close("default")
    assert done == ["late"]
    with pytest.raises(Unavailable):
        await opened.database.read(lambda reader: reader.value("SELECT 1"))
    await team.server.teams.reopen("default")


async def test_a_walk_over_the_teams_goes_over_those_that_were_open(team: TestTeam) -> None:
    await team.server.create_team("other")
    seen = []
    for name, opened in team.server.teams.items():
        seen.append((name, opened.name))
        await team.server.create_team(f"{name}-2")
        if name != "other":
            await team.server.teams.close("other")
    assert seen == [("default", "default"), ("other", "other")]
    assert list(team.server.teams) == ["default", "default-2", "other-2"]


async def test_those_who_are_here_are_said_good_bye_to(team: TestTeam) -> None:
    ann = await team.agent("ann")
    await ann.call("get_me")
    await team.server.settle()
    await team.server.teams.close("default")
    await team.server.teams.reopen("default")
    last = (await team.events("agent.offline"))[-1]
    assert (last.subject, last.data["reason"]) == ("ann", "the team was closed for a moment")
    assert not team.team.presence.online("ann")
    await ann.call("get_me")
    assert team.team.presence.online("ann")


async def test_a_session_of_mcp_goes_on(team: TestTeam) -> None:
    ann = await team.agent("ann")
    async with ann.mcp() as client:
        assert not (await client.call_tool("get_inbox", {})).is_error
        await team.server.teams.close("default")
        with pytest.raises(MCPError):
            await client.call_tool("get_inbox", {})
        await team.server.teams.reopen("default")
        assert not (await client.call_tool("get_inbox", {})).is_error
