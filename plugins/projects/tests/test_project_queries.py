"""Whatever grows is read by an index: questions, their lists and figures, and who works where."""

from __future__ import annotations

import re
from typing import Any

import pytest
import teammcp_projects

from tests.sqlkit import Recorder, calls, database, functions, run
from tests.test_sql_ownership import OF_PLUGINS

GROW = {"projects_questions", "projects_lanes", "projects_agents"}
"""Projects are at most 500, and lists of them show all."""


class Planner(Recorder):
    """A transaction that keeps how each statement is run."""

    def __init__(self, connection: Any) -> None:
        super().__init__(connection)
        self.plans: list[str] = []

    def look(self, sql: str, parameters: Any) -> None:
        super().look(sql, parameters)
        rows = self._connection.execute(f"EXPLAIN QUERY PLAN {sql}", parameters)
        self.plans += [f"{row[3]}: {sql}" for row in rows]


@pytest.mark.parametrize("name", [*functions(teammcp_projects)])
def test_what_grows_is_read_by_an_index(name: str) -> None:
    planner = Planner(database(plugins=True))
    for arguments in calls(functions(teammcp_projects)[name], OF_PLUGINS):
        run(planner, functions(teammcp_projects)[name], arguments)
    assert planner.statements
    found = [plan for plan in planner.plans if (scan := re.match(r"SCAN (\w+)", plan)) and scan[1] in GROW]
    assert found == []
    by_number_alone = [plan for plan in planner.plans if "PRIMARY KEY (rowid<?)" in plan and "ended_at IS NULL" in plan]
    assert by_number_alone == [], "all questions that ever were are looked through for the few that are open"
