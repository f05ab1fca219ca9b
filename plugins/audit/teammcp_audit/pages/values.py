"""What the templates of the audit use: words, cells, charts, the before and after of an entry."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from functools import partial
from typing import Any, Literal
from urllib.parse import quote
from zoneinfo import ZoneInfo

from markupsafe import Markup

from teammcp import Context, excerpt, read_time, rfc3339
from teammcp.web import charts, current_visit, gettext, mark

from ..models import Entry, Report, Section
from ..reports.steps import step_of
from . import graph, labels

log = logging.getLogger(__name__)

SHORT = 120
_PATHS = {
    "agent": "/agents/{}",
    "message": "/messages/{}",
    "reaction": "/messages/{}",
    "task": "/tasks/{}",
    "channel": "/channels/{}",
    "file": "/files/{}/view",
    "approval": "/approvals/{}",
}
_LINKS = {"message_id": "/messages/{}", "task_id": "/tasks/{}", "agent": "/agents/{}", "sender": "/agents/{}"}
_AMOUNTS = {
    "answered",
    "answers",
    "approved",
    "blocked",
    "calls",
    "changes",
    "channels",
    "created",
    "dms",
    "doing",
    "done",
    "events",
    "hours",
    "mentions",
    "messages",
    "overdue",
    "rejected",
    "rejections",
    "replies",
    "senders",
    "tasks",
    "total",
    "version",
    "waiting",
}
WITHIN = mark("within %(time)s")
SLOWER = mark("slower")
LONG = mark("(long)")


# -- the change log --------------------------------------------------------------------------------------------------


def changes(entry: Entry) -> list[tuple[str, str | None, str | None]]:
    """What an entry changed: field, before, after; null where there is no such side.

    An entry whose data have another shape than this knows must not end the page: it would hide all around it.
    """
    try:
        return _changes(entry)
    except Exception:
        log.exception("what event %d (%s) changed cannot be shown", entry.id, entry.kind)
        return []


def _changes(entry: Entry) -> list[tuple[str, str | None, str | None]]:
    data = entry.data or {}
    if isinstance(data.get("changes"), list):
        return [_change(item) for item in data["changes"] if isinstance(item, dict)]
    if entry.kind in ("state.changed", "state.deleted"):
        was = _side(data, "old_value") if str(data.get("version", 1)) != "1" else None
        new = None if entry.kind == "state.deleted" else _side(data, "value")
        return [(_short(data.get("field", entry.subject)), was, new)]
    return []


def _change(item: dict[str, Any]) -> tuple[str, str | None, str | None]:
    return _short(item.get("field", "?")), _side(item, "old"), _side(item, "new")


def _side(values: dict[str, Any], name: str) -> str:
    """One side of a change; events leave out what is long."""
    if name not in values or values.get(f"{name}_omitted"):
        return gettext(LONG)
    return _short(values[name])


def subject_path(entry: Entry) -> str | None:
    """Where an entry's subject can be looked at."""
    if entry.kind.startswith("state."):
        project, _, field = entry.subject.partition("/")
        return f"/state/projects/{quote(project)}/fields/{quote(field)}" if field else None
    path = _PATHS.get(entry.kind.partition(".")[0])
    return None if path is None or entry.hidden else path.format(quote(entry.subject, safe=":@"))


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return excerpt(text, SHORT)


# -- reports ---------------------------------------------------------------------------------------------------------


def of_report(context: Context, report: Report) -> dict[str, Any]:
    """What the template of a report uses."""
    chart = partial(_chart, report)
    return {
        **WORDS,
        "chart": chart,
        "is_empty": is_empty,
        "cell": cell,
        "is_number": is_number,
        "cell_path": partial(cell_path, context),
        "figure": figure,
        "graph": graph.draw,
        "duration": labels.duration,
    }


def figure(name: str, value: float | None) -> str:
    """A figure as text."""
    if value is None:
        return "–"
    return labels.duration(value) if name.endswith("_ms") else f"{value:,}"


def cell(column: str, value: Any) -> str:
    """A cell of a table as text; moments are the template's own."""
    if value is None:
        return gettext(SLOWER) if column == "under_ms" else "–"
    if column == "under_ms":
        return gettext(WITHIN, time=labels.duration(value))
    if column.endswith("_ms"):
        return labels.duration(value)
    if column == "approval_required":
        return gettext(mark("yes")) if value else gettext(mark("no"))
    return str(value)


def is_number(column: str) -> bool:
    """Whether a column holds amounts, which stand in line at their right."""
    return column in _AMOUNTS or (column.endswith("_ms") and column != "under_ms")


def is_empty(section: Section) -> bool:
    """Whether a section has nothing to show: no rows, or a chart of nothing but zeros."""
    if section.name not in _CHARTS:
        return not section.rows
    return not any(row[column] for row in section.dicts for column in section.columns if is_number(column))


def cell_path(context: Context, column: str, value: Any) -> str | None:
    """Where what is named in a cell can be looked at."""
    if value is None:
        return None
    if column == "channel":
        readable = context.team.directory.can_read(context.actor.name, value)
        return f"/channels/{quote(value, safe=':@')}" if readable else None
    path = _LINKS.get(column)
    return None if path is None else path.format(quote(str(value), safe=":@"))


def _chart(report: Report, section: Section) -> Markup | None:
    """The chart of a table, for those that have one."""
    draw = _CHARTS.get(section.name)
    return draw(report, section) if draw is not None and section.rows else None


def _over_time(series: tuple[str, ...], stacked: bool, report: Report, section: Section) -> Markup:
    rows = section.dicts
    step, zone = step_of(report.since, report.until), ZoneInfo(report.time_zone)
    names = [labels.step_name(row["step_at"], step, zone) for row in rows]
    columns = [(gettext(labels.COLUMNS[name]), [row[name] for row in rows]) for name in series]
    return charts.bars(gettext(labels.SECTIONS[section.name]), names, columns, stacked=stacked)


def _distribution(report: Report, section: Section) -> Markup:
    names = [cell("under_ms", row["under_ms"]) for row in section.dicts]
    title, column = labels.SECTIONS[section.name], labels.COLUMNS["answers"]
    return charts.rows(gettext(title), names, [(gettext(column), [row["answers"] for row in section.dicts])])


def _by_member(column: str, report: Report, section: Section) -> Markup:
    rows = section.dicts[:15]
    return charts.rows(
        gettext(labels.SECTIONS[section.name]),
        [row["agent"] for row in rows],
        [(gettext(labels.COLUMNS[column]), [row[column] for row in rows])],
    )


_CHARTS: dict[str, Callable[[Report, Section], Markup]] = {
    "task_throughput": partial(_over_time, ("created", "done"), False),
    "task_status": partial(_over_time, ("doing", "waiting"), True),
    "messages_over_time": partial(_over_time, ("messages",), False),
    "response_distribution": _distribution,
    "task_loads": partial(_by_member, "tasks"),
    "senders": partial(_by_member, "messages"),
}
WORDS: dict[str, Any] = {
    "type_names": labels.TYPES,
    "type_abouts": labels.ABOUT,
    "section_names": labels.SECTIONS,
    "figure_names": labels.FIGURES,
    "column_names": labels.COLUMNS,
}


def midnight(day: str, edge: Literal["start", "next"]) -> str | None:
    """The beginning of a day or of the next; what is no day is left for the operation to refuse."""
    try:
        return rfc3339(read_time(day, current_visit().timezone, edge)) if day else None
    except ValueError:
        return day
