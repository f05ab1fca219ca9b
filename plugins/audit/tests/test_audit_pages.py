"""The pages: what a manager sees, what others do not, and that no chart needs a style or script of its own."""

from __future__ import annotations

import re
from typing import Any

import pytest
from teammcp_audit.pages import graph
from teammcp_audit.seals.operations import seal_due

from teammcp import Context, Transaction
from teammcp.testing import Member, MovedClock, TestTeam, any_event


@pytest.fixture
async def boss(team: TestTeam, clock: MovedClock) -> Member:
    """A manager of a team that has talked and worked a little."""
    boss, ann = await team.agent("boss", access="manager", kind="human"), await team.agent("ann")
    await boss.log_in()
    await ann.call("send_message", channel="general", content="@boss <b>look</b>")
    clock.advance(minutes=5)
    await boss.call("send_message", channel="general", content="@ann seen")
    await ann.call("set_state", field="phase", value="plan")
    await ann.call("set_state", field="phase", value="build")
    task = await ann.call("create_task", title="a task", assignee="ann")
    await ann.call("done_task", task_id=task.task.id)
    clock.advance(hours=2)
    await seal_due(team.team)
    return boss


async def page(member: Member, path: str, **query: Any) -> str:
    answer = await member.http.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return answer.text


async def test_the_change_log_shows_before_and_after(boss: Member) -> None:
    text = await page(boss, "/audit", kind="state.*")
    assert re.search(r"<del>plan</del>\s*<ins>build</ins>", text)
    assert "message.sent</a>" not in text
    assert "&lt;b&gt;look&lt;/b&gt;" not in text
    assert "Nothing was found" in await page(boss, "/audit", text="no such thing")
    refused = await boss.http.get("/audit", params={"field": "x"})
    assert (refused.status_code, "give the project_id" in refused.text) == (400, True)


async def test_days_are_those_of_the_reader_and_the_last_one_counts_in(boss: Member) -> None:
    assert "state.changed</a>" in await page(boss, "/audit", since="2026-01-01", until="2026-01-01")
    assert "state.changed</a>" not in await page(boss, "/audit", until="2025-12-31")
    boss.http.cookies.set("teammcp_timezone", "Pacific/Kiritimati")  # 14 hours ahead: it is the 2nd there
    assert "state.changed</a>" not in await page(boss, "/audit", until="2026-01-01")
    assert "state.changed</a>" in await page(boss, "/audit", since="2026-01-02")


async def test_the_log_can_be_taken_away(boss: Member) -> None:
    answer = await boss.http.get("/audit/export", params={"format": "csv", "kind": "task.*"})
    assert answer.headers["content-disposition"].startswith("attachment")
    assert len(answer.text.splitlines()) == 3


@pytest.mark.parametrize("kind", ["compliance", "efficiency", "anomaly", "communication"])
@pytest.mark.parametrize("language", ["en", "zh"])
async def test_a_report_is_made_and_shown(boss: Member, kind: str, language: str) -> None:
    boss.http.cookies.set("teammcp_language", language)
    made = await boss.submit("/audit/reports/new", report_type=kind, since="2026-01-01", until="2026-01-01")
    assert made.status_code == 303, made.text
    text = await page(boss, made.headers["location"])
    assert not re.search(r"<style|<script(?! type=\"module\" src=)|\sstyle=|\son\w+=", text)
    assert ("<svg" in text.partition("audit-section")[2]) == (kind in ("efficiency", "communication"))
    alone = await boss.http.get(f"{made.headers['location']}/export")
    assert alone.headers["content-disposition"].startswith("attachment")
    assert "sandbox" in alone.headers["content-security-policy"]
    assert "<script" not in alone.text
    assert "href=" not in alone.text


@pytest.mark.parametrize("kind", ["efficiency", "communication"])
async def test_where_nothing_happened_no_chart_is_drawn(team: TestTeam, clock: MovedClock, kind: str) -> None:
    clock.advance(days=30)
    await team.owner.log_in()
    report = await team.owner.call("generate_audit_report", report_type=kind)
    text = await page(team.owner, f"/audit/reports/{report.id}")
    assert 'class="audit-chart' not in text
    assert "Nothing." in text


