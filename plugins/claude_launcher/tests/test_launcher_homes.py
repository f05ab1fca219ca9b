"""Homes: where agents live, what they run, and whether they are to run."""

from __future__ import annotations

from typing import Any

import pytest
from teammcp_claude_launcher import homes, machines
from teammcp_claude_launcher.homes import keys

from teammcp import Conflict, Context, Forbidden, InvalidInput, NotFound, Refused, TeamError, hash_key
from teammcp.testing import Member, MovedClock, TestTeam

from .birds import BIRDS

PLUGIN = "claude_launcher"


pytestmark = pytest.mark.teammcp(install={"birds": BIRDS}, plugins={PLUGIN: {"machine": "here"}})


@pytest.fixture(autouse=True)
def quiet_birds() -> None:
    BIRDS.refuses, BIRDS.asked = "", []


@pytest.fixture
async def maria(team: TestTeam) -> Member:
    """A person who manages."""
    return await team.agent("maria", kind="human", access="manager")


@pytest.fixture
async def bob(team: TestTeam) -> Member:
    """An agent that was registered before it is run here."""
    return await team.agent("bob")


async def start(member: Member, name: str = "bob", **choices: Any) -> Any:
    return await member.call("start_agent", name=name, **{"runtime": "parrot", "new_key": True, **choices})


async def ordered(team: TestTeam, name: str = "bob", machine: str = "here") -> Any:
    """What the runner of a machine hears of an agent."""
    orders = await homes.orders(team.team, machine)
    return {home.agent: home for home in orders.homes}.get(name)


async def may_begin(team: TestTeam, agent: str = "bob", machine: str = "here") -> None:
    await homes.gate(Context.inside(team.team), agent, machine, "message", resumes=False)


# -- starting and stopping -------------------------------------------------------------------------------------------


async def test_an_agent_that_is_started_is_ordered_to_run_with_a_key_that_works(
    team: TestTeam, maria: Member, bob: Member
) -> None:
    home = await start(maria, options={"loud": True}, role="talker", limits={"idle_minutes": 1})
    assert (home.agent, home.machine, home.runtime, home.wanted, home.held) == ("bob", "here", "parrot", True, "")
    order = await ordered(team)
    assert (order.wanted, order.started, order.started_by, order.renewed) == (True, 1, "maria", 0)
    assert order.options == {"loud": True}
    assert (order.limits.idle_seconds, order.limits.quiet_seconds) == (60, 1200)
    assert "You are bob, talker" in order.guide
    found = team.team.directory.by_key(hash_key(order.key))
    assert found is not None
    assert found.name == "bob"
    await may_begin(team)
    assert [(each.agent, each.machine, each.runtime, each.cause) for each in BIRDS.asked] == [
        ("bob", "here", "parrot", "message")
    ]


async def test_one_whose_key_is_not_known_here_is_started_with_a_new_one_or_not_at_all(
    team: TestTeam, maria: Member, bob: Member
) -> None:
    with pytest.raises(Conflict, match="new_key=true"):
        await start(maria, new_key=False)
    await start(maria)
    await start(maria, new_key=False)
    await maria.call("rotate_key", name="bob")
    assert "replaced or revoked elsewhere" in (order := await ordered(team)).held
    assert order.key == ""
    with pytest.raises(Refused, match="new_key=true"):
        await may_begin(team)
    with pytest.raises(Conflict, match="new_key=true"):
        await maria.call("restart_agent", name="bob")


async def test_what_is_chosen_has_to_be_there_and_an_error_says_what_there_is(
    team: TestTeam, maria: Member, bob: Member
) -> None:
    wrong: list[tuple[type[TeamError], str, dict[str, Any]]] = [
        (NotFound, "There are: .*parrot", {"runtime": "cuckoo"}),
        (NotFound, "There are: here", {"machine": "moon"}),
        (NotFound, "set_credential", {"credential": "gold"}),
        (InvalidInput, "options: .*its options are: loud", {"options": {"volume": 3}}),
        (InvalidInput, "options: loud", {"options": {"loud": "very"}}),
        (InvalidInput, "folder: is needed", {"workspace": "folder"}),
        (InvalidInput, "folder: must be the whole path", {"workspace": "worktree", "folder": "shop"}),
        (InvalidInput, "folder: leave it out", {"folder": "/home/me"}),
        (InvalidInput, "limits.idle_minutes", {"limits": {"idle_minutes": 0}}),
    ]
    for error, text, choices in wrong:
        with pytest.raises(error, match=text):
            await start(maria, **choices)
    with pytest.raises(InvalidInput, match=r"runtime: say what it is to run: one of .*parrot"):
        await maria.call("start_agent", name="bob", new_key=True)
    assert await ordered(team) is None


