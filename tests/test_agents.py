"""Members: who may register, whose name is whose, keys, access levels, retirement, presence."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from teammcp import Conflict, Forbidden, Gone, InvalidInput, NotFound, TeamError, hookimpl, operations
from teammcp.arguments.fields import AgentName
from teammcp.errors import Unauthorized
from teammcp.members.directory import ANONYMOUS, fold
from teammcp.testing import Member, MovedClock, TestTeam


async def register(team: TestTeam, address: str = "127.0.0.1", **arguments: Any) -> Any:
    """Register without a key."""
    context = operations.Context(team.server, team.team, ANONYMOUS, "rest", address)
    return await operations.call(context, "register_agent", arguments)


async def profile(member: Member, name: str) -> Any:
    return await member.call("get_agent_profile", name=name)


class Ears:
    """A plugin that remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[tuple[Any, ...]] = []

    @hookimpl
    def agent_registered(self, agent: Any) -> None:
        self.told.append(("registered", agent.name, agent.access.name))

    @hookimpl
    def agent_retired(self, agent: Any) -> None:
        self.told.append(("retired", agent.name))

    @hookimpl
    def message_undelivered(self, message: Any, agent: str, reason: str) -> None:
        self.told.append(("undelivered", message.id, agent, reason))


EARS = Ears()


# -- registering -----------------------------------------------------------------------------------------------------


async def test_the_first_on_a_fresh_server_becomes_its_owner(team: TestTeam) -> None:
    for name, address in (("v4", "127.0.0.1"), ("v6", "::1"), ("other", "127.8.9.1")):
        fresh = TestTeam(team.app, team.server, (await team.server.create_team(name)).name)
        for remote in ("192.168.1.7", "::ffff:10.0.0.1", "example.org"):
            with pytest.raises(Forbidden, match="owner must be registered first") as caught:
                await register(fresh, remote, name="mallory")
            assert caught.value.code == "no_owner"
        first = await register(fresh, address, name="Ada", access="observer")
        assert (first.agent.access, first.agent.kind) == ("owner", "human")
        second = await register(fresh, address, name="Bert")
        assert (second.agent.access, second.agent.kind) == ("member", "agent")


async def test_who_comes_through_a_proxy_is_not_on_this_machine(team: TestTeam) -> None:
    fresh = (await team.server.create_team("fresh")).name
    for header in ("X-Forwarded-For", "Forwarded", "X-Real-IP"):
        for where, code in ((fresh, "no_owner"), ("default", "registration_closed")):
            body = {"name": "mallory", "team": where}
            answer = await team.client().post("/api/register", json=body, headers={header: "127.0.0.1"})
            assert (answer.status_code, answer.json()["error"]) == (403, code)


async def test_two_cannot_both_be_the_first(team: TestTeam) -> None:
    fresh = TestTeam(team.app, team.server, (await team.server.create_team("fresh")).name)
    results = await asyncio.gather(register(fresh, name="Ada"), register(fresh, name="Bert"), return_exceptions=True)
    owners = [result for result in results if not isinstance(result, BaseException)]
    assert len(owners) == 1
    assert [type(result) for result in results if isinstance(result, BaseException)] == [Conflict]


async def test_a_key_has_its_form_and_is_shown_once(team: TestTeam) -> None:
    answer = await team.client().post("/api/register", json={"name": "alice", "role": "Engineer"})
    assert answer.status_code == 200
    body = answer.json()
    assert body["apiKey"].startswith("tmcp_default_")
    assert len(body["apiKey"].removeprefix("tmcp_default_")) == 43
    assert (body["agent"]["name"], body["agent"]["role"]) == ("alice", "Engineer")
    again = await team.client().post("/api/register", json={"name": "alice"})
    assert again.status_code == 409
    assert "tmcp_" not in again.text
    assert again.json()["error"] == "name_taken"
    everything = json.dumps([event.as_dict() for event in await team.events()])
    assert "tmcp_" not in everything


