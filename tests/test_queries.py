"""Every query on a growing table uses an index: what is fast with ten messages is as fast with a million.

Two nets. Each public function of each ``queries.py`` is called, with arguments made up from its annotations, so that a
new one is never left out. And a team works for a while through its operations, which also shows the SQL elsewhere.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

import teammcp
from teammcp import operations
from teammcp.features.directives.directives.operations.expiry import reap as settle
from teammcp.features.inbox.jobs import watch
from teammcp.features.tasks.claims.jobs import reap
from teammcp.features.tasks.reminders.jobs import remind
from teammcp.operations import Context
from teammcp.testing import Member, TestTeam
from tests.sqlkit import Recorder, calls, database, functions, run

SMALL = {
    "agents",
    "budgets",
    "channels",
    "goals",
    "task_numbers",
    "directive_numbers",
    "migrations",
    "notification_addresses",
    "followers",
    "sqlite_master",
    "sqlite_schema",
    "sqlite_sequence",
}
"""Tables that stay small, because people, channels and goals do, or because they hold one row."""

AT_START = {
    "teammcp.features.channels.queries.all_members",
    "teammcp.events.queries.runs",
    "teammcp.secrets.queries.key_ids",
    "teammcp.features.watches.queries.watched",
}
"""Functions that read a whole table on purpose, once, when a team is opened."""


class Explainer(Recorder):
    """A transaction that explains each statement before it runs it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__(connection)
        self.faults: list[str] = []

    def look(self, sql: str, parameters: Sequence[Any]) -> None:
        super().look(sql, parameters)
        self.faults += faults(self._connection, sql, parameters)


def faults(connection: sqlite3.Connection, sql: str, parameters: Sequence[Any] = ()) -> list[str]:
    """What is wrong with the plan of a statement: a scan of a growing table, or sorting all to return a few."""
    # The kind of row that the program asked for is none of EXPLAIN's business.
    plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", parameters)]
    real = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    aliases = dict(re.findall(r"\b(?:FROM|JOIN)\s+(\w+)\s+(?:AS\s+)?(?!WHERE|JOIN|LEFT|ON|ORDER|GROUP)(\w+)", sql))
    tables = {alias: table for table, alias in aliases.items()}
    found = []
    for line in plan:
        if scan := re.match(r"SCAN (\w+)(?! VIRTUAL)(?!.* VIRTUAL TABLE)", line):
            table = tables.get(scan[1], scan[1])
            if table in real - SMALL:
                found.append(f"{line}: {sql}")
        if line == "USE TEMP B-TREE FOR ORDER BY" and re.search(r"\bLIMIT\b(?!.*\))", sql):
            found.append(f"{line}: {sql}")
    return found


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    connection = database(tmp_path_factory.mktemp("queries") / "team.db")
    yield connection
    connection.close()


@pytest.mark.parametrize("name", functions(teammcp))
def test_no_function_scans_a_growing_table(connection: sqlite3.Connection, name: str) -> None:
    function = functions(teammcp)[name]
    found: list[str] = []
    statements = 0
    for arguments in calls(function):
        explainer = Explainer(connection)
        run(explainer, function, arguments)
        found += explainer.faults
        statements += len(explainer.statements)
    assert statements, f"{name} was called and ran no SQL: say in EXAMPLES what makes it run some"
    if name not in AT_START:
        assert found == []


def test_a_scan_is_noticed(connection: sqlite3.Connection) -> None:
    for sql in (
        "SELECT * FROM messages WHERE content = 'x'",
        "SELECT count(*) FROM messages m WHERE m.content = 'x'",
        "SELECT count(*) FROM events",
        "SELECT e.id FROM agents a JOIN events AS e ON e.actor = a.name",
        "UPDATE messages SET content = '' WHERE edited_at = 1",
        "DELETE FROM idempotency WHERE operation = 'x'",
        "SELECT id FROM messages WHERE channel_id = 'general' ORDER BY content LIMIT 5",
    ):
        assert faults(connection, sql), sql
    for sql in (
        "SELECT * FROM messages WHERE id = 1",
        "SELECT max(id) FROM events",
        "SELECT * FROM agents",
        "SELECT rowid FROM message_search WHERE message_search MATCH 'word' LIMIT 5",
    ):
        assert faults(connection, sql) == [], sql