async def test_a_report_with_wrong_dates_says_so(boss: Member) -> None:
    answer = await boss.submit("/audit/reports/new", report_type="efficiency", since="2026-01-05", until="2026-01-01")
    assert (answer.status_code, "must be before" in answer.text) == (400, True)


async def test_members_see_the_reports_for_all_and_nothing_else(team: TestTeam, boss: Member) -> None:
    ann = team.member("ann", (await team.owner.call("rotate_key", name="ann")).apiKey)
    await ann.log_in()
    private = await boss.call("generate_audit_report", report_type="compliance")
    public = await boss.call("generate_audit_report", report_type="communication", visibility="all")
    assert (await ann.http.get("/audit")).headers["location"] == "/audit/reports"
    text = await page(ann, "/audit/reports")
    assert f"/audit/reports/{public.id}" in text
    assert f"/audit/reports/{private.id}" not in text
    assert "/audit/reports/new" not in text
    await page(ann, f"/audit/reports/{public.id}")
    assert (await ann.http.get(f"/audit/reports/{private.id}")).status_code == 404
    assert (await ann.http.get(f"/audit/reports/{private.id}/export")).status_code == 404
    assert (await ann.http.get("/audit/seals")).status_code == 403
    assert (await ann.submit("/audit/reports/new", report_type="anomaly")).status_code == 403


async def test_the_owner_verifies_and_deletes(team: TestTeam, boss: Member) -> None:
    await team.owner.log_in()
    assert "Verify the log" in await page(team.owner, "/audit/seals")
    assert "are as they were sealed" in (await team.owner.submit("/audit/seals/verify")).text
    await team.team.database.write(lambda tx: tx.execute("UPDATE events SET actor = 'eve' WHERE id = 2"))
    assert "event 2 was altered" in (await team.owner.submit("/audit/seals/verify")).text
    assert (await boss.submit("/audit/seals/verify")).status_code == 403
    made = await boss.call("generate_audit_report", report_type="anomaly")
    assert (await team.owner.submit(f"/audit/reports/{made.id}/delete")).status_code == 303
    assert (await boss.http.get(f"/audit/reports/{made.id}")).status_code == 404


async def test_the_drawing_of_who_talks_to_whom_leaves_out_the_quiet_ones(team: TestTeam) -> None:
    async with team.app.test_request_context("/"):
        found = graph.draw([{"sender": f"m{number}", "agent": "hub", "total": number + 1} for number in range(30)])
    assert len(found.drawing.nodes) == graph.PEOPLE
    assert found.left_out == 7
    assert {"m0", "m6"}.isdisjoint(each.node.name for each in found.drawing.nodes)


HOSTILE = "<script>alert(1)</script>\u202e" + "x" * 600


async def test_a_long_change_of_a_task_is_shown_as_long(team: TestTeam) -> None:
    task = (await team.owner.call("create_task", title="a", related_state="phase", target_value=1)).task
    await team.owner.call("update_task", task_id=task.id, description=HOSTILE, metadata={"a": HOSTILE})
    await team.owner.call("set_state", field="text", value="short")
    await team.owner.call("set_state", field="text", value="y" * 5000)
    await team.owner.log_in()
    answer = await team.owner.http.get("/audit")
    assert answer.status_code == 200
    assert "(long)" in answer.text
    assert "<script>alert" not in answer.text


@pytest.mark.parametrize(
    "data",
    [
        {"changes": [{"field": "a"}, "b", None, {}, {"field": None, "old": [1], "new": {"b": 2}}]},
        {"changes": "none"},
        {"field": 7, "version": "many", "value": HOSTILE},
        {"version": None, "old_value_omitted": True},
        {"changes": [{"field": {"a": HOSTILE}, "old": HOSTILE}]},
        {},
    ],
)
async def test_every_kind_of_event_is_shown_whatever_is_in_it(team: TestTeam, data: dict[str, Any]) -> None:
    context = Context.inside(team.team)
    kinds = sorted(kind.event_kind for kind in team.server.event_kinds)
    assert len(kinds) > 40

    def work(tx: Transaction) -> None:
        for kind in kinds:
            event = any_event(team.server, kind)(**data)
            context.emit(tx, event, "a/b<i>" if kind.startswith("state") else 1)

    await team.team.database.write(work)
    await team.owner.log_in()
    answer = await team.owner.http.get("/audit?kind=*", params={"limit": 200})
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text
