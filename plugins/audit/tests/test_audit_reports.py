"""Reports: their numbers, worked out by hand for a small team; who may read them; when they are made."""

from __future__ import annotations

from statistics import median
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from teammcp_audit.models import Report
from teammcp_audit.reports.efficiency import median_of
from teammcp_audit.reports.operations import make_scheduled_reports

from teammcp import Context, Forbidden, InvalidInput, NotFound, Result, Transaction, Work, hookimpl, operation
from teammcp.testing import NOON, Member, MovedClock, TestTeam, any_event

MINUTE, HOUR = 60_000, 3_600_000


def table(report: Report, name: str) -> list[dict[str, Any]]:
    return next(section for section in report.sections if section.name == name).dicts


async def make(team: TestTeam, report_type: str, **more: Any) -> Report:
    report: Report = await team.owner.call("generate_audit_report", report_type=report_type, **more)
    return report


async def say(member: Member, content: str, channel: str = "general", **more: Any) -> int:
    return int((await member.call("send_message", channel=channel, content=content, **more)).id)


@pytest.fixture
async def talk(team: TestTeam, clock: MovedClock) -> dict[str, Any]:
    """Three members who talk from noon on.

    12:00 ann calls bob in general; he answers at 12:01. 12:01 ann calls bob again; he answers at 12:11.
    12:11 ann writes to bob directly; he answers at 14:11. 14:11 bob calls cat, who answers with a reply to ann's
    first message at once. ann has not answered bob's direct message yet.
    """
    ann, bob, cat = [await team.agent(name) for name in ("ann", "bob", "cat")]
    first = await say(ann, "@bob one")
    clock.advance(minutes=1)
    await say(bob, "yes")
    await say(ann, "@bob two")
    clock.advance(minutes=10)
    await say(bob, "yes again")
    await ann.call("send_dm", recipient="bob", content="three")
    clock.advance(hours=2)
    await bob.call("send_dm", recipient="ann", content="well")
    unanswered = await say(bob, "@cat four")
    reply = await say(cat, "to ann", replyTo=first)
    clock.advance(minutes=1)
    return {"ann": ann, "bob": bob, "cat": cat, "first": first, "unanswered": unanswered, "reply": reply}


async def test_response_times(team: TestTeam, talk: dict[str, Any]) -> None:
    report = await make(team, "efficiency")
    assert [tuple(row.values()) for row in table(report, "response_times")] == [
        # agent, channel, calls, answered, median, longest
        ("bob", "general", 2, 2, 5.5 * MINUTE, 10 * MINUTE),
        ("ann", "dm:ann:bob", 1, 0, None, None),
        ("bob", "dm:ann:bob", 1, 1, 2 * HOUR, 2 * HOUR),
        ("cat", "general", 1, 1, 0, 0),
    ]
    assert {row["under_ms"]: row["answers"] for row in table(report, "response_distribution") if row["answers"]} == {
        MINUTE: 1,
        5 * MINUTE: 1,
        15 * MINUTE: 1,
        4 * HOUR: 1,
    }
    assert (report.figures["calls"], report.figures["answered"]) == (5, 4)
    assert report.figures["response_ms"] == 5.5 * MINUTE  # of 0, 1, 10 and 120 minutes


async def test_unanswered_messages(team: TestTeam, talk: dict[str, Any]) -> None:
    asked = await say(talk["ann"], "@cat are you there?")
    found = table(await make(team, "efficiency", until=NOON + 3 * HOUR), "unanswered_messages")
    assert [(row["agent"], row["sender"], row["channel"]) for row in found] == [
        ("ann", "bob", "dm:ann:bob"),
        ("cat", "ann", "general"),
    ]
    assert found[1]["message_id"] == asked


async def test_an_answer_behind_the_period_does_not_count(
    team: TestTeam, talk: dict[str, Any], clock: MovedClock
) -> None:
    report = await make(team, "efficiency", since=NOON, until=NOON + 5 * MINUTE)
    assert [row["answered"] for row in table(report, "response_times")] == [1]
    assert report.figures["calls"] == 2
    assert report.figures["response_ms"] == MINUTE


