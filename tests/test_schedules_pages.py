"""The pages of schedules, without JavaScript."""

from __future__ import annotations

from typing import Any

import pytest

from teammcp.features.schedules.operations.runs import run_due
from teammcp.testing import MovedClock, TestTeam
from tests.webkit import Visitor, visiting


@pytest.fixture
async def browser(team: TestTeam) -> Visitor:
    """The owner's browser."""
    return await visiting(team, team.owner.key)


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ({"repeat": "day"}, "every day at 09:00"),
        ({"repeat": "weekdays", "time": "17:30"}, "every weekday at 17:30"),
        ({"repeat": "week", "weekday": "0"}, "every Sunday at 09:00"),
        ({"repeat": "month", "day": "1", "time": "08:30"}, "on the 1st of every month at 08:30"),
        ({"repeat": "interval"}, "every 15 minutes"),
        ({"repeat": "once", "moment": "2026-03-01T10:00"}, "once, on March 1, 2026 at 10:00"),
        ({"repeat": "cron", "cron": "*/7 9-17 13 * 5"}, "*/7 9-17 13 * 5"),
        ({"repeat": "interval", "count": "3", "ends_at": "2026-01-01T20:00"}, "0 of 3 sent"),
    ],
)
async def test_a_message_is_scheduled_with_the_form(browser: Visitor, fields: dict[str, str], shown: str) -> None:
    form = await browser.get("/schedules/new?time_zone=UTC")
    page = await browser.send(form, "/schedules/new", content="stand\r\nup", channel="general", **fields)
    assert (page.status, page.path) == (200, "/schedules")
    assert shown in page.text
    assert "#general" in page.text
    assert "active" in page.text


async def test_the_form_keeps_what_was_typed_if_it_is_wrong(browser: Visitor) -> None:
    form = await browser.get("/schedules/new")
    typed = {"content": "stand up", "channel": "general"}
    page = await browser.send(form, "/schedules/new", **typed, repeat="cron", cron="0 25 * * *")
    assert page.status == 400
    assert "cron_expr: the hour '25' must be 0 to 23." in page.text
    assert page.form("/schedules/new").values["cron"] == "0 25 * * *"
    assert page.elements("option", value="cron")[0].keys() == {"value", "selected"}
    for fields in ({"time": ""}, {"repeat": "once"}, {"repeat": "nonsense"}, {"count": "x"}, {"time_zone": "Mars"}):
        page = await browser.send(form, "/schedules/new", **typed, **fields)
        assert page.status == 400, fields
    assert "Nothing is scheduled." in (await browser.get("/schedules")).text


async def test_it_is_paused_resumed_and_cancelled(team: TestTeam, browser: Visitor) -> None:
    await team.owner.call("schedule_message", channel="general", content="stand up", every="1 hour")
    page = await browser.get("/schedules")
    page = await browser.send(page, "/schedules/1/change", change="pause")
    assert "paused" in page.text
    assert "Next:" not in page.text
    page = await browser.send(page, "/schedules/1/change", change="resume")
    assert "Next: Today" in page.text
    asked = await browser.get(page.links["Cancel…"])
    assert "every hour" in asked.text
    page = await browser.send(asked, "/schedules/1/cancel")
    assert page.path == "/schedules"
    assert "Nothing is scheduled." in page.text
    assert (await browser.get("/schedules/1/cancel")).status == 404


async def test_next_runs_are_shown_in_the_readers_time(team: TestTeam, browser: Visitor) -> None:
    await team.owner.call(
        "schedule_message", channel="general", content="x", cron_expr="0 21 * * *", time_zone="America/New_York"
    )
    await browser.http.post("/preferences", data={"timezone": "Asia/Shanghai", **csrf(await browser.get("/plugins"))})
    page = await browser.get("/schedules")
    assert "every day at 21:00" in page.text
    assert "in the time of America/New_York" in page.text
    moments = [each["datetime"] for each in page.elements("time")]
    assert moments[0] == "2026-01-02T02:00:00.000Z"
    assert "Next, in your time:" in page.text
    assert "10:00" in page.text