async def test_another_machine_registers_nobody_without_a_secret_or_a_managers_key(team: TestTeam) -> None:
    boss, alice = await team.agent("boss", access="manager"), await team.agent("alice")
    away = "10.1.2.3"
    answer = await team.client(address=away).post("/api/register", json={"name": "mallory"})
    assert (answer.status_code, answer.json()["error"]) == (403, "registration_closed")
    answer = await team.client(alice.key, away).post("/api/register", json={"name": "mallory"})
    assert answer.status_code == 403
    answer = await team.client(boss.key, away).post("/api/register", json={"name": "helper"})
    assert answer.status_code == 200
    for secret in ("", "guess"):
        answer = await team.client(address=away).post("/api/register", json={"name": "mallory", "secret": secret})
        assert answer.status_code == 403


@pytest.mark.teammcp(register_secret="open sesame")
async def test_with_a_secret_set_it_is_asked_of_everybody_without_a_managers_key(team: TestTeam) -> None:
    for address in ("127.0.0.1", "10.1.2.3"):
        for wrong in ({}, {"secret": ""}, {"secret": "Open sesame"}, {"secret": "open sesame "}, {"secret": "é" * 40}):
            with pytest.raises(Forbidden, match="secret") as caught:
                await register(team, address, name="mallory", **wrong)
            assert "sesame" not in str(caught.value)
        await register(team, address, name=f"at-{address}", secret="open sesame")
    assert (await team.agent("alice")).name == "alice"
    fresh = TestTeam(team.app, team.server, (await team.server.create_team("fresh")).name)
    with pytest.raises(Forbidden, match="secret"):
        await register(fresh, name="mallory")
    assert (await register(fresh, name="Ada", secret="open sesame")).agent.access == "owner"


async def test_nobody_calls_itself_a_person(team: TestTeam) -> None:
    with pytest.raises(Forbidden, match="people are registered by a manager"):
        await register(team, name="mallory", kind="human")
    assert (await team.agent("Pat", kind="human")).name == "Pat"


async def test_an_observer_replaces_its_own_key(team: TestTeam) -> None:
    eye = await team.agent("eye", access="observer")
    assert (await eye.call("rotate_key", name="eye")).apiKey != eye.key


async def test_nobody_registers_above_the_own_level(team: TestTeam) -> None:
    boss = await team.agent("boss", access="manager")
    for access in ("manager", "owner"):
        with pytest.raises(Forbidden, match="access"):
            await register(team, name="mallory", access=access)
    with pytest.raises(Forbidden, match="access"):
        await boss.call("register_agent", name="mallory", access="owner")
    assert (await boss.call("register_agent", name="peer", access="manager")).agent.access == "manager"
    assert (await register(team, name="eye", access="observer")).agent.access == "observer"
    role = await register(team, name="pretender", role="owner")
    assert role.agent.access == "member"


# -- names -----------------------------------------------------------------------------------------------------------


async def test_names_of_any_script(team: TestTeam) -> None:
    for name in ("李雷", "Zoë", "R2-D2", "a", "x" * 64, "अजय", "agent.7_b", "Зоя-2"):
        member = await team.agent(name)
        assert (await member.http.get("/api/me")).json()["name"] == name
        assert (await team.owner.http.get(f"/api/agents/{name}")).json()["name"] == name


REFUSED = [
    "", " ", ".a", "-a", "_a", "a.", "a b", "a/b", "../a", "a\nb", "a\x00b", "a:b", "a@b", "#a", "<b>", "x" * 65,
    "a\u200bb", "a\u202eb", "a\ufe0f", "a\u034f", "\u3164", "a\uffa0", "a\u115f",
    "all", "ALL", "here", "everyone", "channel", "me", "system", "System", "team", "ａｌｌ", "ｓystem",
]  # fmt: skip
"""Without form, invisible in part, or with a meaning of their own."""
ALIKE = ["Аlice", "Αlice", "pаypаl", "bοb", "аlice-2", "Ａлиса"]
"""Latin with a Greek or Cyrillic letter in it."""


@pytest.mark.parametrize("name", [*REFUSED, *ALIKE])
def test_names_that_are_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(AgentName).validate_python(name)


async def test_a_refused_name_is_told(team: TestTeam) -> None:
    for name in ("a/b", "system", "Аlice"):
        with pytest.raises(InvalidInput, match="name: "):
            await register(team, name=name)


