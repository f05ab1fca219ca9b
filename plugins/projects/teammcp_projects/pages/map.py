"""The map: which project asks which, how often, how long they wait, what is open, and what keeps it waiting."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, time, timedelta
from typing import Any

from markupsafe import Markup
from quart import Request, Response

from teammcp import Context
from teammcp.web import Page, charts, current_visit, graphs, mark, ngettext
from teammcp.web import gettext as _

from ..figures import reading
from ..figures.models import SENTENCES, Bottleneck, Counts, Figures, PairFigures, ProjectFigures
from ..figures.operations import get_project_figures
from ..figures.statistics import Asked, per_step
from .layout import PATH, project_path, questions_path, show

DAYS = (7, 30, 90)
"""How far back the map looks."""
MOST_DRAWN = 40
"""Projects in the drawing: those that ask and are asked most. The table has all."""
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
    names = [row["name"] for row in questions.projects]
    drawing, left_out = _drawing(names, found)
    return await show(
        context,
        "map.html",
        place="map",
        days=days,
        choices=DAYS,
        figures=found,
        drawing=drawing,
        left_out=left_out,
        why=_why,
        remedy=_remedy,
        standing=standing,
        pair_path=pair_path,
        per_day=_per_day(questions.asked, starts),
        waits_chart=_waits(found.projects),
    )


def standing(counts: Counts) -> tuple[str, str]:
    """How what one asks another stands: a tone and a word, both empty where nothing is open."""
    if counts.overdue:
        return "bad", ngettext("%(num)s overdue", "%(num)s overdue", counts.overdue)
    if counts.open:
        return "warn", ngettext("%(num)s open", "%(num)s open", counts.open)
    return "", ""


def pair_path(pair: PairFigures) -> str:
    """Where the questions of a pair are listed."""
    return questions_path(project=pair.project, asking_project=pair.asking_project)


# -- the drawing -----------------------------------------------------------------------------------------------------


def _drawing(names: Sequence[str], figures: Figures) -> tuple[graphs.Drawing, int]:
    """The drawing, and how many projects have no room in it."""
    traffic = dict.fromkeys([*names, *(each.project for each in figures.pairs)], 0)
    for each in figures.pairs:
        traffic[each.project] += each.asked + each.open
        if each.asking_project is not None:
            traffic[each.asking_project] = traffic.get(each.asking_project, 0) + each.asked + each.open
    busiest = sorted(traffic, key=lambda name: (-traffic[name], name))[:MOST_DRAWN]
    of_members = sum(each.asked + each.open for each in figures.pairs if each.asking_project is None)
    members = f"({_('members')})"  # no project is called so
    nodes = [_node(name, traffic[name], figures) for name in sorted(busiest, key=str.casefold)]
    if of_members:
        nodes.append(graphs.Node(members, _("Members that work in no project"), of_members, tone="quiet"))
    arrows = [_arrow(each, members) for each in figures.pairs]
    return graphs.draw(nodes, arrows), len(traffic) - len(busiest)


def _node(name: str, traffic: int, figures: Figures) -> graphs.Node:
    asked = next((each for each in figures.projects if each.project == name), None)
    if asked is None:
        return graphs.Node(name, name, traffic, project_path(name), "" if traffic else "quiet")
    tone, word = standing(asked)
    return graphs.Node(name, ": ".join(filter(None, (name, word))), traffic, project_path(name), tone)


def _arrow(pair: PairFigures, members: str) -> graphs.Arrow:
    tone, word = standing(pair)
    source = pair.asking_project or members
    count = ngettext("%(num)s question", "%(num)s questions", pair.asked)
    title = f"{source} → {pair.project}: " + " · ".join(filter(None, (count, word)))
    return graphs.Arrow(source, pair.project, pair.asked + pair.open, title, pair_path(pair), tone, word)


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


def _waits(projects: Sequence[ProjectFigures]) -> Markup | None:
    """How long an answer has taken in each project."""
    slow = sorted((each for each in projects if each.until_answered.median_ms is not None), key=_slowness)
    shown = slow[:MOST_CHARTED]
    if not shown:
        return None
    unit, label = _unit(max(each.until_answered.p90_ms or 0 for each in shown))
    series = [
        (_("half within"), [(each.until_answered.median_ms or 0) // unit for each in shown]),
        (_("nine of ten within"), [(each.until_answered.p90_ms or 0) // unit for each in shown]),
    ]
    return charts.rows(label, [each.project for each in shown], series)


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