async def test_who_talks_to_whom(team: TestTeam, talk: dict[str, Any]) -> None:
    report = await make(team, "communication")
    assert table(report, "pairs") == [
        {"sender": "ann", "agent": "bob", "mentions": 2, "dms": 1, "replies": 0, "total": 3},
        {"sender": "bob", "agent": "ann", "mentions": 0, "dms": 1, "replies": 0, "total": 1},
        {"sender": "bob", "agent": "cat", "mentions": 1, "dms": 0, "replies": 0, "total": 1},
        {"sender": "cat", "agent": "ann", "mentions": 0, "dms": 0, "replies": 1, "total": 1},
    ]
    assert table(report, "senders") == [
        {"agent": "bob", "messages": 4, "channels": 2},
        {"agent": "ann", "messages": 3, "channels": 2},
        {"agent": "cat", "messages": 1, "channels": 1},
    ]
    assert table(report, "channels") == [
        {"channel": "general", "messages": 6, "senders": 3},
        {"channel": "dm:ann:bob", "messages": 2, "senders": 2},
    ]
    assert report.figures == {"messages": 8, "pairs": 4}
    assert sum(row["messages"] for row in table(report, "messages_over_time")) == 8


async def test_a_report_for_all_tells_of_open_channels_only(team: TestTeam, talk: dict[str, Any]) -> None:
    await talk["ann"].call("create_channel", id="secret", type="topic", members=["bob"])
    await say(talk["ann"], "@bob psst", channel="secret")
    report = await make(team, "communication", visibility="all")
    assert [row["channel"] for row in table(report, "channels")] == ["general"]
    assert [(row["sender"], row["agent"], row["dms"]) for row in table(report, "pairs")] == [
        ("ann", "bob", 0),
        ("bob", "cat", 0),
        ("cat", "ann", 0),
    ]
    times = table(await make(team, "efficiency", visibility="all"), "response_times")
    assert {row["channel"] for row in times} == {"general"}


async def test_task_figures(team: TestTeam, clock: MovedClock) -> None:
    """One task is made at noon, started at 13:00, done at 16:00; one is done in two hours, unstarted; one is open."""
    ann = await team.agent("ann")
    first = (await ann.call("create_task", title="first", assignee="ann")).task.id
    clock.advance(hours=1)
    await ann.call("update_task", task_id=first, status="doing")
    second = (await ann.call("create_task", title="second", assignee="ann")).task.id
    await ann.call("create_task", title="third")
    clock.advance(hours=2)
    await ann.call("done_task", task_id=second)
    clock.advance(hours=1)
    await ann.call("done_task", task_id=first)
    report = await make(team, "efficiency", since=NOON, until=NOON + 6 * HOUR)
    assert (report.figures["tasks_created"], report.figures["tasks_done"]) == (3, 2)
    assert report.figures["lead_ms"] == 3 * HOUR  # of four and two hours
    assert report.figures["cycle_ms"] == 3 * HOUR
    [times] = table(report, "task_times")
    assert times == {"agent": "ann", "done": 2, "lead_ms": 3 * HOUR, "cycle_ms": 3 * HOUR, "longest_ms": 4 * HOUR}
    steps = table(report, "task_throughput")
    assert [row["step_at"] for row in steps] == [NOON + hour * HOUR for hour in range(6)]
    assert [row["created"] for row in steps] == [1, 2, 0, 0, 0, 0]
    assert [row["done"] for row in steps] == [0, 0, 0, 1, 1, 0]
    status = table(report, "task_status")
    assert [(row["waiting"], row["doing"]) for row in status] == [(1, 0), (2, 1), (2, 1), (1, 1), (1, 0), (1, 0)]
    later = await make(team, "efficiency", since=NOON + 4 * HOUR, until=NOON + 6 * HOUR)
    assert [(row["waiting"], row["doing"]) for row in table(later, "task_status")] == [(1, 0), (1, 0)]