async def test_a_name_is_taken_whatever_its_case_width_or_composition(team: TestTeam) -> None:
    for taken, *others in (
        ("Alice", "alice", "ALICE", "Ａｌｉｃｅ", " Alice "),
        ("Zoë", "Zoe\u0308", "ZOË"),
        ("Straße", "STRASSE"),
        ("ガ", "ｶﾞ"),
        ("ﬁx", "fix"),
    ):
        await team.agent(taken)
        for other in others:
            with pytest.raises(Conflict, match="taken"):
                await register(team, name=other)
            assert (await profile(team.owner, other.strip())).name == taken


@given(st.text(max_size=20))
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


async def test_the_same_name_at_the_same_moment_goes_to_one(team: TestTeam) -> None:
    results = await asyncio.gather(
        *(register(team, name=name) for name in ("alice", "Alice", "ALICE")), return_exceptions=True
    )
    assert sorted(type(result).__name__ for result in results) == ["Conflict", "Conflict", "RegisteredAgent"]


# -- keys ------------------------------------------------------------------------------------------------------------


async def test_a_rotated_key_is_dead_at_once(team: TestTeam) -> None:
    alice = await team.agent("alice")
    new = (await alice.call("rotate_key", name="alice")).apiKey
    assert new != alice.key
    with pytest.raises(Unauthorized):
        await alice.call("get_me")
    assert (await team.member("alice", new).call("get_me")).name == "alice"
    assert (await alice.http.get("/api/me")).status_code == 401
    (event,) = await team.events("agent.key_rotated")
    assert event.data == {}


async def test_whose_key_may_be_rotated_by_whom(team: TestTeam) -> None:
    alice, bob = await team.agent("alice"), await team.agent("bob")
    boss, peer = await team.agent("boss", access="manager"), await team.agent("peer", access="manager")
    eye = await team.agent("eye", access="observer")
    for member, name in ((alice, "bob"), (boss, "peer"), (boss, "owner"), (peer, "boss"), (eye, "alice")):
        with pytest.raises(Forbidden):
            await member.call("rotate_key", name=name)
    with pytest.raises(NotFound):
        await boss.call("rotate_key", name="nobody")
    for member, name in ((boss, "bob"), (team.owner, "boss"), (team.owner, "alice")):
        assert (await member.call("rotate_key", name=name)).name == name
    with pytest.raises(Unauthorized):
        await bob.call("get_me")


async def test_a_retired_key_cannot_be_brought_back_at_the_same_moment(team: TestTeam) -> None:
    alice = await team.agent("alice")
    await alice.call("get_me")
    results = await asyncio.gather(
        team.owner.call("retire_agent", name="alice"),
        alice.call("rotate_key", name="alice"),
        alice.call("update_agent_profile", role="ghost"),
        return_exceptions=True,
    )
    assert [type(result) for result in results[1:]] == [Gone, Gone]
    assert team.team.directory.agents["alice"].retired
    with pytest.raises(Unauthorized):
        await alice.call("get_me")


# -- profiles and access levels --------------------------------------------------------------------------------------


async def test_the_actor_comes_from_the_key_alone(team: TestTeam) -> None:
    alice = await team.agent("alice")
    await team.agent("bob")
    forged = {"channel": "general", "content": "x"}
    for name in ("from", "from_agent", "sender", "actor", "agent", "name", "as"):
        answer = await alice.http.post("/api/send", json={**forged, name: "bob"})
        assert (answer.status_code, name in answer.json()["detail"]) == (400, True)
    for header in ("X-Agent", "X-Forwarded-User", "X-Agent-Name"):
        assert (await alice.http.get("/api/me", headers={header: "bob"})).json()["name"] == "alice"
    assert (await alice.http.get("/api/history")).json()["messages"] == []


async def test_a_profile_is_changed_by_its_member_and_by_those_above(team: TestTeam) -> None:
    alice, bob = await team.agent("alice", role="Engineer"), await team.agent("bob")
    boss = await team.agent("boss", access="manager")
    changed = await alice.call("update_agent_profile", role="Tester", description="I test", reports_to="BOSS")
    assert (changed.role, changed.description, changed.reports_to) == ("Tester", "I test", "boss")
    kept = await boss.call("update_agent_profile", name="ALICE", role="Lead")
    assert (kept.role, kept.description, kept.reports_to) == ("Lead", "I test", "boss")
    assert (await alice.call("update_agent_profile", reports_to="")).reports_to is None
    with pytest.raises(Forbidden):
        await bob.call("update_agent_profile", name="alice", role="x")
    for arguments in ({"access": "manager"}, {"access": "owner"}, {"access": "member"}):
        with pytest.raises(Forbidden):
            await alice.call("update_agent_profile", **arguments)
    with pytest.raises(NotFound, match="nobody"):
        await alice.call("update_agent_profile", reports_to="nobody")


