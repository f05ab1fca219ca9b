"""The map: which project asks which, how often, how long they wait, what is open, and what keeps it waiting."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, time, timedelta
from typing import Any

from markupsafe import Markup
from quart import Request, Response

from teammcp import Context
from teammcp.web import Page, charts, current_visit, mark
from teammcp.web import gettext as _

from ..figures import reading
from ..figures.models import SENTENCES, Bottleneck, Figures, ProjectFigures
from ..figures.operations import get_project_figures
from ..figures.statistics import Asked, per_step
from ..notices.models import Subscription
from ..notices.pages.relations import publications, subscriptions
from ..notices.pages.words import SUBSCRIPTION_EVENTS
from .drawing import draw, pair_path, standing
from .layout import EVENTS, PATH, QUESTION_EVENTS, show

DAYS = (7, 30, 90)
"""How far back the map looks."""
MOST_TOLD = 5
"""Bottlenecks that are told at first, the longest ones; a link leads to all."""
MOST_CHARTED = 20
ENDS = {
    "answered": mark("answered"),
    "cannot_say": mark("cannot be answered"),
    "cancelled": mark("taken back"),
    "open": mark("open"),
}


async def show_map(context: Context, request: Request) -> Response:
    """Who asks whom, as a drawing and as a table."""
    days = request.args.get("days", DAYS[0], type=int)
    days = days if days in DAYS else DAYS[0]
    starts = _midnights(days)
    found: Figures = await context.call(get_project_figures, since=starts[0])
    questions = await context.read(reading.questions, starts[0])
    relations = await subscriptions(context)
    drawing, left_out = draw([row["name"] for row in questions.projects], found, relations)
    whole = request.args.get("waiting") == "all" or len(found.bottlenecks) <= MOST_TOLD
    return await show(
        context,
        "map.html",
        place="map",
        days=days,
        choices=DAYS,
        figures=found,
        bottlenecks=found.bottlenecks if whole else found.bottlenecks[:MOST_TOLD],
        more=0 if whole else len(found.bottlenecks) - MOST_TOLD,
        relations=_by_provider(relations),
        map_events=" ".join((QUESTION_EVENTS, EVENTS, *SUBSCRIPTION_EVENTS)),
        drawing=drawing,
        left_out=left_out,
        why=_why,
        remedy=_remedy,
        standing=standing,
        pair_path=pair_path,
        per_day=_per_day(questions.asked, starts),
        waits_chart=_waits(found.projects),
    )


# -- bottlenecks -----------------------------------------------------------------------------------------------------


def _why(each: Bottleneck, when: Callable[[int], str]) -> str:
    """What keeps questions waiting, in the reader's language; ``when`` writes a moment."""
    why, _remedy, _tool = SENTENCES[each.kind]
    return _(
        why,
        project=each.project,
        agents=", ".join(each.agents) or _("no one"),
        question=each.question_id,
        since=when(each.since),
        at_once=each.at_once,
        trouble=each.trouble,
    )


def _remedy(each: Bottleneck) -> str:
    return _(SENTENCES[each.kind][1])


# -- who builds on whom ----------------------------------------------------------------------------------------------


def _by_provider(relations: Iterable[Subscription]) -> list[tuple[str, list[tuple[str, list[str]]]]]:
    """Of each project on which others build: who does, and on what of it; empty where that is all."""
    found: dict[str, list[tuple[str, str]]] = {}
    for each in relations:
        found.setdefault(each.to, []).append((each.project, each.publication))
    return [(provider, publications(pairs)) for provider, pairs in sorted(found.items())]


# -- charts ----------------------------------------------------------------------------------------------------------


def _midnights(days: int) -> list[int]:
    """When the last days of the reader began, in UTC milliseconds, up to today."""
    visit = current_visit()
    today = datetime.fromtimestamp(visit.now / 1000, visit.timezone).date()
    dates = [today - timedelta(days=back) for back in reversed(range(days))]
    return [round(datetime.combine(day, time(), visit.timezone).timestamp() * 1000) for day in dates]


def _per_day(asked: Sequence[Asked], starts: Sequence[int]) -> Markup | None:
    """How many questions were asked on each day, by what has become of them."""
    zone = current_visit().timezone
    labels = [datetime.fromtimestamp(start / 1000, zone).strftime("%m-%d") for start in starts]
    states = [
        (name, [each for each in asked if (each.state if each.ended_at is not None else "open") == name])
        for name in ENDS
    ]
    series = [(_(ENDS[name]), per_step(mine, starts, lambda each: each.asked_at)) for name, mine in states]
    if not any(sum(counts) for _name, counts in series):
        return None
    return charts.bars(_("Questions per day"), labels, series, stacked=True)


def _waits(projects: Sequence[ProjectFigures]) -> tuple[str, Markup] | None:
    """How long answers took in each project: what the chart is called, and the chart; None where all took no time."""
    slow = sorted((each for each in projects if each.until_answered.median_ms is not None), key=_slowness)
    shown = slow[:MOST_CHARTED]
    longest = max((each.until_answered.p90_ms or 0 for each in shown), default=0)
    unit, label = _unit(longest)
    if longest < unit:
        return None
    series = [
        (_("half within"), [(each.until_answered.median_ms or 0) // unit for each in shown]),
        (_("nine of ten within"), [(each.until_answered.p90_ms or 0) // unit for each in shown]),
    ]
    return label, charts.rows(label, [each.project for each in shown], series)


def _slowness(each: ProjectFigures) -> tuple[Any, ...]:
    return -(each.until_answered.median_ms or 0), each.project


def _unit(longest: int) -> tuple[int, str]:
    """The unit in which times of up to so many milliseconds are whole numbers, and what the chart is called."""
    if longest < 5 * 60_000:
        return 1000, _("Until an answer, in seconds")
    if longest < 5 * 3_600_000:
        return 60_000, _("Until an answer, in minutes")
    return 3_600_000, _("Until an answer, in hours")


PAGES = [Page(f"{PATH}/map", show_map)]