async def test_a_stopped_agent_is_not_to_run_and_its_secrets_stay_on_the_server(
    team: TestTeam, maria: Member, bob: Member
) -> None:
    await start(maria)
    home = await maria.call("stop_agent", name="bob")
    order = await ordered(team)
    assert (home.wanted, order.wanted, order.key) == (False, False, "")
    with pytest.raises(Refused, match="not to run"):
        await may_begin(team)


async def test_a_restart_begins_anew_what_runs_and_keeps_the_conversation_unless_asked(
    team: TestTeam, maria: Member, bob: Member
) -> None:
    await start(maria)
    await team.team.database.write(lambda tx: homes.set_conversation(tx, "bob", "c1"))
    first = await ordered(team)
    await maria.call("restart_agent", name="bob")
    again = await ordered(team)
    assert (again.started, again.renewed, again.conversation) == (2, 2, "c1")
    assert again.version != first.version
    await start(maria, new_key=False)
    assert ((await ordered(team)).started, (await ordered(team)).renewed) == (3, 2)
    await maria.call("restart_agent", name="bob", new_conversation=True)
    assert (await ordered(team)).conversation is None


async def test_a_brief_reaches_the_agent_as_a_direct_message_with_a_receipt(
    team: TestTeam, maria: Member, bob: Member
) -> None:
    await start(maria, brief="Count the parrots.")
    found = (await maria.call("get_history", channel="dm:bob")).messages
    assert [(each.from_agent, each.content) for each in found] == [("maria", "Count the parrots.")]


async def test_a_conversation_stays_with_its_machine_program_and_folder(
    team: TestTeam, maria: Member, bob: Member
) -> None:
    await start(maria)
    await team.team.database.write(lambda tx: homes.set_conversation(tx, "bob", "c1"))
    await maria.call("configure_agent", name="bob", model="big", guide="Be loud.")
    assert (await ordered(team)).conversation == "c1"
    await maria.call("configure_agent", name="bob", workspace="folder", folder="/srv/shop")
    assert (await ordered(team)).conversation is None
    assert "Be loud." in (await ordered(team)).guide


# -- whose say it is -------------------------------------------------------------------------------------------------


async def test_only_managers_start_agents_and_members_look(team: TestTeam, maria: Member, bob: Member) -> None:
    eve = await team.agent("eve")
    with pytest.raises(Forbidden, match="manager"):
        await start(eve)
    await start(maria)
    assert (await eve.call("get_agent_home", name="bob")).machine == "here"
    assert [home.agent for home in (await eve.call("list_agent_homes")).root] == ["bob"]


async def test_nobody_chooses_what_runs_for_people_for_those_above_or_for_oneself(
    team: TestTeam, maria: Member, bob: Member
) -> None:
    boss = await team.agent("boss", access="manager")
    with pytest.raises(InvalidInput, match="is a person"):
        await start(team.owner, "maria")
    with pytest.raises(Forbidden, match="only an owner"):
        await start(maria, "boss")
    await start(team.owner, "boss")
    boss = team.member("boss", (await ordered(team, "boss")).key)
    with pytest.raises(Forbidden, match="in their own place"):
        await boss.call("configure_agent", name="boss", limits={"run_cost_usd": 0})
    with pytest.raises(Forbidden, match="in their own place"):
        await start(boss, "boss")
    assert (await boss.call("restart_agent", name="boss")).wanted


async def test_that_a_program_may_do_everything_is_for_a_person_to_choose(
    team: TestTeam, maria: Member, bob: Member
) -> None:
    boss = await team.agent("boss", access="manager")
    with pytest.raises(Forbidden, match="policy"):
        await start(boss, policy="allow")
    assert (await start(boss)).policy == "ask"
    assert (await maria.call("configure_agent", name="bob", policy="allow")).policy == "allow"
    assert (await boss.call("configure_agent", name="bob", model="big")).policy == "allow"


# -- what keeps a run from beginning ---------------------------------------------------------------------------------


async def test_a_plugin_may_refuse_a_run(team: TestTeam, maria: Member, bob: Member) -> None:
    await start(maria)
    BIRDS.refuses = "no parrots on Mondays"
    with pytest.raises(Refused, match="no parrots on Mondays"):
        await may_begin(team)


async def test_nothing_begins_elsewhere_than_at_home(team: TestTeam, maria: Member, bob: Member) -> None:
    await start(maria)
    with pytest.raises(Refused, match="does not live on moon"):
        await may_begin(team, machine="moon")
    with pytest.raises(Refused, match="does not live"):
        await may_begin(team, agent="maria")


