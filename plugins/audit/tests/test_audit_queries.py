"""The plugin's queries find what they look for by an index, but for those of reports that have to see all there is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from teammcp_audit.seals.operations import seal_due

from teammcp.testing import MovedClock, TestTeam

GROWING = ("events", "messages", "deliveries", "state_changes", "audit_seals", "audit_reports")


@pytest.fixture
def statements(team: TestTeam) -> Iterator[set[str]]:
    """What is run against the team's database during the test."""
    found: set[str] = set()
    database: Any = team.team.database
    for hop in (database._writer, *database._all_readers):
        hop._conn.set_trace_callback(found.add)
    yield found
    for hop in (database._writer, *database._all_readers):
        hop._conn.set_trace_callback(None)


async def test_no_growing_table_is_searched_from_end_to_end(
    team: TestTeam, clock: MovedClock, statements: set[str]
) -> None:
    ann = await team.agent("ann")
    await ann.call("send_message", channel="general", content="@owner hello", ack_required=True)
    clock.advance(hours=2)
    await seal_due(team.team)
    for filters in ({}, {"actor": "ann"}, {"kind": "a.b"}, {"project_id": "p"}, {"text": "x"}, {"since": "2026-01-01"}):
        await team.owner.call("get_changelog", **filters)
    for kind in ("compliance", "efficiency", "anomaly", "communication"):
        made = await team.owner.call("generate_audit_report", report_type=kind, visibility="all")
        await team.owner.call("get_audit_report", report_id=made.id)
    await team.owner.call("get_audit_reports", report_type="anomaly")
    await team.owner.call("get_public_reports")
    await team.owner.call("verify_audit")
    ran = sorted(sql for sql in statements if re.match(r"\s*(SELECT|WITH|INSERT|UPDATE|DELETE)\b", sql))
    assert len(ran) > 40

    def scans(reader: Any) -> list[str]:
        found = []
        for sql in ran:
            names = dict(re.findall(r"\b(?:FROM|JOIN)\s+(\w+)\s+(\w+)", sql))
            tables = {alias: table for table, alias in names.items()}
            for step in reader.all(f"EXPLAIN QUERY PLAN {sql}"):
                scan = re.match(r"SCAN (\w+)", step["detail"])
                if scan and tables.get(scan[1], scan[1]) in GROWING:
                    found.append(f"{step['detail']}: {sql}")
        return found

    assert await team.team.database.read(scans) == []
