"""What a form about a project holds, and what somebody has typed into one, as operations take it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from werkzeug.datastructures import MultiDict

from ..bounds import MOST_PUBLISHED
from ..registry.models import EVERYBODY, MOST_FOLDERS, Project

Row = dict[str, str]

LINES = ("role", "runtime", "at_once", "changes", "credential", "model")
PUBLISHED = ("kind", "name", "version", "description")
PLACED = ("machine", "folder")
EMPTY_ROWS = 2
"""Rows for what is to be added."""


def shown(project: Project | None) -> dict[str, Any]:
    """What a form holds before anybody types; without a project, that of a new one."""
    if project is None:
        return {"name": "", "description": "", "owners": "", "role": "", "runtime": "", "at_once": "2"} | {
            "credential": "",
            "model": "",
            "options": "",
            "changes": "ask",
            "everybody": True,
            "askers": "",
            **_rows([], []),
        }
    return {
        "description": project.description,
        "owners": _joined(project.owners),
        **{field: str(getattr(project, field)) for field in LINES},
        "options": json.dumps(project.options, ensure_ascii=False) if project.options else "",
        "everybody": project.askers is None,
        "askers": _joined(project.askers or []),
        **_rows(
            [each.model_dump() for each in project.publishes],
            [each.model_dump() for each in project.folders],
        ),
    }


def typed(form: MultiDict[str, str]) -> dict[str, Any]:
    """The same of a form that was sent."""
    return {
        **{field: form.get(field, "") for field in ("name", "description", "owners", "askers", "options", *LINES)},
        "everybody": "everybody" in form,
        **_rows(_sent(form, "publishes", PUBLISHED), _sent(form, "folders", PLACED)),
    }


def arguments(form: MultiDict[str, str]) -> dict[str, Any]:
    """The facts in a form that was sent, as `add_project` and `update_project` take them."""
    return {
        "description": form.get("description", ""),
        "publishes": [row for row in _sent(form, "publishes", PUBLISHED) if row["name"]],
        "owners": split(form.get("owners", "")),
        "folders": [row for row in _sent(form, "folders", PLACED) if row["folder"]],
        **{field: form.get(field, "") for field in LINES},
        "options": _options(form.get("options", "")),
        "changes": form.get("changes") or "ask",
        "askers": [EVERYBODY] if "everybody" in form else split(form.get("askers", "")),
    }


def _options(text: str) -> Any:
    """The options that somebody has typed as JSON; what is none goes on as text, and is refused."""
    try:
        return json.loads(text) if text.strip() else {}
    except ValueError:
        return text


def split(text: str) -> list[str]:
    """The names that somebody has typed, with commas between them."""
    return [name for part in re.split("[,，、\n]", text) if (name := part.strip())]


def working(project: Project) -> dict[str, Any]:
    """What the form about who works in a project holds before anybody types."""
    answering = [each.name for each in project.agents if each.answers]
    all_answer = len(answering) == len(project.agents)
    return {
        "agents": _joined(each.name for each in project.agents),
        "all_answer": all_answer,
        "answerers": "" if all_answer else _joined(answering),
    }


def typed_working(form: MultiDict[str, str]) -> dict[str, Any]:
    """The same of a form that was sent."""
    texts = {field: form.get(field, "") for field in ("agents", "answerers")}
    return {**texts, "all_answer": "all_answer" in form}


def working_arguments(sent: Mapping[str, Any]) -> dict[str, Any]:
    """Who works in a project, as `set_project_agents` takes it: without answerers, all of them answer."""
    return {
        "agents": split(sent["agents"]),
        "answerers": None if sent["all_answer"] else split(sent["answerers"]),
    }


def _joined(names: Iterable[str]) -> str:
    return ", ".join(names)


def _sent(form: MultiDict[str, str], name: str, fields: Sequence[str]) -> list[Row]:
    """The rows of a table in a form that are not empty; of each field there is one value in each row."""
    columns = [[value.strip() for value in form.getlist(f"{name}.{field}")] for field in fields]
    rows = [dict(zip(fields, values, strict=False)) for values in zip(*columns, strict=False)]
    return [row for row in rows if any(value for field, value in row.items() if field != "kind")]


def _rows(publishes: Sequence[Mapping[str, str]], folders: Sequence[Mapping[str, str]]) -> dict[str, list[Any]]:
    """The rows of both tables, and some empty ones."""
    package, place = dict.fromkeys(PUBLISHED, "") | {"kind": "api"}, dict.fromkeys(PLACED, "")
    return {
        "publishes": [*publishes, *[package] * EMPTY_ROWS][:MOST_PUBLISHED],
        "folders": [*folders, *[place] * EMPTY_ROWS][:MOST_FOLDERS],
    }
