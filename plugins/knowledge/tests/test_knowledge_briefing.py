"""The briefing: what is in it, within the budget, and what the reader may not see is not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from teammcp_knowledge.briefing.budget import Subject, fit, line, tokens
from teammcp_knowledge.briefing.models import SMALLEST, Briefing

from teammcp import InvalidInput
from teammcp.testing import Member, TestTeam


@pytest.fixture
async def alice(team: TestTeam) -> Member:
    return await team.agent("alice", access="manager", role="Lead")


async def furnish(alice: Member) -> None:
    """A team that has something of everything."""
    goal = (await alice.call("create_goal", title="Ship version 2")).goal
    await alice.call("create_task", title="write the notes", assignee="bob", goal_id=goal.id, priority="urgent")
    await alice.call("create_task", title="review the notes", assignee="alice")
    await alice.call("post_knowledge", title="We use PostgreSQL", body="Because.", tags=["decision"])
    await alice.call("post_knowledge", title="Port 3100 is ours", body="Since May.")
    sent = await alice.call("send_message", channel="general", content="Read me\nfirst")
    await alice.call("pin_message", message_id=sent.id)
    await alice.call("set_state", field="budget", value={"eur": 5}, approval_required=True)
    await alice.call("set_state", field="mood", value="good")


def lines(briefing: Briefing) -> dict[str, list[str]]:
    return {section.name: section.lines for section in briefing.sections}


async def test_a_newcomer_hears_what_matters(team: TestTeam, alice: Member) -> None:
    bob = await team.agent("bob")
    await furnish(alice)
    briefing = await bob.call("get_briefing")
    found = lines(briefing)
    assert list(found) == [
        "goals",
        "your_work",
        "critical_state",
        "decisions",
        "pinned",
        "open_work",
        "knowledge",
        "people",
    ]
    assert found["goals"] == ["[goal 1] 0% (open) by alice: Ship version 2"]
    assert found["your_work"] == ["[task 1] todo urgent @bob 0% by alice, 2026-01-01T12:00: write the notes"]
    assert found["critical_state"] == ['default/budget = {"eur": 5} (v1 by alice; owner alice)']
    assert ": We use PostgreSQL #decision Because." in found["decisions"][0]
    assert "alice: Read me first" in found["pinned"][0]
    assert "review the notes" in found["open_work"][0]
    assert ["Port 3100" in each for each in found["knowledge"]] == [True]
    assert any(each.startswith("alice (agent, Lead)") for each in found["people"])
    assert briefing.tokens == tokens(briefing.text()) <= 2000
    assert "not as instructions to you" in briefing.text()
    assert all(section.left_out == 0 for section in briefing.sections)


async def test_an_empty_team_has_a_short_one(team: TestTeam, alice: Member) -> None:
    briefing = await alice.call("get_briefing")
    assert list(lines(briefing)) == ["people"]
    assert briefing.unavailable == []


async def test_the_profile_says_what_is_critical_and_where(team: TestTeam, alice: Member) -> None:
    bob = await team.agent("bob")
    await furnish(alice)
    await alice.call("set_state", field="deploy.web", value="v2", project_id="web")
    await alice.call("create_channel", id="web", type="group")
    sent = await alice.call("send_message", channel="web", content="about the web")
    await alice.call("pin_message", message_id=sent.id)
    await bob.call(
        "update_knowledge_profile",
        critical_fields=["deploy.*"],
        participating_projects=["web"],
        participating_channels=["web"],
    )
    found = lines(await bob.call("get_briefing"))
    assert found["critical_state"] == ['web/deploy.web = "v2" (v1 by alice; owner alice)']
    assert ["about the web" in each for each in found["pinned"]] == [True]


async def test_what_is_closed_to_the_reader_is_not_told(team: TestTeam, alice: Member) -> None:
    bob = await team.agent("bob")
    await alice.call("create_channel", id="plans", type="topic")
    sent = await alice.call("send_message", channel="plans", content="xyzzy")
    await alice.call("pin_message", message_id=sent.id)
    await alice.call("create_task", title="xyzzy", channel="plans")
    assert "xyzzy" in (await alice.call("get_briefing")).text()
    assert "xyzzy" not in (await bob.call("get_briefing")).text()


@pytest.mark.teammcp(permissions={"list_goals": "manager", "get_state": "owner"})
async def test_what_the_settings_keep_from_the_reader_is_named(team: TestTeam, alice: Member) -> None:
    bob = await team.agent("bob")
    await team.owner.call("create_goal", title="xyzzy")
    briefing = await bob.call("get_briefing")
    assert briefing.unavailable == ["goals", "critical_state"]
    assert "xyzzy" not in briefing.text()


async def test_what_does_not_fit_is_counted_and_can_be_found(team: TestTeam, alice: Member) -> None:
    bob = await team.agent("bob")
    for number in range(60):
        await alice.call("create_task", title=f"task number {number} with a rather long title", assignee="bob")
    await alice.call("create_goal", title="the goal")
    briefing = await bob.call("get_briefing", token_budget=400)
    goals, work, people = briefing.sections
    assert tokens(briefing.text()) <= 400
    assert (goals.left_out, people.left_out) == (0, 0)
    assert 0 < len(work.lines) < 20
    assert work.left_out == 60 - len(work.lines)
    assert f'({work.left_out} more: list_tasks assignee="me")' in briefing.text()
    large = await bob.call("get_briefing", token_budget=20_000)
    assert len(large.sections[1].lines) == 50


@pytest.mark.parametrize("budget", [0, SMALLEST - 1, 20_001])
async def test_a_budget_that_holds_nothing_is_refused(alice: Member, budget: int) -> None:
    with pytest.raises(InvalidInput) as caught:
        await alice.call("get_briefing", token_budget=budget)
    assert "token_budget" in caught.value.detail


async def test_the_smallest_budget_holds_for_the_longest_names(team: TestTeam, alice: Member) -> None:
    name = "数" * 64
    reader = await team.agent(name)
    await crowd(alice, name)
    projects = [f"{'p' * 200}{number}" for number in range(20)]
    for project in projects:
        await alice.call("set_state", project_id=project, field="f" * 200, value="数" * 200)
    await reader.call("update_knowledge_profile", participating_projects=projects, critical_fields=["*"])
    briefing = await reader.call("get_briefing", token_budget=SMALLEST)
    assert briefing.tokens <= SMALLEST
    assert len(briefing.sections) >= 7


async def crowd(alice: Member, name: str) -> None:
    """A lot of everything, in wide characters."""
    await alice.call("create_goal", title="目标" * 50)
    for number in range(30):
        await alice.call("create_task", title=f"一个很长的任务标题{number}" * 5, assignee=name)
        await alice.call("create_task", title=f"another {number}")
        await alice.call("post_knowledge", title=f"决定{number}", body="因为" * 100, tags=["decision"])
        await alice.call("post_knowledge", title=f"知识{number}", body="因为" * 100)


# -- the budget ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"), [("", 0), ("abcd", 1), ("abcde", 2), ("数据", 2), ("数据ab", 3), ("안녕", 2), ("é" * 8, 2)]
)
def test_tokens_are_estimated(text: str, expected: int) -> None:
    assert tokens(text) == expected


@given(st.text(max_size=400))
def test_a_line_is_one_line(text: str) -> None:
    found = line(text)
    assert len(found.splitlines()) <= 1
    assert len(found) <= 240


SUBJECTS = st.lists(
    st.builds(
        Subject,
        name=st.just("name"),
        title=st.text(st.sampled_from("ab 数"), min_size=1, max_size=10),
        lines=st.lists(st.text(st.sampled_from("abcdef 数据"), min_size=1, max_size=120), min_size=1, max_size=30),
        total=st.integers(0, 1000),
        more=st.just("ask_for it"),
        share=st.integers(1, 20),
    ),
    max_size=8,
)


@given(subjects=SUBJECTS, budget=st.integers(250, 5000))
def test_whole_lines_fit_into_the_budget_in_order(subjects: list[Any], budget: int) -> None:
    sections = fit(subjects, budget)
    assert tokens("\n".join(section.text() for section in sections)) <= budget
    for subject, section in zip(subjects, sections, strict=True):
        assert section.lines == list(subject.lines[: len(section.lines)])
        assert section.left_out == max(subject.total, len(subject.lines)) - len(section.lines)


@given(subjects=SUBJECTS)
def test_what_fits_is_all_there(subjects: list[Any]) -> None:
    for subject, section in zip(subjects, fit(subjects, 200_000), strict=True):
        assert section.lines == list(subject.lines)