def csrf(page: Any) -> dict[str, str]:
    (token,) = page.elements("meta", name="csrf-token")
    return {"csrf": token["content"]}


async def test_managers_see_everybodys_and_others_their_own(team: TestTeam, browser: Visitor) -> None:
    alice = await team.agent("alice")
    await alice.call("schedule_message", channel="general", content="alice's own", every="1 hour")
    assert "alice's own" not in (await browser.get("/schedules?mine=1")).text
    page = await browser.get("/schedules?all=1")
    assert "alice's own" in page.text
    assert "by alice" in page.text
    member = await visiting(team, alice.key)
    assert "alice's own" in (await member.get("/schedules")).text
    assert (await member.get("/schedules?all=1")).status == 403
    watcher = await visiting(team, (await team.agent("watcher", access="observer")).key)
    assert "/schedules/new" not in (await watcher.get("/schedules")).links.values()


async def test_what_became_of_it_is_shown(team: TestTeam, browser: Visitor, clock: MovedClock) -> None:
    await team.owner.call("create_channel", id="plans")
    await team.owner.call("schedule_message", channel="plans", content="never", every="2 hours")
    await team.owner.call("schedule_message", channel="general", content="sent <b>once</b>", at="2026-01-01T13:00")
    await team.owner.call("archive_channel", channel="plans")
    clock.advance(hours=1)
    await run_due(team.team)
    clock.advance(hours=1)
    await run_due(team.team)
    page = await browser.get("/schedules")
    assert "suspended" in page.text
    assert "#plans is archived" in page.text

    assert "<b>once</b>" not in page.response.text
    assert "Last: Today, 1:00 PM (sent)" in page.text
    page = await browser.send(await browser.get(page.links["Remove"]), "/schedules/2/cancel")
    assert "once" not in page.text


async def test_a_broken_row_spoils_no_page(team: TestTeam, browser: Visitor) -> None:
    await team.owner.call("schedule_message", channel="general", content="x", every="2 hours")
    await team.team.database.write(lambda tx: tx.execute("UPDATE schedules SET time_zone = 'No/Where'"))
    for path in ("/schedules", "/schedules/1/cancel"):
        page = await browser.get(path)
        assert page.status == 200
        assert "2 hours" in page.text


async def test_live_js_gets_the_parts_it_asks_for(team: TestTeam, browser: Visitor) -> None:
    await team.owner.call("schedule_message", channel="general", content="x", every="2 hours")
    for path, block, shown in (
        ("/schedules", "schedules", "every 2 hours"),
        ("/schedules/new", "dialog", "Every weekday"),
        ("/schedules/1/cancel", "dialog", "every 2 hours"),
    ):
        page = await browser.get(path, **{"X-Fragment": block})
        assert page.status == 200
        assert shown in page.text
        assert "<html" not in page.response.text


async def test_a_manager_sees_everybody_s_unless_they_ask_for_their_own(team: TestTeam) -> None:
    alice = await team.agent("alice")
    await alice.call("schedule_message", channel="general", content="alice's own", every="1 hour")
    browser = await visiting(team, team.owner.key)
    assert "alice's own" in (await browser.get("/schedules")).text
    page = await browser.get("/schedules?mine=1")
    assert "alice's own" not in page.text
    assert "alice's own" in (await browser.get(page.links["1 schedule of others"])).text


async def test_no_channel_is_chosen_before_somebody_chooses(team: TestTeam) -> None:
    browser = await visiting(team, team.owner.key)
    page = await browser.get("/schedules/new")
    (channel,) = page.elements("select", name="channel")
    assert "required" in channel
    refused = await browser.send(page, "/schedules/new", content="stand up")
    assert refused.status in {400, 404}
    assert (await team.owner.call("list_schedules", all=True)).schedules == []