async def test_the_log_keeps_what_a_profile_was_before(team: TestTeam) -> None:
    alice = await team.agent("alice", role="Engineer")
    await alice.call("update_agent_profile", role="Tester", capabilities=["sql"], description="")
    await team.owner.call("update_agent_profile", name="alice", access="manager")
    first, second = [event.data["changes"] for event in await team.events("agent.updated")]
    assert first == [
        {"field": "role", "old": "Engineer", "new": "Tester"},
        {"field": "capabilities", "old": [], "new": ["sql"]},
    ]
    assert second == [{"field": "access", "old": "member", "new": "manager"}]


async def test_nobody_reports_to_oneself_in_a_circle(team: TestTeam) -> None:
    for name in ("a1", "b1", "c1"):
        await team.agent(name)
    await team.owner.call("update_agent_profile", name="b1", reports_to="a1")
    await team.owner.call("update_agent_profile", name="c1", reports_to="b1")
    for name, chief in (("a1", "c1"), ("a1", "a1"), ("b1", "c1")):
        with pytest.raises(Conflict, match="reports"):
            await team.owner.call("update_agent_profile", name=name, reports_to=chief)


async def test_access_levels_are_given_by_those_who_have_them(team: TestTeam) -> None:
    alice, boss = await team.agent("alice"), await team.agent("boss", access="manager")
    with pytest.raises(Forbidden):
        await boss.call("update_agent_profile", name="alice", access="owner")
    with pytest.raises(Forbidden):
        await boss.call("update_agent_profile", name="owner", access="member")
    assert (await boss.call("update_agent_profile", name="alice", access="observer")).access == "observer"
    with pytest.raises(Forbidden):
        await alice.call("send_message", channel="general", content="x")
    assert (await team.owner.call("update_agent_profile", name="alice", access="owner")).access == "owner"
    await alice.call("retire_agent", name="owner")
    assert [agent.name for agent in team.team.directory.owners] == ["alice"]


async def test_the_last_owner_stays(team: TestTeam) -> None:
    for operation, arguments in (
        ("retire_agent", {"name": "owner"}),
        ("update_agent_profile", {"access": "manager"}),
        ("update_agent_profile", {"name": "OWNER", "access": "member"}),
    ):
        with pytest.raises(Conflict) as caught:
            await team.owner.call(operation, **arguments)
        assert caught.value.code == "last_owner"
    second = await team.agent("second", access="owner")
    results = await asyncio.gather(
        team.owner.call("retire_agent", name="second"),
        second.call("retire_agent", name="owner"),
        return_exceptions=True,
    )
    assert len([result for result in results if isinstance(result, Conflict)]) == 1
    assert len(team.team.directory.owners) == 1


@pytest.mark.teammcp(permissions={"create_channel": "manager", "add_reaction": "observer"})
async def test_settings_change_the_level_that_an_operation_needs(team: TestTeam) -> None:
    alice, eye = await team.agent("alice"), await team.agent("eye", access="observer")
    boss = await team.agent("boss", access="manager")
    with pytest.raises(Forbidden, match="create_channel needs access level 'manager'; yours is 'member'"):
        await alice.call("create_channel", id="x")
    assert (await alice.http.post("/api/channels", json={"id": "x"})).status_code == 403
    await boss.call("create_channel", id="x")
    message = (await alice.call("send_message", channel="x", content="hi")).id
    assert (await eye.call("add_reaction", message_id=message, emoji="👍")).changed
    with pytest.raises(Forbidden):
        await eye.call("pin_message", message_id=message)


async def test_every_level_may_do_what_it_needs_and_no_more(team: TestTeam) -> None:
    eye = await team.agent("eye", access="observer")
    for operation in ("get_me", "get_agents", "get_channels", "get_inbox", "get_history", "heartbeat"):
        await eye.call(operation)
    alice = await team.agent("alice")
    for member in (eye, alice):
        with pytest.raises(Forbidden):
            await member.call("retire_agent", name="owner")
    context = operations.Context(team.server, team.team, ANONYMOUS, "rest", "127.0.0.1")
    with pytest.raises(Unauthorized):
        await operations.call(context, "get_agents", {})