async def test_while_all_are_paused_nothing_begins(team: TestTeam, maria: Member, bob: Member) -> None:
    await start(maria)
    await maria.call("pause_agents", reason="the disk is full")
    assert (await homes.orders(team.team, "here")).paused == "paused by maria: the disk is full"
    with pytest.raises(Refused, match="paused by maria"):
        await may_begin(team)
    assert (await team.owner.call("get_agents_pause")).paused_by == "maria"
    await maria.call("resume_agents")
    assert (await homes.orders(team.team, "here")).paused == ""
    await may_begin(team)


async def test_an_agent_whose_day_is_used_up_is_held_until_the_next(
    team: TestTeam, maria: Member, bob: Member, clock: MovedClock
) -> None:
    await start(maria)
    order = await ordered(team)
    await maria.call("set_budget", agent="bob", cost_usd=1)
    await team.member("bob", order.key).call("report_usage", cost_usd=0.4)
    await team.server.settle()
    await may_begin(team)
    await team.member("bob", order.key).call("report_usage", cost_usd=0.6)
    await team.server.settle()
    assert "used up its day: $1.00 of $1.00" in (await ordered(team)).held
    with pytest.raises(Refused, match="used up its day"):
        await may_begin(team)
    with pytest.raises(Refused, match="used up its day"):
        await start(maria, new_key=False)
    clock.advance(hours=12, minutes=1)
    await team.server.run_jobs()
    assert (await ordered(team)).held == ""
    await may_begin(team)


async def test_a_greater_budget_lets_it_go_on_at_once(team: TestTeam, maria: Member, bob: Member) -> None:
    await start(maria)
    await maria.call("set_budget", agent="bob", tokens=10)
    await team.member("bob", (await ordered(team)).key).call("report_usage", tokens_out=10)
    await team.server.settle()
    assert (await ordered(team)).held
    await maria.call("set_budget", agent="bob", tokens=100)
    await team.server.settle()
    assert not (await ordered(team)).held


@pytest.mark.teammcp(install={"birds": BIRDS}, plugins={PLUGIN: {"machine": "here", "team_daily_tokens": 100}})
async def test_what_all_use_together_in_a_day_has_a_limit_too(team: TestTeam, maria: Member, bob: Member) -> None:
    eve = await team.agent("eve")
    await start(maria)
    await eve.call("report_usage", tokens_in=100)
    await team.server.settle()
    assert "The agents of the team have used up their day" in (await ordered(team)).held
    with pytest.raises(Refused, match="100 of 100 tokens"):
        await may_begin(team)


@pytest.mark.parametrize(("reason", "crashes", "held"), [("crashed", 2, False), ("crashed", 3, True)])
async def test_an_agent_that_fails_too_often_is_held_until_it_is_started_again(
    team: TestTeam, maria: Member, bob: Member, reason: Any, crashes: int, held: bool
) -> None:
    await start(maria, limits={"restarts": 2})
    context = Context.inside(team.team)
    await team.team.database.write(lambda tx: homes.note_end(context, tx, "bob", reason, "Exit code 3.", crashes))
    assert ("3 times in five minutes: Exit code 3." in (await ordered(team)).held) is held
    await start(maria, new_key=False)
    assert (await ordered(team)).held == ""


async def test_a_run_that_used_more_than_it_may_is_not_begun_again(team: TestTeam, maria: Member, bob: Member) -> None:
    await start(maria)
    context = Context.inside(team.team)
    await team.team.database.write(lambda tx: homes.note_end(context, tx, "bob", "over_limit", "$3 of $2.", 0))
    assert (await ordered(team)).held == "$3 of $2."
    (event,) = [each for each in await team.events("home.changed") if each.data["held"]]
    assert event.data["held"] == "$3 of $2."


# -- leaving ---------------------------------------------------------------------------------------------------------


async def test_an_agent_that_is_retired_has_no_home_and_its_key_is_forgotten(
    team: TestTeam, maria: Member, bob: Member
) -> None:
    await start(maria)
    await maria.call("retire_agent", name="bob")
    await team.server.settle()
    assert await ordered(team) is None
    store = keys.secrets(Context.inside(team.team))
    assert await team.team.database.read(store.names) == []


async def test_agents_of_a_machine_that_is_trusted_no_longer_get_other_keys(
    team: TestTeam, maria: Member, bob: Member
) -> None:
    await start(maria)
    before = (await ordered(team)).key
    work = await homes.forget_machine(Context.inside(team.team), "here")
    assert await team.team.database.write(work) == ["bob"]
    order = await ordered(team)
    assert (order.wanted, order.key) == (False, "")
    assert team.team.directory.by_key(hash_key(before)) is None
    await start(maria, new_key=False)
    assert (await ordered(team)).key not in ("", before)


