"""Nobody and no channel can be taken for another by how its name looks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teammcp import TeamError
from teammcp.errors import Conflict, InvalidInput
from teammcp.members.lookalikes import SERVERS_OWN, TITLES, alike, check_new, skeleton
from teammcp.testing import TestTeam

PAIRS = [
    ("al1ce", "alice"),
    ("ADM1N", "admin"),
    ("a55istant", "assistant"),
    ("ʙoʙ", "bob"),
    ("ᴋaᴛe", "kate"),
    ("аԁа", "Ada"),
    ("oIivia", "olivia"),
    ("o1ivia", "olivia"),
    ("0livia", "Olivia"),
    ("B0b", "bob"),
    ("ꜱystem", "system"),
    ("systern", "system"),
    ("ѕуѕтем", "system"),
    ("gеneral", "general"),
    ("ɡeneral", "general"),
    ("generaI", "general"),
    ("rnike", "mike"),
    ("agent-l", "agent-1"),
    ("сорок", "copoк"),
]
"""Across scripts, within one, and of several letters for one."""
DIFFERENT = [
    ("ai-1", "al-1"),
    ("agent1", "agent5"),
    ("ai", "al"),
    ("ann", "anna"),
    ("agent-1", "agent-2"),
    ("a1", "a2"),
    ("小明", "小朋"),
    ("дом", "дон"),
    ("Jürgen", "Jorgen"),
    ("bob", "rob"),
    ("иван", "ivan"),
]
MIXED = ["ꓮda", "օlivia", "aдa", "αda", "ada中а", "ℓиk"]
ONE = ["小明Bot", "たろうTaro", "Ольга2", "Ελένη", "한국어bot", "Zoë", "देवनागरी", "محمد", "agent_7", "Łódź", "ＡＤＡ"]


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_names_that_look_alike_are_alike(one: str, other: str) -> None:
    assert alike(one, other)
    assert alike(other, one)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_names_that_can_be_told_apart_are_not(one: str, other: str) -> None:
    assert not alike(one, other)


@given(st.text(st.characters(categories=["L", "N", "M"]), min_size=1, max_size=12))
def test_a_skeleton_is_its_own_and_every_name_looks_like_itself_in_any_case(name: str) -> None:
    assert skeleton(skeleton(name)) == skeleton(name)
    assert alike(name, name)
    assert alike(name, name.casefold())


@pytest.mark.parametrize("name", MIXED)
def test_a_name_is_in_one_script(name: str) -> None:
    with pytest.raises(InvalidInput, match="scripts"):
        check_new("name", name, [], [])


@pytest.mark.parametrize("name", ONE)
def test_or_in_those_that_are_written_together(name: str) -> None:
    check_new("name", name, ["somebody"], SERVERS_OWN)


@pytest.mark.parametrize("name", ["olivia-", "olivia_", "a."])
def test_a_name_does_not_end_with_what_nobody_notices(name: str) -> None:
    with pytest.raises(InvalidInput, match="end with"):
        check_new("name", name, [], [])


# -- members and channels --------------------------------------------------------------------------------------------


async def test_no_member_looks_like_another_or_like_the_server(team: TestTeam) -> None:
    for name in ("Ada", "olivia", "mike", "agent-1"):
        await team.agent(name)
    for name in ("аԁа", "oIivia", "o1ivia", "rnike", "agent-l"):
        with pytest.raises(Conflict, match="looks like") as caught:
            await team.agent(name)
        assert caught.value.code == "name_alike"
    for name in (*SERVERS_OWN, "systern", "ѕуѕтем", "ꜱystem", "ASSISTANT", "TeamMCP", "admin", "0wner"):
        with pytest.raises(TeamError) as refused:
            await team.agent(name)
        assert refused.value.status == 400, name


async def test_a_retired_member_is_not_looked_like_either(team: TestTeam) -> None:
    await team.agent("olivia")
    await team.owner.call("retire_agent", name="olivia")
    with pytest.raises(Conflict, match="olivia"):
        await team.agent("oIivia")


async def test_no_channel_looks_like_another_or_like_the_server(team: TestTeam) -> None:
    alice = await team.agent("alice")
    await alice.call("create_channel", id="mobile")
    for name in ("gеneral", "ɡeneral", "generaI", "rnobile", "mоbile"):
        with pytest.raises(TeamError) as caught:
            await alice.call("create_channel", id=name)
        assert caught.value.status in {400, 409}, name
    for name in ("system", "systern", "server", "everyone"):
        with pytest.raises(InvalidInput, match="reserved"):
            await alice.call("create_channel", id=name)
    for name in ("Überlingen", "产品", "plans-2"):
        await alice.call("create_channel", id=name)


async def test_names_that_are_there_already_keep_working(team: TestTeam, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as before:
        before.setattr("teammcp.features.agents.operations.members.check_new", lambda *_: None)
        old = [await team.agent(name) for name in ("olivia", "oIivia", "systern-")]
    for member in old:
        assert (await member.call("get_me")).name == member.name
        await member.call("send_message", channel="general", content=f"hello @{old[0].name}")
        await team.owner.call("rotate_key", name=member.name)


@pytest.mark.parametrize("number", [*range(1, 30), 100, 111, 1115, 511])
def test_numbered_agents_are_no_words_and_not_one_another(number: int) -> None:
    for name in (f"a{number}", f"s{number}", f"m{number}"):
        assert not any(alike(name, word) for word in (*SERVERS_OWN, *TITLES)), name
        assert not any(alike(name, f"{name[0]}{other}") for other in range(1, 120) if other != number), name