async def test_no_statement_of_a_working_team_scans_a_growing_table(team: TestTeam, tmp_path: Path) -> None:
    database = team.team.database
    statements: set[str] = set()
    for hop in (database._writer, *database._all_readers):
        await hop.set_trace_callback(statements.add)  # type: ignore[no-untyped-call]
    await work(team)
    await team.server.settle()
    for hop in (database._writer, *database._all_readers):
        await hop.set_trace_callback(None)  # type: ignore[no-untyped-call, arg-type]
    ran = sorted(sql for sql in statements if re.match(r"(SELECT|INSERT|UPDATE|DELETE|WITH)\b", sql))
    assert len(ran) > 100
    found = await database.read(lambda reader: [fault for sql in ran for fault in faults(reader._connection, sql)])
    assert found == []


async def work(team: TestTeam) -> None:
    """A bit of everything."""
    ann, bob = await team.agent("ann"), await team.agent("bob", access="manager")
    await ann.call("create_channel", id="plans", type="topic", members=["bob"])
    sent = await ann.call("send_message", channel="general", content="hello @bob and world", idem_key="k")
    await ann.call("send_message", channel="general", content="hello @bob and world", idem_key="k")
    reply = await bob.call("send_message", channel="general", content="回复你好", replyTo=sent.id, ack_required=True)
    await bob.call("send_dm", recipient="ann", content="psst")
    upload = await ann.call("upload_file", name="a.txt", content=b"text", channel="general")
    await ann.call("edit_message", id=sent.id, content="hello again")
    await ann.call("add_reaction", message_id=sent.id, emoji="👍")
    await ann.call("remove_reaction", message_id=sent.id, emoji="👍")
    await bob.call("pin_message", message_id=sent.id)
    await bob.call("get_pinned_messages", channel_id="general")
    await bob.call("unpin_message", message_id=sent.id)
    for way in ({}, {"before": reply.id}, {"after": sent.id}, {"around": sent.id}):
        await ann.call("get_history", channel="general", **way)
    await ann.call("get_thread", message_id=sent.id)
    for query in SEARCHES:
        for sort in ("newest", "relevance"):
            await ann.call("search_messages", query=query, sort=sort)
    await ann.call("search_messages", query="hello", channel="general", **{"from": "ann"})
    for member in (ann, bob):
        inbox = await member.call("get_inbox")
        await member.call("get_channels")
        await member.call("sync", since=0)
        items = [{"channel": part.channel, "ack_id": part.ack_id} for part in inbox.channels]
        await member.call("ack_inbox", items=items)
    asked = await ann.call("send_message", channel="general", content="@bob when?", reply_by=5)
    answer = await bob.call("send_message", channel="general", content="now", replyTo=asked.id)
    await bob.call("delete_message", id=answer.id)
    for view in ("waiting_for_me", "waiting_for_others", "overdue"):
        await ann.call("list_unanswered", view=view, before=asked.id + 1)
    await watch(team.team)
    await bob.call("settle_message", message_id=asked.id)
    scheduled = await ann.call("schedule_message", channel="general", content="later", every="1 hour", count=1)
    await bob.call("list_schedules", all=True)
    for change in ("pause_schedule", "resume_schedule"):
        await ann.call(change, schedule_id=scheduled.schedule.id)
    arguments = {"schedule_id": scheduled.schedule.id, "due": scheduled.schedule.next_run}
    await operations.call(Context.inside(team.team), "fire_schedule", arguments)
    await ann.call("list_schedules")
    await ann.call("cancel_schedule", schedule_id=scheduled.schedule.id)
    await ann.call("get_receipt", message_id=sent.id)
    await ann.call("set_state", field="phase", value="plan", subscribers=["bob"])
    await bob.call(
        "conclude_state", conclusions=[{"field": "phase", "value": "build"}, {"field": "lead", "value": "bob"}]
    )
    await ann.call("subscribe_state", fields=["lead"])
    await bob.call("set_state", field="lead", value="ann", expected_version=1)
    await ann.call("get_inbox")
    await ann.call("ack_state", items=[{"field": "lead", "version": 2}])
    for which in ({}, {"field": "lead"}):
        await ann.call("get_state", **which)
        await ann.call("get_state_history", **which)
    await ann.call("list_state_projects")
    await ann.call("route_state", task={"affected_fields": ["lead", "new"]})
    await ann.call("unsubscribe_state", fields=["lead"])
    await bob.call("delete_state", field="lead")
    await use_tasks(ann, bob, reply.id)
    await claim_tasks(team, ann, bob)
    await use_directives(team, ann, bob)
    await ann.call("list_files", channel="general")
    await ann.call("delete_file", file_id=upload.file_id)
    await ann.call("delete_message", id=sent.id)