async def test_runtimes_are_listed_with_what_they_can_do_and_take(maria: Member) -> None:
    (parrot,) = [each for each in (await maria.call("list_runtimes")).root if each.name == "parrot"]
    assert (parrot.capabilities["resume"], parrot.capabilities["terminal"]) == (True, False)
    assert parrot.options["properties"]["loud"]["description"] == "Whether it shouts"


# -- what the team sees ----------------------------------------------------------------------------------------------


@pytest.fixture
async def connected(team: TestTeam, monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's runner is connected, as far as anybody asks."""
    monkeypatch.setattr(machines.links(team.team), "is_connected", lambda machine: machine == "here")


async def seen(team: TestTeam) -> tuple[str, str]:
    """What the team sees of bob."""
    await team.server.settle()
    profile = await team.owner.call("get_agent_profile", name="bob")
    return profile.status, profile.reason


@pytest.mark.usefixtures("connected")
async def test_an_agent_that_no_message_wakes_is_shown_with_the_reason(
    team: TestTeam, maria: Member, bob: Member
) -> None:
    await start(maria)
    assert await seen(team) == ("idle", "asleep: a message wakes it")
    await maria.call("pause_agents")
    assert await seen(team) == ("blocked", "paused by maria")
    await maria.call("resume_agents")
    assert await seen(team) == ("idle", "asleep: a message wakes it")
    context = Context.inside(team.team)
    await team.team.database.write(lambda tx: homes.note_end(context, tx, "bob", "over_limit", "$3 of $2.", 0))
    assert await seen(team) == ("blocked", "held: $3 of $2.")
    await maria.call("stop_agent", name="bob")
    assert await seen(team) == ("away", "stopped")


async def test_one_on_a_machine_that_is_not_connected_is_never_said_to_wake(
    team: TestTeam, maria: Member, bob: Member
) -> None:
    await start(maria)
    assert (await seen(team))[0] == "away"


@pytest.mark.teammcp(install={"birds": BIRDS}, plugins={PLUGIN: {"machine": "here", "folder": "/srv/agents"}})
async def test_own_folders_are_where_the_settings_say(team: TestTeam, maria: Member, bob: Member) -> None:
    await start(maria)
    assert (await ordered(team)).folder == "/srv/agents/bob"
    await maria.call("configure_agent", name="bob", workspace="folder", folder="/srv/shop")
    assert (await ordered(team)).folder == "/srv/shop"


# -- by every surface ------------------------------------------------------------------------------------------------


async def test_agents_are_started_and_stopped_by_rest_and_by_tools(team: TestTeam, maria: Member, bob: Member) -> None:
    started = await maria.http.post("/api/agents/bob/start", json={"runtime": "parrot", "new_key": True})
    assert (started.status_code, started.json()["wanted"]) == (200, True)
    assert (await maria.http.get("/api/agents/bob/home")).json()["runtime"] == "parrot"
    assert (await maria.http.post("/api/agents/bob/stop")).json()["wanted"] is False
    wrong = await maria.http.post("/api/agents/bob/start", json={"runtime": "cuckoo"})
    assert (wrong.status_code, wrong.json()["error"]) == (404, "runtime_not_found")
    async with maria.mcp() as client:
        told = await client.call_tool("start_agent", {"name": "bob"})
        assert "bob on here: parrot, to run" in told.content[0].text  # type: ignore[union-attr]


async def test_a_secret_that_cannot_be_read_holds_its_agent_and_no_other(
    team: TestTeam, maria: Member, bob: Member
) -> None:
    await start(maria)
    await maria.call("spawn_agent", role="writer", runtime="parrot")
    store = keys.secrets(Context.inside(team.team))
    sealed = await team.team.database.read(lambda reader: reader.value("SELECT sealed FROM secrets LIMIT 1"))
    await team.team.database.write(
        lambda tx: tx.execute("UPDATE secrets SET sealed = ? WHERE name = 'key/writer'", (sealed,))
    )
    assert "key/bob" in await team.team.database.read(store.names)
    assert "Enter it anew" in (await ordered(team, "writer")).held
    assert (await ordered(team, "bob")).held == ""


async def test_what_cannot_copy_a_conversation_is_not_told_to_begin_one(maria: Member, bob: Member) -> None:
    await start(maria, runtime="command", options={"command": "cat"})
    with pytest.raises(Conflict, match="cannot go on from a copy"):
        await maria.call("get_agent_fork", name="bob")
    await maria.call("stop_agent", name="bob")
    await start(maria, runtime="claude", new_key=False)
    with pytest.raises(Conflict, match="no conversation yet"):
        await maria.call("get_agent_fork", name="bob")