# -- retirement ------------------------------------------------------------------------------------------------------


@pytest.mark.teammcp(install={"ears": EARS})
async def test_a_retired_member_is_gone_but_not_forgotten(team: TestTeam) -> None:
    EARS.told.clear()
    alice, bob = await team.agent("alice"), await team.agent("bob")
    await bob.call("send_message", channel="general", content="my last words")
    await bob.call("send_dm", recipient="alice", content="bye")
    assert (await team.owner.call("retire_agent", name="Bob")).status == "retired"
    with pytest.raises(Unauthorized):
        await bob.call("get_me")
    with pytest.raises(Conflict):
        await register(team, name="BOB")
    for operation, arguments in (
        ("send_dm", {"recipient": "bob", "content": "hello?"}),
        ("send_message", {"channel": "dm:bob", "content": "hello?"}),
        ("add_channel_member", {"channel": "general", "agent_name": "bob"}),
    ):
        with pytest.raises(Gone, match="bob was retired"):
            await alice.call(operation, **arguments)
    sent = await alice.call("send_message", channel="general", content="where is @bob?", mentions=["bob"])
    assert sent.retired == ["bob"]
    assert not sent.not_members
    assert "bob" in sent.text()
    await alice.call("send_message", channel="general", content="@all")
    history = await alice.call("get_history")
    assert history.messages[0].content == "my last words"
    assert len((await alice.call("get_history", channel="dm:bob")).messages) == 1
    assert "bob" not in [agent.name for agent in (await alice.call("get_agents")).root]
    retired = {agent.name: agent.status for agent in (await alice.call("get_agents", include_retired=True)).root}
    assert retired["bob"] == "retired"
    await team.server.settle()
    assert ("registered", "bob", "member") in EARS.told
    assert ("retired", "bob") in EARS.told
    assert [told for told in EARS.told if told[0] == "undelivered"] == [
        ("undelivered", sent.id, "bob", "bob was retired")
    ]
    (event,) = await team.events("agent.retired")
    assert (event.subject, event.actor) == ("bob", "owner")
    for operation in ("retire_agent", "rotate_key"):
        with pytest.raises(Gone):
            await team.owner.call(operation, name="bob")


# -- presence --------------------------------------------------------------------------------------------------------


async def test_presence_is_told_and_written_on_change_only(team: TestTeam, clock: MovedClock) -> None:
    alice = await team.agent("alice")
    never = await profile(team.owner, "alice")
    assert (never.status, never.reason, never.since) == ("away", "never heard of", None)
    for _ in range(3):
        await alice.call("heartbeat")
        clock.advance(seconds=20)
    last_seen = clock.now() - 20_000
    assert (await profile(team.owner, "alice")).status == "online"
    assert (await profile(team.owner, "alice")).lastSeen == last_seen
    clock.advance(seconds=20)
    await team.owner.call("heartbeat")
    team.team.presence.sweep()
    lost = await profile(team.owner, "alice")
    assert (lost.status, lost.reason, lost.since) == ("dead", "no sign of life for 30 s", clock.now())
    assert lost.lastSeen == last_seen
    events = [event for event in await team.events("agent.online", "agent.offline") if event.subject == "alice"]
    assert [(event.kind, event.data) for event in events] == [
        ("agent.online", {"status": "online", "reason": "made a call"}),
        ("agent.offline", {"status": "dead", "reason": "no sign of life for 30 s"}),
    ]
    count = len(await team.events())
    for _ in range(5):
        await team.owner.call("get_agents")
        clock.advance(seconds=5)
        team.team.presence.sweep()
    assert len(await team.events()) == count


async def test_a_retired_member_is_offline_at_once(team: TestTeam) -> None:
    alice = await team.agent("alice")
    await alice.call("heartbeat")
    await team.owner.call("retire_agent", name="alice")
    assert [event.subject for event in await team.events("agent.offline")] == ["alice"]


async def test_errors_name_the_field_and_the_remedy(team: TestTeam) -> None:
    with pytest.raises(TeamError) as caught:
        await team.owner.call("register_agent", name="a b", kind="robot", role="x" * 101)
    assert [error["field"] for error in caught.value.data["errors"]] == ["name", "role", "kind"]