async def test_bottlenecks(team: TestTeam, clock: MovedClock) -> None:
    ann = await team.agent("ann")
    late = (await ann.call("create_task", title="late", assignee="ann", due_date="2026-01-01T12:30:00Z")).task.id
    for name in ("one", "two"):
        await ann.call("create_task", title=name, depends_on=[late])
    clock.advance(hours=1)
    report = await make(team, "efficiency")
    assert table(report, "task_loads") == [{"agent": "ann", "tasks": 1, "blocked": 0, "overdue": 1}]
    assert table(report, "blocking_tasks") == [{"task_id": late, "status": "todo", "assignee": "ann", "waiting": 2}]


async def test_changes_that_nobody_approved(team: TestTeam, clock: MovedClock) -> None:
    ann = await team.agent("ann")
    await ann.call("set_state", field="own", value=1)
    await ann.call("set_state", field="own", value=2)
    await ann.call("set_state", field="guarded", value=1, approval_required=True, approver="owner")
    await team.owner.call("set_state", field="guarded", value=2)
    assert (await make(team, "compliance")).finding_count == 0
    clock.advance(minutes=1)
    await team.owner.call("set_state", field="own", value=3, reason="because I can")
    clock.advance(minutes=1)
    report = await make(team, "compliance")
    assert report.figures == {"state_changes": 5, "approved_changes": 0, "unapproved_changes": 1}
    assert table(report, "unapproved_changes") == [
        {
            "changed_at": NOON + MINUTE,
            "project_id": "default",
            "field": "own",
            "version": 3,
            "changed_by": "owner",
            "owner": "ann",
            "approval_required": 0,
        }
    ]
    assert (await make(team, "compliance", project_id="other")).figures["state_changes"] == 0


async def test_overdue_acknowledgements(team: TestTeam, clock: MovedClock) -> None:
    ann, bob = await team.agent("ann"), await team.agent("bob")
    early = await say(ann, "everybody please", ack_required=True)
    await say(ann, "@bob no hurry")
    clock.advance(hours=25)
    [entry] = (await bob.call("get_inbox")).channels
    await bob.call("ack_inbox", items=[{"channel": entry.channel, "ack_id": entry.ack_id}])
    clock.advance(minutes=1)
    await say(ann, "@bob this one is not overdue yet", ack_required=True)
    late = {"sent_at": NOON, "message_id": early, "channel": "general", "sender": "ann"}
    assert table(await make(team, "compliance"), "overdue_acknowledgements") == [
        {**late, "agent": "bob", "acked_at": NOON + 25 * HOUR},
        {**late, "agent": "owner", "acked_at": None},
    ]


async def test_what_somebody_answered_or_settled_in_time_is_not_overdue(team: TestTeam, clock: MovedClock) -> None:
    ann, bob = await team.agent("ann"), await team.agent("bob")
    asked = [await say(ann, f"@bob {number}", ack_required=True) for number in range(3)]
    await bob.call("send_message", channel="general", content="yes", replyTo=asked[0])
    await bob.call("settle_message", message_id=asked[1])
    clock.advance(hours=25)
    await bob.call("settle_message", message_id=asked[2])
    overdue = table(await make(team, "compliance"), "overdue_acknowledgements")
    assert [row["message_id"] for row in overdue if row["agent"] == "bob"] == [asked[2]]


async def test_dormant_keys(team: TestTeam, clock: MovedClock) -> None:
    await team.agent("idle", access="observer")
    busy = await team.agent("busy")
    clock.advance(days=31)
    await busy.call("heartbeat")
    keys = table(await make(team, "compliance"), "dormant_keys")
    assert [(row["agent"], row["access"]) for row in keys] == [("idle", "observer")]


async def test_looks_into_direct_messages(team: TestTeam, talk: dict[str, Any]) -> None:
    await team.owner.call("oversee_dm", channel="dm:ann:bob")
    [row] = table(await make(team, "compliance", until=NOON + 5 * HOUR), "overseen_messages")
    assert (row["actor"], row["subject"]) == ("owner", "dm:ann:bob")


class Approvals:
    """Stands for the plugin of that name: writes the events that it would write."""

    @hookimpl
    def register_operations(self) -> list[Any]:
        return [note]


class Noted(Result):
    """Nothing to say."""


@operation("POST /api/note")
async def note(context: Context, kind: str, subject: str) -> Work[Noted]:
    """Append an event."""

    def work(tx: Transaction) -> Noted:
        context.emit(tx, any_event(context.server, kind)(), subject)
        return Noted()

    return work


