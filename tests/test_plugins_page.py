"""The page of plugins: their jobs and services, and how they are."""

from __future__ import annotations

import asyncio

import pytest

from teammcp import Job, Server, Service, Team, hookimpl
from teammcp.testing import MovedClock, TestTeam
from tests.webkit import visiting


async def broken(subject: Server | Team) -> None:
    raise RuntimeError("no luck")


async def lasting(team: Team) -> None:
    await asyncio.Event().wait()


class Busy:
    """Has a job and services, of which some fail."""

    @hookimpl
    def register_jobs(self) -> list[Job]:
        report = Job("busy.report", broken, cron="30 6 * * mon", time_zone="Asia/Shanghai")
        return [Job("busy.count", broken, every=60, per_team=True), report]

    @hookimpl
    def register_services(self) -> list[Service]:
        return [Service("busy.listen", lasting, per_team=True), Service("busy.connect", broken)]


@pytest.mark.teammcp(install={"busy": Busy()})
async def test_the_page_shows_what_plugins_are_doing_and_managers_what_went_wrong(
    team: TestTeam, clock: MovedClock
) -> None:
    await team.server.create_team("elsewhere")
    browser, member = await visiting(team, team.owner.key), await team.agent("bob", kind="human")
    page = await browser.get("/plugins")
    for text in ("busy.count", "every 1 minute", "not yet", "30 6 * * mon", "Asia/Shanghai", "running", "starts again"):
        assert text in page.text
    assert page.text.count("busy.listen") == 1  # that of another team is nobody's business here
    clock.advance(minutes=1)
    with pytest.raises(ExceptionGroup):
        await team.server.run_jobs()
    assert "RuntimeError: no luck" in (await browser.get("/plugins")).text
    await member.log_in()
    seen = (await member.http.get("/plugins")).text
    assert "busy.count" in seen
    assert "no luck" not in seen
