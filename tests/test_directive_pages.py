"""The pages of directives and of agents' output, without JavaScript."""

from __future__ import annotations

import pytest

from teammcp.testing import Member, TestTeam
from tests.webkit import Visitor, visiting


@pytest.fixture
async def ann(team: TestTeam) -> Member:
    return await team.agent("ann", role="Engineer")


@pytest.fixture
async def browser(team: TestTeam) -> Visitor:
    """The owner's browser."""
    return await visiting(team, team.owner.key)


async def test_one_is_sent_and_cancelled(ann: Member, browser: Visitor) -> None:
    form = await browser.get("/directives/new")
    page = await browser.send(
        form, "/directives/new", to_agent="ann", instruction="count\r\nthe files", priority="high", hours="2"
    )
    assert (page.status, page.path) == (200, "/directives/1")
    assert "not begun" in page.text
    (got,) = (await ann.call("list_directives")).directives
    assert (got.instruction, got.priority, got.issuer) == ("count\nthe files", "high", "owner")
    assert got.expires_at - got.created_at == 7_200_000
    asked = await browser.get(page.links["Cancel…"])
    page = await browser.send(asked, "/directives/1/cancel", reason="not needed")
    assert page.path == "/directives/1"
    assert "cancelled" in page.text
    assert "not needed" in page.text
    assert "Cancel…" not in page.links
    assert "Directive 1" in (await browser.get("/directives?role=sent&status=cancelled")).text
    late = await browser.send(asked, "/directives/1/cancel")
    assert late.path == "/directives/1"


async def test_the_form_keeps_what_was_typed_if_it_is_wrong(ann: Member, browser: Visitor) -> None:
    form = await browser.get("/directives/new")
    for fields in (
        {"to_agent": "nobody"},
        {"hours": "x"},
        {"hours": "9999"},
        {"priority": "dire"},
        {"instruction": " "},
    ):
        page = await browser.send(form, "/directives/new", **{"to_agent": "ann", "instruction": "count", **fields})
        assert page.status in {400, 404}, fields
        assert "New directive" in page.text
    assert (await ann.call("list_directives")).directives == []


async def test_nobody_is_chosen_before_somebody_chooses(team: TestTeam, ann: Member, browser: Visitor) -> None:
    page = await browser.get("/directives/new")
    options = page.elements("option")
    assert options[0] == {"value": ""}
    assert not [option for option in options if option["value"] == "ann" and "selected" in option]
    refused = await browser.send(page, "/directives/new", instruction="count")
    assert refused.status in {400, 404}
    chosen = await browser.send(page, "/directives/new", instruction="count", to_agent="ann", hours="x")
    assert "selected" in next(option for option in chosen.elements("option") if option["value"] == "ann")
    assert (await ann.call("list_directives")).directives == []


async def test_the_page_shows_at_first_all_unfinished_ones_that_one_may_see(
    team: TestTeam, ann: Member, browser: Visitor
) -> None:
    bob, cy = await team.agent("bob"), await team.agent("cy")
    await team.owner.call("send_directive", to_agent="ann", instruction="from the owner")
    await ann.call("send_directive", to_agent="bob", instruction="between two")
    await bob.call("send_directive", to_agent="ann", instruction="and back")
    everything = ("from the owner", "between two", "and back")
    for who, seen in ((browser, everything), (ann, everything), (bob, everything[1:]), (cy, ())):
        page = await (who if isinstance(who, Visitor) else await visiting(team, who.key)).get("/directives")
        assert [text for text in everything if text in page.text] == list(seen)