@pytest.mark.teammcp(install={"notes": Approvals()})
async def test_approvals(team: TestTeam, clock: MovedClock) -> None:
    """ann proposes five times. The owner approves the first after ten minutes and rejects three; one waits."""
    ann = await team.agent("ann")
    for number in "12345":
        await ann.call("note", kind="approval.requested", subject=number)
    await ann.call("create_task", title="whose id is 1 as well")
    clock.advance(minutes=10)
    await team.owner.call("note", kind="approval.approved", subject="1")
    await team.owner.call("note", kind="approval.rejected", subject="2")
    clock.advance(minutes=20)
    for number in "34":
        await team.owner.call("note", kind="approval.rejected", subject=number)
    clock.advance(minutes=1)
    efficiency = await make(team, "efficiency")
    assert table(efficiency, "approval_times") == [
        {"decided_by": "owner", "approved": 1, "rejected": 3, "median_ms": 20 * MINUTE, "longest_ms": 30 * MINUTE}
    ]
    assert (efficiency.figures["approvals"], efficiency.figures["rejected_approvals"]) == (4, 3)
    rejected = table(await make(team, "compliance"), "rejected_approvals")
    assert [(row["approval_id"], row["proposer"], row["rejected_by"]) for row in rejected] == [
        ("4", "ann", "owner"),
        ("3", "ann", "owner"),
        ("2", "ann", "owner"),
    ]
    assert table(await make(team, "anomaly"), "repeated_rejections") == [{"proposer": "ann", "rejections": 3}]


@pytest.mark.teammcp(plugins={"audit": {"burst": 10}})
async def test_bursts_and_hot_fields(team: TestTeam, clock: MovedClock) -> None:
    ann, bob = await team.agent("ann"), await team.agent("bob")
    for number in range(11):
        await ann.call("set_state", field="counter", value=number)
    for number in range(5):
        await bob.call("set_state", field="calm", value=number)
    clock.advance(minutes=1)
    report = await make(team, "anomaly")
    assert [(row["actor"], row["events"]) for row in table(report, "bursts")] == [("ann", 12)]  # one more for joining
    assert [(row["field"], row["changes"]) for row in table(report, "hot_fields")] == [("counter", 11)]
    assert table(report, "hot_fields")[0]["hour_at"] == NOON


async def test_wrong_keys_are_counted_by_address_and_minute(team: TestTeam, clock: MovedClock) -> None:
    wrong = team.owner.key[:-3] + "xxx"
    for client in (team.client(wrong), team.client(wrong), team.client(wrong, address="192.0.2.7")):
        assert (await client.get("/api/me")).status_code == 401
    clock.advance(minutes=2)
    await team.client(wrong).get("/api/me")
    await team.client("no key at all").get("/api/me")
    await team.server.settle()
    clock.advance(minutes=1)
    found = table(await make(team, "anomaly"), "failed_logins")
    assert sorted(row["subject"] for row in found) == ["127.0.0.1", "127.0.0.1", "192.0.2.7"]
    assert {event.agents for event in await team.events("agent.login_failed")} == {("owner",)}


async def test_people_at_odd_hours(team: TestTeam, clock: MovedClock) -> None:
    night = await team.agent("night", kind="human", time_zone="Asia/Shanghai")
    day = await team.agent("day", kind="human", time_zone="Europe/Berlin")
    machine = await team.agent("machine", time_zone="Asia/Shanghai")
    clock.advance(hours=2)  # 14:00 UTC is 22:00 in Shanghai and 15:00 in Berlin
    for member in (night, day, machine):
        await say(member, "hello")
    await say(night, "still here")
    clock.advance(minutes=1)
    report = await make(team, "anomaly", since=NOON + HOUR)
    assert table(report, "odd_hours") == [{"person": "night", "events": 2, "hours": 1}]


async def test_what_kind_of_thing_stands_in_the_json(team: TestTeam, talk: dict[str, Any]) -> None:
    answer = await team.owner.http.post("/api/audit/reports", json={"report_type": "efficiency"})
    assert answer.status_code == 200, answer.text
    [section] = [each for each in answer.json()["sections"] if each["name"] == "unanswered_messages"]
    assert section["rows"][0][0].startswith("2026-01-01T14:11")
    report = await team.owner.http.get(f"/api/audit/reports/{answer.json()['id']}")
    assert report.json() == answer.json()


