"""The page of usage: managers see what agents send and spend, set budgets and let loops go on."""

from __future__ import annotations

import pytest

from teammcp import Refused
from teammcp.testing import TestTeam

pytestmark = pytest.mark.teammcp(plugins={"guard": {"repeats": 2}})


async def test_a_manager_sees_usage_sets_a_budget_and_releases_a_loop(team: TestTeam) -> None:
    alice = await team.agent("alice")
    await team.owner.log_in()
    for _ in range(2):
        await alice.call("send_message", channel="general", content="again")
    with pytest.raises(Refused):
        await alice.call("send_message", channel="general", content="again")
    await alice.call("report_usage", tokens_in=1234, cost_usd=2.5)
    page = (await team.owner.http.get("/usage")).text
    for part in (
        'data-agent="alice"',
        "1,234",
        "$2.50",
        "the same text 2 times within 600 s",
        "2026-01-01: 2",
        ">Set<",
    ):
        assert part in page
    assert (await team.owner.submit("/loops/1/release", next="/usage")).status_code == 303
    assert 'data-loop="1"' not in (await team.owner.http.get("/usage")).text
    await alice.call("send_message", channel="general", content="again")
    form = (await team.owner.http.get("/usage/alice/budget")).text
    assert 'name="tokens" min="0" value="0"' in form
    answer = await team.owner.submit("/usage/alice/budget", messages="4", tokens="", cost_usd="2.00")
    assert (answer.status_code, answer.headers["location"]) == (303, "/usage")
    assert "125 %" in (await team.owner.http.get("/usage")).text


async def test_a_form_that_makes_no_sense_says_so(team: TestTeam) -> None:
    await team.agent("alice")
    await team.owner.log_in()
    for wrong in ({"messages": "many"}, {"tokens": "-1"}, {"cost_usd": "nan"}, {"cost_usd": "1e999"}):
        answer = await team.owner.submit("/usage/alice/budget", **wrong)
        assert answer.status_code == 400, wrong
    assert (await team.owner.http.get("/usage/nobody/budget")).status_code == 404


async def test_others_have_no_such_page(team: TestTeam) -> None:
    alice = await team.agent("alice")
    await alice.log_in()
    assert (await alice.http.get("/usage")).status_code == 403
    assert 'href="/usage"' not in (await alice.http.get("/inbox")).text