async def test_pages_of_both_sides_leave_nothing_out(
    team: TestTeam, ann: Member, browser: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("teammcp.features.directives.pages.directives.SHOWN", 2)
    for number in range(9):
        sender, receiver = (ann, "owner") if number % 3 else (team.owner, "ann")
        await sender.call("send_directive", to_agent=receiver, instruction=f"thing {number}")
    visitor, path, seen = await visiting(team, ann.key), "/directives", ""
    while path:
        page = await visitor.get(path)
        seen += page.text
        path = page.links.get("Older directives", "")
    assert [seen.count(f"thing {number}") for number in range(9)] == [1] * 9


async def test_an_empty_view_says_what_others_hold(team: TestTeam, ann: Member, browser: Visitor) -> None:
    await team.agent("bob")
    await ann.call("send_directive", to_agent="bob", instruction="between two")
    page = await browser.get("/directives?role=received")
    assert "No directives here." in page.text
    assert "between two" in (await browser.get(page.links["Everybody's, Unfinished: 1"])).text
    await ann.call("cancel_directive", directive_id=1)
    page = await browser.get("/directives")
    assert "between two" in (await browser.get(page.links["Everybody's, All: 1"])).text


async def test_a_person_works_on_one(ann: Member, browser: Visitor) -> None:
    await ann.call("send_directive", to_agent="owner", instruction="sign **it**")
    assert "sign **it**" not in (await browser.get("/inbox")).text
    page = await browser.get((await browser.get("/inbox")).links["sign it"])
    page = await browser.send(page, "/directives/1/work")
    assert "in hand" in page.text
    page = await browser.send(page, "/directives/1/work", status="done", result="signed")
    assert "signed" in page.text
    assert (await ann.call("wait_directive", directive_id=1, timeout=0)).directive.result == "signed"
    assert not [form for form in page.forms if form.action.endswith("/work")]


async def test_who_sees_what(team: TestTeam, ann: Member, browser: Visitor) -> None:
    bob = await team.agent("bob")
    await bob.call("send_directive", to_agent="ann", instruction="a secret thing")
    assert "a secret thing" in (await browser.get("/directives?role=all")).text
    assert "a secret thing" in (await (await visiting(team, ann.key)).get("/directives")).text
    stranger = await visiting(team, (await team.agent("mallory")).key)
    assert "a secret thing" not in (await stranger.get("/directives")).text
    assert (await stranger.get("/directives/1")).status == 404
    assert (await stranger.get("/directives?role=all")).status == 403
    assert (await stranger.get("/directives?role=nonsense")).status == 400
    watcher = await visiting(team, (await team.agent("watcher", access="observer")).key)
    assert "/directives/new" not in (await watcher.get("/directives")).links.values()


async def test_lists_go_on_to_older_ones(ann: Member, browser: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("teammcp.features.directives.pages.directives.SHOWN", 2)
    for number in range(3):
        await ann.call("send_directive", to_agent="owner", instruction=f"thing {number}")
    page = await browser.get("/directives?status=all")
    assert "thing 0" not in page.text
    assert "thing 0" in (await browser.get(page.links["Older directives"])).text


async def test_output_is_shown_as_text_newest_last(team: TestTeam, ann: Member, browser: Visitor) -> None:
    assert "No output yet." in (await browser.get("/agents/ann/output")).text
    await ann.call("append_output", text="<b>one</b>")
    await ann.call("append_error", text="two")
    await ann.call("append_output", text="\x1b[32mPASS\x1b[0m 10%\r\x1b[2K100%")
    page = await browser.get("/agents/ann/output")
    assert "<b>one</b>" in page.text
    assert not page.elements("b")
    assert page.text.index("<b>one</b>") < page.text.index("two") < page.text.index("100%")
    assert not [part for part in ("10% ", "[32m", "U+001B", "\x1b") if part in page.text]
    (live,) = page.elements("div", id="output")
    assert live["data-on"] == "agent.output"
    assert "<b>one</b>" in (await (await visiting(team, ann.key)).get("/agents/ann/output")).text
    bob = await visiting(team, (await team.agent("bob")).key)
    assert (await bob.get("/agents/ann/output")).status == 403
    assert (await browser.get("/agents/nobody/output")).status == 404


async def test_a_profile_leads_those_to_the_output_who_may_see_it(
    team: TestTeam, ann: Member, browser: Visitor
) -> None:
    assert (await browser.get("/agents/ann")).links["Output"] == "/agents/ann/output"
    assert "Output" in (await (await visiting(team, ann.key)).get("/agents/ann")).links
    assert "Output" not in (await (await visiting(team, ann.key)).get("/agents/owner")).links
    assert "Output" not in (await browser.get("/agents/system")).links