async def use_tasks(ann: Member, bob: Member, message: int) -> None:
    """Some of everything that is done with tasks."""
    goal = (await ann.call("create_goal", title="ship")).goal.id
    await ann.call("update_goal", goal_id=goal, status="achieved")
    first = (await ann.call("create_task", title="build", assignee="bob", goal_id=goal, labels=["x"])).task.id
    below = (await ann.call("create_task", title="test", parent_id=first, depends_on=[first], channel="plans")).task.id
    pinned = (await bob.call("pin_task", message_id=message)).task.id
    await ann.call("update_task", task_id=below, labels=["y"], depends_on=[first, pinned], comment="both")
    await bob.call("done_task", task_id=first, result="built")
    for narrowed in ({}, {"assignee": "me", "status": "done"}, {"label": "y", "query": "test"}):
        for sort in ("-priority", "due_date", "-due_date", "title"):
            await bob.call("list_tasks", sort=sort, **narrowed)
    await bob.call("get_task", task_id=first)
    await bob.call("get_task_history", task_id=first)
    await bob.call("get_goal", goal_id=goal)
    await bob.call("list_goals")
    await ann.call("delete_task", task_id=first, with_subtasks=True)


async def claim_tasks(team: TestTeam, ann: Member, bob: Member) -> None:
    """Some of everything that is done with claims."""
    for title in ("one", "two", "three"):
        await ann.call("create_task", title=title, max_attempts=1, checkin_interval="daily", due_date="2025-12-31")
    for end, more in (("release_task", {}), ("fail_task", {"comment": "no"}), ("complete_task", {"result": "yes"})):
        claim = await bob.call("claim_next_task")
        token = {"task_id": claim.task_id, "fencing_token": claim.fencing_token}
        await bob.call("update_task_progress", **token, progress=50, status="blocked")
        await bob.call(end, **token, **more)
    await ann.call("claim_next_task")
    team.server.clock.advance(days=2)  # type: ignore[attr-defined]
    await remind(team.team)
    await reap(team.team)


async def use_directives(team: TestTeam, ann: Member, bob: Member) -> None:
    """Some of everything that is done with directives and output."""
    for expires in (60, None, None):
        sent = await bob.call("send_directive", to_agent="ann", instruction="count", expires_in=expires)
    number = sent.directive.id
    claim = await ann.call("claim_directive", directive_id=number)
    await ann.call("append_output", text="counting", directive_id=number)
    await bob.call("get_agent_output", agent="ann")
    await bob.call("get_agent_output", agent="ann", since_seq=0)
    await ann.call("report_directive", directive_id=number, fencing_token=claim.fencing_token, status="done")
    await bob.call("wait_directive", directive_id=number, timeout=0)
    await ann.call("claim_directive", directive_id=number - 1)
    for role in ("received", "sent", "all"):
        await bob.call("list_directives", role=role, status="all")
    await ann.call("get_inbox")
    team.server.clock.advance(days=1)  # type: ignore[attr-defined]
    await settle(team.team)
    await bob.call("cancel_directive", directive_id=number - 1)


SEARCHES = (
    "hello",
    "hel*",
    '"hello world"',
    "你好",
    "from:ann hello",
    "in:general hello",
    "has:file",
    "hello -world",
    "a",
)
