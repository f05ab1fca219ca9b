"""Every query of the plugin on a growing table uses an index."""

from __future__ import annotations

import re
from typing import Any

from teammcp.testing import Member, TestTeam

GROWING = re.compile(r"SCAN (\w+)\b(?! VIRTUAL)")
OWN = re.compile(r"(SELECT|INSERT|UPDATE|DELETE)\b.*\b(knowledge|memory)_")
SMALL = {"memory_clock", "knowledge_profiles", "agents", "channels"}
"""Tables of few rows, because members are few."""


async def work(team: TestTeam, ann: Member, bob: Member) -> None:
    """A bit of everything that the plugin does."""
    sent = await ann.call("send_message", channel="general", content="see")
    posted = await ann.call("post_knowledge", title="Ports", body="数据库 3100", tags=["net"], message_id=sent.id)
    await bob.call("post_knowledge", title="Ports", body="数据库 3100", tags=["net"], message_id=sent.id)
    for asked in ({}, {"query": "3100 数据"}, {"tags": ["net"], "contributor": "bob"}):
        for sort in ("relevance", "newest", "top"):
            await ann.call("search_knowledge", sort=sort, **asked)
    await ann.call("get_knowledge", content_id=posted.content_id[:8])
    for operation in ("retract_knowledge", "revive_knowledge"):
        await ann.call(operation, content_id=posted.content_id)
    await ann.call("list_knowledge_tags")
    for value in (1, 2):
        await ann.call("set_memory", key="k", value=value)
    await bob.call("get_memory", key="k")
    await bob.call("list_memory", prefix="k")
    await bob.call("get_memory_history", key="k")
    await bob.call("list_memory_namespaces")
    await ann.call("delete_memory", key="k")
    await ann.call("update_knowledge_profile", relevant_fields=["a*"], critical_fields=["b"])
    for field in ("a1", "b"):
        await bob.call("set_state", field=field, value=1)
    await ann.call("get_inbox")
    await ann.call("check_knowledge_gaps")
    await ann.call("acknowledge_knowledge_gaps", fields=["a1"])
    await ann.call("get_knowledge_profile")
    for project in ({}, {"project_id": "default"}):
        await bob.call("get_knowledge_matrix", **project)
    await ann.call("get_briefing")


async def test_no_statement_scans_a_growing_table(team: TestTeam) -> None:
    ann, bob = await team.agent("ann"), await team.agent("bob", access="manager")
    database: Any = team.team.database
    statements: set[str] = set()
    for hop in (database._writer, *database._all_readers):
        await hop.set_trace_callback(statements.add)
    await work(team, ann, bob)
    await team.server.settle()
    for hop in (database._writer, *database._all_readers):
        await hop.set_trace_callback(None)
    # What the search engine does with tables of its own, it names with the database.
    ran = sorted(sql for sql in statements if OWN.match(sql) and "'main'." not in sql)
    assert len(ran) > 30

    def scans(reader: Any) -> list[str]:
        plans = [(sql, reader._connection.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall()) for sql in ran]
        return [
            f"{row[3]}: {sql}"
            for sql, plan in plans
            for row in plan
            if ((found := GROWING.match(row[3])) and found[1] not in SMALL)
            or (row[3] == "USE TEMP B-TREE FOR ORDER BY" and "LIMIT" in sql)
        ]

    found = await database.read(scans)
    assert not found, "\n".join(found)