async def test_who_may_read_reports(team: TestTeam) -> None:
    ann, boss = await team.agent("ann", access="observer"), await team.agent("boss", access="manager")
    private = await boss.call("generate_audit_report", report_type="anomaly")
    public = await boss.call("generate_audit_report", report_type="communication", visibility="all")
    assert [item.id for item in (await boss.call("get_audit_reports")).root] == [public.id, private.id]
    assert [item.id for item in (await ann.call("get_public_reports")).root] == [public.id]
    assert (await ann.call("get_audit_report", report_id=public.id)).id == public.id
    with pytest.raises(NotFound):
        await ann.call("get_audit_report", report_id=private.id)
    for name in ("get_audit_reports", "get_changelog"):
        with pytest.raises(Forbidden):
            await ann.call(name)
    with pytest.raises(Forbidden):
        await ann.call("generate_audit_report", report_type="anomaly")
    with pytest.raises(Forbidden):
        await boss.call("delete_audit_report", report_id=private.id)
    await team.owner.call("delete_audit_report", report_id=private.id)
    with pytest.raises(NotFound):
        await boss.call("get_audit_report", report_id=private.id)
    with pytest.raises(InvalidInput, match="since"):
        await boss.call("generate_audit_report", report_type="anomaly", since=NOON, until=NOON)
    kinds = {event.subject: event.agents for event in await team.events("audit.report_generated")}
    assert kinds == {str(private.id): ("boss", "owner"), str(public.id): None}


SCHEDULE = [
    {"report_type": "efficiency", "every": "day"},
    {"report_type": "communication", "every": "week", "visibility": "all"},
]


@pytest.mark.teammcp(plugins={"audit": {"schedule": SCHEDULE}})
async def test_reports_are_made_by_themselves_once_a_period(team: TestTeam, clock: MovedClock) -> None:
    async def made() -> list[tuple[str, str]]:
        await make_scheduled_reports(team.team)
        found = (await team.owner.call("get_audit_reports")).model_dump(mode="json")
        return [(item["report_type"], item["since"][:10]) for item in reversed(found)]

    first = [("efficiency", "2025-12-31"), ("communication", "2025-12-22")]  # the clock stands at Thursday, 1 January
    assert await made() == first
    assert await made() == first
    clock.advance(days=1)
    assert await made() == [*first, ("efficiency", "2026-01-01")]
    clock.advance(days=3)
    assert await made() == [
        *first,
        ("efficiency", "2026-01-01"),
        ("efficiency", "2026-01-04"),
        ("communication", "2025-12-29"),
    ]
    [public, _] = (await team.owner.call("get_public_reports")).root
    assert public.generated_by == "system"


@pytest.mark.teammcp(plugins={"audit": {"burst": 2, "overdue_hours": 1}})
async def test_a_report_is_the_same_in_whatever_parts_it_is_read(
    team: TestTeam, talk: dict[str, Any], clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        await say(talk["ann"], "@bob please", ack_required=True)
    clock.advance(hours=3)
    await say(talk["bob"], "done", replyTo=talk["first"])
    clock.advance(minutes=1)
    until = clock.now()

    async def all_of_them() -> list[Any]:
        kinds = ("compliance", "efficiency", "anomaly", "communication")
        found = [await make(team, kind, until=until) for kind in kinds]
        return [(report.figures, report.sections) for report in found]

    at_once = await all_of_them()
    assert all(figures["messages"] > 10 for figures, _ in at_once[3:])
    monkeypatch.setattr("teammcp_audit.reports.queries.CHUNK", 2)
    assert await all_of_them() == at_once


@given(st.lists(st.lists(st.integers(0, 9)), max_size=5))
def test_the_median_of_all_groups_is_that_of_their_numbers(groups: list[list[int]]) -> None:
    numbers = [number for group in groups for number in group]
    assert median_of([sorted(group) for group in groups]) == (median(numbers) if numbers else None)
