"""The live stream of a page: for the member who is logged in, from where the page was drawn, while the key is valid."""

from __future__ import annotations

import asyncio

from teammcp.testing import TestTeam
from tests.test_streams import reading
from tests.webkit import Visitor, visiting, visitor


def cookie(browser: Visitor) -> str:
    """The session's cookie as it is called at an address without a port, where `reading` goes."""
    return f"teammcp_session={browser.session}"


async def drawn(team: TestTeam) -> tuple[Visitor, str]:
    """A browser, and from where the page it shows is live."""
    browser = await visiting(team, team.owner.key)
    page = await browser.get("/channels/general")
    return browser, page.elements("body")[0]["data-since"]


async def test_nothing_is_lost_between_drawing_and_listening(team: TestTeam) -> None:
    browser, since = await drawn(team)
    sent = await team.owner.call("send_message", channel="general", content="in between")
    async with reading(team, "", f"since={since}", "/live", cookie=cookie(browser)) as stream:
        events = await stream.events(1)
    assert (events[0]["kind"], events[0]["subject"]) == ("message.sent", str(sent.id))


async def test_only_what_the_member_may_see(team: TestTeam) -> None:
    alice = await team.agent("alice")
    browser, since = await drawn(team)
    await alice.call("create_channel", id="secret", type="topic")
    await alice.call("send_message", channel="secret", content="hidden")
    await alice.call("send_message", channel="general", content="for all")
    async with reading(team, "", f"since={since}", "/live", cookie=cookie(browser)) as stream:
        events = await stream.events(1)
    assert [event["data"].get("content") for event in events if event["kind"] == "message.sent"] == ["for all"]


async def test_a_stream_ends_with_the_key_of_its_session(team: TestTeam) -> None:
    browser, _ = await drawn(team)
    async with reading(team, "", "", "/live", cookie=cookie(browser)) as stream:
        await stream.next()
        assert (stream.status, stream.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
        await stream.next()
        await team.owner.call("rotate_key", name="owner")
        async with asyncio.timeout(10):
            while (await stream.next()).get("more_body", False):
                pass


async def test_there_is_none_without_a_session(team: TestTeam) -> None:
    assert (await visitor(team).get("/live")).path == "/login?next=/live"
