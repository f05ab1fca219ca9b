"""Figures of questions: what is counted, how long was waited, and what keeps questions waiting."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from teammcp_projects.figures import counting
from teammcp_projects.figures.bottlenecks import MINUTE, Answerer, Standing, find
from teammcp_projects.figures.statistics import Asked, cut, most_at_once, per_step, percentile, time_of

from teammcp import InvalidInput
from teammcp.testing import Member, MovedClock, TestTeam

HOUR = 60 * MINUTE
NOW = 100 * HOUR
moments = st.integers(0, 30)
spans = st.lists(st.tuples(moments, moments).map(lambda span: (min(span), max(span))), max_size=12)


@given(st.lists(st.none() | st.integers(0, 50), max_size=20), st.sampled_from([1, 50, 90, 100]))
def test_a_percentile_is_the_least_value_that_so_many_do_not_exceed(values: list[int | None], percent: int) -> None:
    known = [value for value in values if value is not None]
    enough = [value for value in known if 100 * sum(each <= value for each in known) >= percent * len(known)]
    assert percentile(values, percent) == min(enough, default=None)


@given(spans, st.integers(1, 4))
def test_what_overlaps_is_counted_as_if_each_moment_were_looked_at(spans: list[tuple[int, int]], count: int) -> None:
    here = [sum(begin <= moment < end for begin, end in spans) for moment in range(32)]
    assert most_at_once(spans) == max(here)
    assert time_of(spans, count) == sum(each >= count for each in here)
    assert time_of(cut(spans, 5, 20), count) == sum(each >= count for each in here[5:20])


@st.composite
def questions(draw: st.DrawFn) -> Asked:
    """A question that is at any point of its life."""
    state = draw(st.sampled_from(["queued", "asked", "answered", "cannot_say", "cancelled"]))
    asked, begun, ended = sorted(draw(st.tuples(moments, moments, moments)))
    began = state in {"asked", "answered", "cannot_say"} or (state == "cancelled" and draw(st.booleans()))
    return Asked(
        id=draw(st.integers(1, 10**6)),
        project=draw(st.sampled_from(["backend", "web"])),
        asking=draw(st.sampled_from([None, "web", "mobile"])),
        asker="ada",
        state=state,
        holder=draw(st.sampled_from(["bob", "eve"])) if began else None,
        trouble="",
        reply_by=draw(st.none() | moments),
        asked_at=asked,
        begun_at=begun if began else None,
        ended_at=None if state in {"queued", "asked"} else ended,
    )


def left_queue(question: Asked, now: int) -> int:
    """When it waited no more for its turn."""
    return next((at for at in (question.begun_at, question.ended_at) if at is not None), now + 1)


@given(st.lists(questions(), max_size=25, unique_by=lambda each: each.id), moments, st.integers(1, 3))
def test_figures_are_what_counting_one_by_one_gives(asked: list[Asked], since: int, at_once: int) -> None:
    now = 31
    for found in counting.pairs(asked, since, now):
        mine = [each for each in asked if (each.asking, each.project) == (found.asking_project, found.project)]
        recent = [each for each in mine if each.asked_at >= since]
        unended = [each for each in mine if each.state in {"queued", "asked"}]
        said = [each for each in recent if each.state in {"answered", "cannot_say"}]
        assert found.asked == len(recent)
        assert found.answered + found.cannot_say == len(said)
        assert found.cancelled == sum(each.state == "cancelled" for each in recent)
        assert (found.open, found.queued) == (len(unended), sum(each.state == "queued" for each in mine))
        assert found.overdue == sum(each.reply_by is not None for each in unended), "all times are over by now"
        assert (found.oldest_open is None) == (not unended)
        assert found.oldest_open_at == min((each.asked_at for each in unended), default=None)
        waits = sorted(each.ended_at - each.asked_at for each in said if each.ended_at is not None)
        assert found.until_answered.median_ms == (waits[math.ceil(len(waits) / 2) - 1] if waits else None)
    projects = counting.projects(asked, {"backend": at_once}, since, now)
    for line in projects:
        mine = [each for each in asked if each.project == line.project]
        waiting = [sum(each.asked_at <= at < left_queue(each, now) for each in mine) for at in range(since, now + 1)]
        assert line.longest_queue == max(waiting)
        at_work = [each for each in mine if each.begun_at is not None]
        answering = [
            sum((each.begun_at or 0) <= at < (now if each.ended_at is None else each.ended_at) for each in at_work)
            for at in range(since, now)
        ]
        share = sum(count >= at_once for count in answering) / (now - since)
        assert line.at_limit == (pytest.approx(share, abs=1e-4) if line.project == "backend" else None)
    assert sum(each.has for each in counting.answerers(asked, since)) == sum(each.state == "asked" for each in asked)


@given(st.lists(questions(), max_size=10), st.lists(moments, min_size=1, max_size=6, unique=True).map(sorted))
def test_each_question_falls_into_one_step_of_time(asked: list[Asked], starts: list[int]) -> None:
    counts = per_step(asked, starts, lambda each: each.ended_at)
    assert sum(counts) == sum(each.ended_at is not None and each.ended_at >= starts[0] for each in asked)
    assert len(counts) == len(starts)


# -- what keeps questions waiting --------------------------------------------------------------------------------------


def waits(number: int, minutes: int, **more: Any) -> Asked:
    """A question that was asked so many minutes ago."""
    at = NOW - minutes * MINUTE
    return Asked(number, "backend", more.pop("asking", "web"), "ada", "queued", None, "", None, at, None, None, **more)


def held(number: int, minutes: int, holder: str = "bob", **more: Any) -> Asked:
    """A question that somebody has had to answer for so many minutes."""
    asked = waits(number, minutes, **more)
    return replace(asked, state="asked", holder=holder, begun_at=asked.asked_at)


BOB, EVE = Answerer("bob", True, NOW - HOUR), Answerer("eve", True, NOW - HOUR)
GONE = Answerer("bob", False, NOW - 2 * HOUR)


@pytest.mark.parametrize(
    ("answerers", "asked", "kinds"),
    [
        ([BOB], [], []),
        ([BOB], [waits(1, 60)], []),
        ([BOB], [held(1, 12), waits(2, 9, asking="app")], []),
        ([BOB], [held(1, 12), waits(2, 12, asking="app")], ["all_busy"]),
        ([BOB, EVE], [held(1, 12), waits(2, 12, asking="app")], ["at_limit"]),
        ([BOB, EVE], [held(1, 12), waits(2, 12)], []),
        ([BOB, EVE], [held(1, 40), waits(2, 35)], ["held_long"]),
        ([GONE], [waits(1, 4)], []),
        ([GONE], [held(1, 31)], ["nobody_here"]),
        ([GONE], [waits(1, 6)], ["nobody_here"]),
        ([GONE, EVE], [waits(1, 6)], []),
        ([replace(GONE, since=NOW - MINUTE)], [waits(1, 60)], []),
        ([], [waits(1, 6)], ["nobody_here"]),
        ([BOB], [replace(waits(1, 6), trouble="kept back")], ["held_back"]),
        ([BOB], [replace(waits(1, 4), trouble="kept back")], []),
        ([BOB], [replace(held(1, 20), state="countered")], []),
        ([BOB], [replace(held(1, 40), state="countered")], ["asked_back"]),
    ],
    ids=str,
)
def test_what_keeps_questions_waiting_is_told_once_it_is_long(
    answerers: list[Answerer], asked: list[Asked], kinds: list[str]
) -> None:
    found = find([Standing("backend", 1, False, answerers, asked)], NOW)
    assert [each.kind for each in found] == kinds
    assert all("%(" not in each.why + each.remedy and each.why and each.remedy for each in found)


def test_where_agents_are_started_nobody_has_to_be_here() -> None:
    asked = [held(1, 12, "backend.web"), waits(2, 12, asking="app")]
    assert [each.kind for each in find([Standing("backend", 2, True, [], asked)], NOW)] == []
    assert [each.kind for each in find([Standing("backend", 1, True, [], asked)], NOW)] == ["at_limit"]


def test_who_holds_a_question_keeps_those_of_its_lane_waiting() -> None:
    [found] = find([Standing("backend", 2, False, [BOB, EVE], [held(1, 40), waits(2, 5), waits(3, 1)])], NOW)
    assert (found.agents, found.questions, found.question_id) == (["bob"], 3, 1)
    assert "bob has had question 1" in found.why


# -- the operation -----------------------------------------------------------------------------------------------------


@pytest.fixture
async def bob(team: TestTeam) -> Member:
    return await team.agent("bob")


@pytest.fixture
async def ada(team: TestTeam, bob: Member) -> Member:
    ada = await team.agent("ada")
    for name in ("web", "backend"):
        await team.owner.call("add_project", name=name, at_once=1)
    await team.owner.call("set_project_agents", project="web", agents=["ada"])
    await team.owner.call("set_project_agents", project="backend", agents=["bob"])
    return ada


async def test_figures_tell_of_each_pair_and_of_what_is_open_from_before(
    team: TestTeam, clock: MovedClock, ada: Member, bob: Member
) -> None:
    eve = await team.agent("eve")
    first = (await ada.call("teams_ask", projects=["backend"], question="v?")).questions[0].id
    await team.server.settle()
    clock.advance(minutes=3)
    await bob.call("answer_question", question_id=first, answer="v2")
    old = (await ada.call("teams_ask", projects=["backend"], question="and now?")).questions[0].id
    await team.server.settle()
    clock.advance(minutes=60)
    await eve.call("teams_ask", projects=["backend"], question="me too?")
    found = await eve.call("get_project_figures")
    [web, members] = sorted(found.pairs, key=lambda each: each.asking_project or "~")
    assert (web.asking_project, web.asked, web.answered, web.open, web.oldest_open) == ("web", 2, 1, 1, old)
    assert web.until_answered.median_ms == 3 * MINUTE
    assert (members.asking_project, members.asked, members.queued) == (None, 1, 1)
    [backend] = found.projects
    assert (backend.asked, backend.at_once, backend.longest_queue) == (3, 1, 1)
    [one] = found.answerers
    assert (one.name, one.answered, one.has) == ("bob", 1, 1)
    assert {each.kind for each in found.bottlenecks} >= {"held_long"}
    recent = await eve.call("get_project_figures", since=found.until - MINUTE, project="backend")
    [web] = [each for each in recent.pairs if each.asking_project == "web"]
    assert (web.asked, web.open) == (0, 1), "what is open is told however old it is"
    with pytest.raises(InvalidInput, match="since"):
        await eve.call("get_project_figures", since="2999-01-01")


async def test_figures_of_nothing_are_nothing(team: TestTeam) -> None:
    found = await team.owner.call("get_project_figures")
    assert (found.pairs, found.projects, found.answerers, found.bottlenecks) == ([], [], [], [])
    assert found.text().endswith(": none")
