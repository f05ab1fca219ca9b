"""Knowledge gaps: what changed since a member knew, profiles, acknowledging, the rule that one looks first."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from teammcp import Forbidden, InvalidInput, NotFound, PreconditionRequired
from teammcp.testing import Member, MovedClock, TestTeam


@pytest.fixture
async def alice(team: TestTeam) -> Member:
    return await team.agent("alice")


@pytest.fixture
async def bob(team: TestTeam) -> Member:
    return await team.agent("bob", access="manager")


async def change(member: Member, field: str, value: Any, project_id: str = "default", reason: str = "") -> None:
    await member.call("set_state", field=field, value=value, project_id=project_id, reason=reason)


async def gaps(member: Member, **asked: Any) -> dict[str, tuple[int, int]]:
    """Field -> the version that is known, and the current one."""
    found = (await member.call("check_knowledge_gaps", **asked)).gaps
    return {gap.field: (gap.your_version, gap.current_version) for gap in found}


# -- gaps ------------------------------------------------------------------------------------------------------------


async def test_what_others_change_is_a_gap_until_it_is_acknowledged(alice: Member, bob: Member) -> None:
    await alice.call("update_knowledge_profile", critical_fields=["budget"])
    await change(bob, "phase", "plan", reason="kick-off")
    await change(bob, "budget", 100)
    await change(bob, "budget", 200)
    found = await alice.call("check_knowledge_gaps", project_id="default")
    assert (found.has_gaps, found.critical_gaps, [gap.field for gap in found.gaps]) == (
        True,
        ["budget"],
        ["budget", "phase"],
    )
    budget, phase = found.gaps
    assert (budget.your_version, budget.current_version, budget.changes_missed) == (0, 2, 2)
    assert (budget.critical, budget.current_value, budget.changed_by) == (True, 200, "bob")
    assert budget.summary == "bob: → 100; bob: 100 → 200"
    assert phase.summary == "bob: kick-off"
    done = await alice.call("acknowledge_knowledge_gaps", fields=["budget", "phase"])
    assert (done.acknowledged, done.fields, done.not_shown) == (True, ["budget", "phase"], [])
    assert (await alice.call("check_knowledge_gaps", project_id="default")).has_gaps is False
    await change(bob, "phase", "build")
    assert await gaps(alice) == {"phase": (1, 2)}


async def test_only_what_was_shown_is_acknowledged(team: TestTeam, alice: Member, bob: Member) -> None:
    await alice.call("update_knowledge_profile", relevant_fields=["*"])
    await change(bob, "phase", 1)
    early = await alice.call("acknowledge_knowledge_gaps", fields=["phase", "none"])
    assert (early.acknowledged, early.fields, early.not_shown) == (False, [], ["phase", "none"])
    assert await gaps(alice) == {"phase": (0, 1)}
    await change(bob, "phase", 2)  # between looking and acknowledging
    assert (await alice.call("acknowledge_knowledge_gaps", fields=["phase"])).acknowledged is True
    assert await gaps(alice) == {"phase": (1, 2)}
    (event,) = await team.events("knowledge.acknowledged")
    assert (event.agents, event.data["versions"]) == (("alice",), {"phase": 1})


async def test_acknowledging_twice_tells_once(team: TestTeam, alice: Member, bob: Member) -> None:
    await alice.call("update_knowledge_profile", relevant_fields=["*"])
    await change(bob, "phase", 1)
    await gaps(alice)
    answers = [await alice.call("acknowledge_knowledge_gaps", fields=["phase"]) for _ in range(2)]
    assert [answer.acknowledged for answer in answers] == [True, False]
    assert [answer.fields for answer in answers] == [["phase"], ["phase"]]
    assert len(await team.events("knowledge.acknowledged")) == 1


async def test_what_one_writes_oneself_is_known(alice: Member, bob: Member) -> None:
    await alice.call("update_knowledge_profile", relevant_fields=["*"])
    await change(alice, "mine", 1)
    assert await gaps(alice) == {}
    await change(bob, "mine", 2)
    await change(bob, "mine", 3)
    (gap,) = (await alice.call("check_knowledge_gaps")).gaps
    assert (gap.your_version, gap.changes_missed, gap.summary) == (1, 2, "bob: 1 → 2; bob: 2 → 3")
    await change(alice, "mine", 4)
    assert await gaps(alice) == {}


async def test_globs_say_what_is_relevant(alice: Member, bob: Member) -> None:
    await alice.call("update_knowledge_profile", relevant_fields=["deploy.*", "lead"], critical_fields=["*.budget"])
    for field in ("deploy.web", "deploy.db", "deployment", "lead", "leader", "team.budget", "other"):
        await change(bob, field, 1)
    found = await alice.call("check_knowledge_gaps")
    assert [gap.field for gap in found.gaps] == ["team.budget", "deploy.db", "deploy.web", "lead"]
    assert found.critical_gaps == ["team.budget"]


async def test_projects_of_the_profile_are_looked_into(alice: Member, bob: Member) -> None:
    await alice.call("update_knowledge_profile", participating_projects=["web", "app"], critical_fields=["goal"])
    for project in ("web", "app", "other", "default"):
        await change(bob, "goal", project, project)
        await change(bob, "note", project, project)
    found = await alice.call("check_knowledge_gaps")
    assert [(gap.project_id, gap.field) for gap in found.gaps] == [
        ("web", "goal"),
        ("app", "goal"),
        ("web", "note"),
        ("app", "note"),
    ]
    assert [gap.project_id for gap in (await alice.call("check_knowledge_gaps", project_id="other")).gaps] == [
        "other",
        "other",
    ]


async def test_a_deleted_field_is_a_gap_if_it_was_known(alice: Member, bob: Member) -> None:
    await alice.call("update_knowledge_profile", relevant_fields=["*"])
    await change(bob, "old", 1)
    await gaps(alice)
    await alice.call("acknowledge_knowledge_gaps", fields=["old"])
    await change(bob, "brief", 1)
    for field in ("old", "brief"):
        await bob.call("delete_state", field=field)
    (gap,) = (await alice.call("check_knowledge_gaps")).gaps
    assert (gap.field, gap.deleted, gap.current_value, gap.summary) == ("old", True, None, "bob deleted it")


async def test_long_values_and_long_histories_are_cut(alice: Member, bob: Member) -> None:
    await alice.call("update_knowledge_profile", relevant_fields=["*"])
    for number in range(8):
        await change(bob, "log", f"{number}" * 5000)
    (gap,) = (await alice.call("check_knowledge_gaps")).gaps
    assert (gap.current_value_omitted, gap.current_value, gap.changes_missed) == (True, None, 8)
    assert gap.summary.startswith("…; ")
    assert len(gap.summary) < 1000


async def test_many_gaps_come_a_hundred_at_a_time(alice: Member, bob: Member) -> None:
    await alice.call("update_knowledge_profile", relevant_fields=["*"], critical_fields=["f119"])
    for start in (0, 60):
        conclusions = [{"field": f"f{number:03}", "value": 1} for number in range(start, start + 60)]
        await bob.call("conclude_state", conclusions=conclusions)
    found = await alice.call("check_knowledge_gaps")
    assert (len(found.gaps), found.more, found.gaps[0].field) == (100, True, "f119")
    await alice.call("acknowledge_knowledge_gaps", fields=[gap.field for gap in found.gaps])
    rest = await alice.call("check_knowledge_gaps")
    assert (len(rest.gaps), rest.more) == (20, False)


async def test_without_a_profile_it_says_what_to_do(alice: Member, bob: Member) -> None:
    await change(bob, "phase", 1)
    found = await alice.call("check_knowledge_gaps", project_id="default")
    assert (found.error, found.has_gaps, found.gaps) == ("no_profile", False, [])
    assert "update_knowledge_profile" in found.text()


async def test_looking_over_a_shoulder_shows_nothing_to_its_owner(alice: Member, bob: Member) -> None:
    await alice.call("update_knowledge_profile", relevant_fields=["*"])
    await change(bob, "phase", 1)
    assert await gaps(bob, agent_id="alice") == {"phase": (0, 1)}
    assert (await alice.call("acknowledge_knowledge_gaps", fields=["phase"])).not_shown == ["phase"]
    with pytest.raises(Forbidden):
        await alice.call("check_knowledge_gaps", agent_id="bob")
    with pytest.raises(NotFound):
        await bob.call("check_knowledge_gaps", agent_id="nobody")


STEPS = st.lists(
    st.tuples(st.sampled_from(["alice", "bob", "delete", "look", "acknowledge"]), st.sampled_from("fgh")), max_size=14
)
NUMBERS = count()
"""Each run has a project of its own, since they share a team."""


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=25)
@given(steps=STEPS)
async def test_a_gap_is_what_others_did_since_one_was_shown_it_and_acknowledged(
    team: TestTeam, bob: Member, steps: list[tuple[str, str]]
) -> None:
    """A model of what alice knows, and the plugin, side by side."""
    number = next(NUMBERS)
    alice, project = await team.agent(f"alice{number}", access="manager"), f"p{number}"
    await alice.call("update_knowledge_profile", participating_projects=[project])
    writers: dict[str, list[str]] = {field: [] for field in "fgh"}
    deleted, shown, acked = set[str](), dict[str, int](), dict[str, int]()

    def expected() -> dict[str, tuple[int, int]]:
        found = {}
        for field, names in writers.items():
            known, mine = acked.get(field, 0), max((n for n, who in enumerate(names, 1) if who == "alice"), default=0)
            if len(names) > known and names[-1] != "alice" and not (field in deleted and not known):
                found[field] = (max(known, mine), len(names))
        return found

    for what, field in steps:
        if what in ("alice", "bob"):
            await change({"alice": alice, "bob": bob}[what], field, len(writers[field]), project)
            writers[field].append(what)
            deleted.discard(field)
        elif what == "delete" and writers[field] and field not in deleted:
            await bob.call("delete_state", field=field, project_id=project)
            writers[field].append("bob")
            deleted.add(field)
        elif what == "look":
            assert await gaps(alice) == expected()
            shown |= {name: version for name, (_, version) in expected().items()}
        elif what == "acknowledge":
            await alice.call("acknowledge_knowledge_gaps", fields=[field], project_id=project)
            if field in shown:
                acked[field] = shown[field]
    assert await gaps(alice, project_id=project) == expected()


# -- profiles --------------------------------------------------------------------------------------------------------


async def test_a_part_of_a_profile_changes_and_the_rest_stays(team: TestTeam, alice: Member, bob: Member) -> None:
    await alice.call(
        "update_knowledge_profile",
        relevant_fields=["a", "b", "a"],
        critical_fields=["c"],
        participating_projects=["p"],
        participating_channels=["#general"],
    )
    await change(bob, "a", 1, "p")
    await gaps(alice)
    await alice.call("acknowledge_knowledge_gaps", fields=["a"], project_id="p")
    for part in ({"relevant_fields": ["x"]}, {"critical_fields": []}, {"participating_projects": ["q"]}, {}):
        await alice.call("update_knowledge_profile", **part)
    found = await alice.call("get_knowledge_profile")
    assert found.model_dump(exclude={"updated_at"}) == {
        "agent_id": "alice",
        "relevant_fields": ["x"],
        "critical_fields": [],
        "participating_projects": ["q"],
        "participating_channels": ["general"],
        "last_known_versions": {"p": {"a": 1}},
    }
    assert len(await team.events("knowledge.profile_changed")) == 4


async def test_profiles_are_ones_own_and_the_managers(team: TestTeam, alice: Member, bob: Member) -> None:
    await bob.call("update_knowledge_profile", agent_id="alice", critical_fields=["budget"])
    assert (await bob.call("get_knowledge_profile", agent_id="ALICE")).critical_fields == ["budget"]
    for operation in ("get_knowledge_profile", "update_knowledge_profile"):
        with pytest.raises(Forbidden):
            await alice.call(operation, agent_id="bob")
    (event,) = await team.events("knowledge.profile_changed")
    assert (event.actor, event.agents) == ("bob", ("alice", "bob"))


async def test_a_profile_names_no_channel_that_is_closed_to_its_reader(alice: Member, bob: Member) -> None:
    await alice.call("create_channel", id="plans", type="topic")
    await alice.call("update_knowledge_profile", participating_channels=["plans", "general"])
    assert (await alice.call("get_knowledge_profile")).participating_channels == ["plans", "general"]
    assert (await bob.call("get_knowledge_profile", agent_id="alice")).participating_channels == ["general"]
    with pytest.raises(NotFound):
        await bob.call("update_knowledge_profile", participating_channels=["plans"])


@pytest.mark.parametrize(
    "wrong",
    [
        {"relevant_fields": ["a b"]},
        {"critical_fields": [""]},
        {"critical_fields": ["[a]"]},
        {"participating_projects": ["p*"]},
        {"relevant_fields": ["f"] * 201},
    ],
)
async def test_a_wrong_profile_is_refused(alice: Member, wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        await alice.call("update_knowledge_profile", **wrong)


# -- the inbox and the overview --------------------------------------------------------------------------------------


async def test_gaps_stand_in_the_inbox(alice: Member, bob: Member) -> None:
    await change(bob, "budget", 1)
    assert "knowledge_gaps" not in (await alice.call("get_inbox")).sections
    await alice.call("update_knowledge_profile", critical_fields=["budget"])
    await change(bob, "note", 1)
    assert (await alice.call("get_inbox")).sections["knowledge_gaps"] == {"critical": 1, "total": 2}
    await gaps(alice)
    await alice.call("acknowledge_knowledge_gaps", fields=["budget", "note"])
    assert "knowledge_gaps" not in (await alice.call("get_inbox")).sections


async def test_the_matrix_shows_managers_all_and_others_themselves(
    team: TestTeam, alice: Member, bob: Member, clock: MovedClock
) -> None:
    await alice.call("update_knowledge_profile", participating_projects=["web"], critical_fields=["goal"])
    await bob.call("update_knowledge_profile", relevant_fields=["note"])
    await change(bob, "goal", 1, "web")
    await change(bob, "note", 1, "web")
    await change(team.owner, "note", 1)
    clock.advance(minutes=1)
    await gaps(alice)
    found = await bob.call("get_knowledge_matrix")
    assert found.columns == ["default", "web"]
    cells = {row.agent: [cell and (cell.critical, cell.total) for cell in row.cells] for row in found.rows}
    assert cells == {"alice": [None, (1, 2)], "bob": [(0, 1), None]}
    assert [row.checked_at is not None for row in found.rows] == [True, False]
    mine = await alice.call("get_knowledge_matrix")
    assert [row.agent for row in mine.rows] == ["alice"]


async def test_the_matrix_of_a_project_is_by_field(team: TestTeam, alice: Member, bob: Member) -> None:
    await alice.call("update_knowledge_profile", critical_fields=["goal"])
    await team.owner.call("update_knowledge_profile", relevant_fields=["note"])
    for value in (1, 2):
        await change(bob, "goal", value)
    await change(alice, "shared", 1)
    await change(bob, "note", 1)
    await bob.call("set_state", field="shared", value=2)
    found = await bob.call("get_knowledge_matrix", project_id="default")
    assert found.columns == ["goal", "note", "shared"]
    cells = {row.agent: [cell and (cell.critical, cell.total) for cell in row.cells] for row in found.rows}
    assert cells == {"alice": [(2, 2), (0, 1), (0, 1)], "owner": [None, (0, 1), None]}


# -- the rule --------------------------------------------------------------------------------------------------------

RULE = pytest.mark.teammcp(plugins={"knowledge": {"require_check_minutes": {"web": 60}}})


@RULE
async def test_who_has_not_looked_lately_does_not_write(
    team: TestTeam, alice: Member, bob: Member, clock: MovedClock
) -> None:
    await alice.call("update_knowledge_profile", participating_projects=["web"])
    with pytest.raises(PreconditionRequired) as caught:
        await change(alice, "mine", 1, "web")
    assert (caught.value.status, caught.value.code) == (428, "knowledge_check_required")
    assert "check_knowledge_gaps" in caught.value.detail
    await gaps(alice, project_id="web")
    await change(alice, "mine", 1, "web")
    clock.advance(minutes=59)
    await change(alice, "mine", 2, "web")
    clock.advance(minutes=1)
    for operation, more in (("set_state", {"value": 3}), ("delete_state", {})):
        with pytest.raises(PreconditionRequired):
            await alice.call(operation, field="mine", project_id="web", **more)
    answer = await alice.http.post("/api/state", json={"project_id": "web", "field": "mine", "value": 3})
    assert (answer.status_code, answer.json()["error"]) == (428, "knowledge_check_required")
    await gaps(alice)
    await change(alice, "mine", 3, "web")


@RULE
async def test_the_rule_leaves_managers_and_other_projects_alone(team: TestTeam, alice: Member, bob: Member) -> None:
    await change(bob, "theirs", 1, "web")
    await change(team.owner, "theirs", 2, "web")
    await change(alice, "mine", 1, "app")


@RULE
async def test_to_look_without_a_profile_is_not_to_look(alice: Member) -> None:
    await gaps(alice, project_id="web")
    with pytest.raises(PreconditionRequired):
        await change(alice, "mine", 1, "web")


@pytest.mark.teammcp(plugins={"knowledge": {"require_check_minutes": {"*": 5, "web": 60}}})
async def test_a_star_stands_for_all_other_projects(alice: Member, clock: MovedClock) -> None:
    await alice.call("update_knowledge_profile", participating_projects=["web", "app"])
    await gaps(alice)
    clock.advance(minutes=10)
    await change(alice, "mine", 1, "web")
    with pytest.raises(PreconditionRequired):
        await change(alice, "mine", 1, "app")


async def test_rest(alice: Member, bob: Member) -> None:
    made = await alice.http.post("/api/state/agent-profile", json={"critical_fields": ["budget"]})
    assert made.json()["critical_fields"] == ["budget"]
    await change(bob, "budget", 5)
    found = (await alice.http.get("/api/state/knowledge-gaps", params={"project_id": "default"})).json()
    assert (found["agent_id"], found["has_gaps"], found["critical_gaps"]) == ("alice", True, ["budget"])
    assert found["gaps"][0]["current_value"] == 5
    done = await alice.http.post(
        "/api/state/knowledge-gaps/acknowledge", json={"project_id": "default", "fields": ["budget"]}
    )
    assert done.json()["acknowledged"] is True
    profile = (await alice.http.get("/api/state/agent-profile")).json()
    assert profile["last_known_versions"] == {"default": {"budget": 1}}
