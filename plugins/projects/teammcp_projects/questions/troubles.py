"""What keeps questions from being answered: what is noted with them, and what shows when one looks."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from teammcp import Context, Reader, Row, present

from ..lanes.homes import starts_agents
from ..registry import able
from ..registry import queries as registry
from . import queries

MOST_HELD = 1_000
"""Questions of a project that are looked at which somebody has to answer, or which wait."""
DESERTED = "Nobody answers for {} now."
"""How the trouble of a question begins that nobody would be asked."""


def has_answerers(reader: Reader, context: Context, project: Row, asker: str) -> bool:
    """Whether somebody would answer what a member asks a project."""
    if starts_agents(context.server, project):
        return True
    return bool(set(able.answerers(reader, context, project["name"])) - {asker})


def nobody(reader: Reader, context: Context, project: str) -> str:
    """That nobody answers for a project, why if somebody is named, and what to do about it."""
    why = able.why_not(context, registry.answerers(reader, project))
    return f"{DESERTED.format(project)} Its owners name somebody with set_project_agents.{why}"


def may_hold(reader: Reader, context: Context, project: Row) -> set[str]:
    """Who answers for a project now: those whom it names or, where agents are started, they; all who can."""
    started = [row["agent"] for row in registry.lane_agents(reader, project["name"])]
    named = [] if starts_agents(context.server, project) else registry.answerers(reader, project["name"])
    return set(able.able(context, [*started, *named]))


class Troubles:
    """The troubles of questions, as somebody reads them in one look."""

    def __init__(self, reader: Reader, context: Context) -> None:
        self._reader = reader
        self._context = context
        self._project: Callable[[str], Row | None] = cache(lambda name: registry.project(reader, name))
        self._held = cache(lambda name: queries.in_state(reader, name, "asked", MOST_HELD))
        self._waiting = cache(lambda name: queries.in_state(reader, name, "queued", MOST_HELD))
        self._may_hold = cache(lambda name: may_hold(reader, context, present(self._project(name))))
        self._has_answerers = cache(
            lambda name, asker: has_answerers(reader, context, present(self._project(name)), asker)
        )

    def of(self, row: Row) -> str:
        """What keeps a question from being answered; empty if nothing does."""
        noted: str = row["trouble"]
        if noted or row["state"] not in ("queued", "asked") or self._project(row["project"]) is None:
            return noted
        return self._of_asked(row) if row["state"] == "asked" else self._of_queued(row)

    def _of_asked(self, row: Row) -> str:
        if row["holder"] in self._may_hold(row["project"]):
            return ""
        if not able.is_able(self._context, row["holder"]):
            return able.unable(self._context, row["holder"])
        return f"{row['holder']}, who has seen it and may still answer, answers for {row['project']} no more."

    def _of_queued(self, row: Row) -> str:
        if not self._has_answerers(row["project"], row["asker"]):
            return nobody(self._reader, self._context, row["project"])
        held = self._held(row["project"])
        is_full = len(held) >= present(self._project(row["project"]))["at_once"]
        before: list[Any] = [each for each in held if is_full or each["lane"] == row["lane"]]
        for each in sorted(before, key=lambda each: each["lane"] != row["lane"]):
            if why := self.of(each):
                return f"It waits for question {each['id']}, which {each['holder']} has: {why}"
        lane = [each["trouble"] for each in self._waiting(row["project"]) if each["lane"] == row["lane"]]
        return next(filter(None, lane), "")  # what keeps one of a lane from being begun keeps those behind it, too
