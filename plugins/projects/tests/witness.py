"""A witness of every question that is begun and that ends: it looks on in the transaction, and keeps what is amiss.

It knows the rules by what is promised, and nothing of how they are kept.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any

import pytest
from teammcp_projects.questions import queries

from teammcp import Row, Transaction
from teammcp.testing import MovedClock

OPEN = "SELECT * FROM projects_questions WHERE project = ? AND ended_at IS NULL"


class Witness:
    """What it has seen, of all projects.

    Attributes:
        amiss: what was against the rules.
        begun: project -> the questions that were begun, in this order; one that was asked again more than once.
        ends: question -> how it has ended, which it may do twice if it was cancelled first.
    """

    def __init__(self, clock: MovedClock) -> None:
        self.amiss: list[str] = []
        self.begun: dict[str, list[int]] = defaultdict(list)
        self.ends: dict[int, list[str]] = defaultdict(list)
        self._clock = clock

    def watch(self, patch: pytest.MonkeyPatch) -> None:
        """Look on from now on."""
        begin, end = queries.begin, queries.end

        def begins(tx: Transaction, number: int, *rest: Any) -> None:
            self._begins(tx, number)
            begin(tx, number, *rest)

        def ends(tx: Transaction, number: int, state: str, *rest: Any) -> None:
            tx.on_commit(lambda: self._ends(number, state))
            end(tx, number, state, *rest)

        patch.setattr(queries, "begin", begins)
        patch.setattr(queries, "end", ends)

    def _begins(self, tx: Transaction, number: int) -> None:
        question = tx.one("SELECT * FROM projects_questions WHERE id = ?", (number,))
        assert question is not None
        project = question["project"]
        at_once = tx.value("SELECT at_once FROM projects_projects WHERE name = ?", (project,))
        rows = tx.all(OPEN, (project,))
        begun_at = {
            row["lane"]: row["begun_at"]
            for row in tx.all("SELECT lane, begun_at FROM projects_lanes WHERE project = ?", (project,))
        }
        found = [*_why_not(question, rows, at_once), *_passed_over(question, rows, begun_at, self._clock.now())]

        def committed() -> None:
            self.amiss += found
            self.begun[project].append(number)
            self._clock.advance(seconds=0.001)  # no two are begun at the same time

        tx.on_commit(committed)

    def _ends(self, number: int, state: str) -> None:
        ends = self.ends[number]
        ends.append(state)
        if len(ends) > 1 and ends not in (["cancelled", "answered"], ["cancelled", "cannot_say"]):
            self.amiss.append(f"question {number} has ended as {ends}")


def _why_not(question: Row, rows: list[Row], at_once: int) -> list[str]:
    """What forbids that a question is begun."""
    asked = [row for row in rows if row["state"] == "asked"]
    number, lane = question["id"], question["lane"]
    counted = Counter(row["lane"] for row in asked)
    found = [] if question["state"] == "queued" else [f"{number} is begun, and is {question['state']}"]
    if len(asked) >= at_once:
        found.append(f"{number} is begun beside {len(asked)} others, and at most {at_once} may be")
    if counted[lane]:
        found.append(f"{number} is begun while {lane} has another that is being answered")
    before = min((row for row in rows if row["lane"] == lane and row["state"] == "queued"), key=_order)
    if before["id"] != number:
        found.append(f"{number} of {lane} is begun before {before['id']}")
    return found


def _order(row: Row) -> tuple[int, int, int]:
    return (-row["resumed"], -row["priority"], row["id"])


def _passed_over(question: Row, rows: list[Row], begun_at: dict[str, int], now: int) -> list[str]:
    """Who is passed over: whose lane has waited longer for its turn, and could have been asked for."""
    taken = {row["lane"] for row in rows if row["state"] == "asked"}
    waits = [row for row in rows if row["state"] == "queued" and row["lane"] not in taken]
    due: Callable[[Row], bool] = lambda row: (row["retry_at"] or 0) <= now  # noqa: E731
    mine = (begun_at.get(question["lane"], 0), question["id"])
    lanes = {row["lane"] for row in waits if due(row)} - {question["lane"]}
    found = []
    for lane in sorted(lanes):
        first = min((row for row in waits if row["lane"] == lane), key=_order)
        if (begun_at.get(lane, 0), first["id"]) < mine:
            found.append(f"{lane} is passed over with {first['id']} for {question['id']} of {question['lane']}")
    return found
