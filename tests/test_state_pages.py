"""Pages of the shared state, without JavaScript."""

from __future__ import annotations

import json
from typing import Any

import pytest

from teammcp.testing import Member, MovedClock, TestTeam
from teammcp.web import values
from tests.webkit import Visitor, visiting

PLAN = "/state/projects/release/fields/plan"


@pytest.fixture
async def alice(team: TestTeam) -> Member:
    """Somebody with a plan."""
    alice = await team.agent("alice", kind="human")
    await alice.call("set_state", project_id="release", field="plan", value={"steps": ["freeze", "publish"], "days": 3})
    return alice


@pytest.fixture
async def browser(team: TestTeam, alice: Member) -> Visitor:
    return await visiting(team, alice.key)


async def plan(member: Member) -> Any:
    return (await member.call("get_state", project_id="release", field="plan")).root


async def test_projects_fields_and_one_field_are_shown(alice: Member, browser: Visitor, team: TestTeam) -> None:
    await team.owner.call("set_state", project_id="other", field="f", value="<b>bold</b>\nline", approval_required=True)
    projects = await browser.get("/state")
    assert "release 1 field" in projects.text
    assert projects.links["release"] == "/state/projects/release"
    fields = await browser.get("/state/projects/release")
    assert fields.links["plan"] == PLAN
    assert '"freeze"' in fields.text
    other = await browser.get("/state/projects/other")
    assert "<b>bold</b>" in other.text
    assert "needs approval" in other.text
    field = await browser.get("/state/projects/other/fields/f")
    assert "needed from a manager" in field.text
    assert "owner made it" in field.text


async def test_what_is_not_there_is_no_page(browser: Visitor) -> None:
    for path in ("/state/projects/release/fields/none", "/state/projects/release/fields/none/delete"):
        assert (await browser.get(path)).status == 404
    assert (await browser.get("/state/projects/a%20b")).status == 400
    assert "There are no fields here." in (await browser.get("/state/projects/none")).text


async def test_a_field_is_made(browser: Visitor, alice: Member) -> None:
    page = await browser.get("/state/new?project=release")
    made = await browser.send(page, "/state/new", field="phase", value="build the\r\nfirst", reason="begin")
    assert made.path == "/state/projects/release/fields/phase"
    found = (await alice.call("get_state", project_id="release", field="phase")).root
    assert (found.value, found.owner) == ("build the\nfirst", "alice")
    again = await browser.send(page, "/state/new", field="phase", value="other")
    assert again.status == 409
    assert "other" in again.response.text
    for wrong in ({"field": "a b", "value": "1"}, {"field": "x", "value": "{"}, {"field": "x", "value": " "}):
        refused = await browser.send(page, "/state/new", **wrong)
        assert refused.status == 400
        assert "field:" in refused.text or "value:" in refused.text


async def test_a_field_is_edited_in_place(browser: Visitor, alice: Member) -> None:
    page = await browser.get(PLAN)
    assert page.form(f"{PLAN}/set").values["expected_version"] == "1"
    edited = await browser.send(page, f"{PLAN}/set", value='{"steps": ["freeze"], "days": null}', reason="shorter")
    assert edited.path == PLAN
    assert (await plan(alice)).value == {"steps": ["freeze"], "days": None}
    assert "shorter" in edited.text
    assert '− "publish"' in edited.text
    assert '+ "days": null' in edited.text
    nothing = await browser.send(edited, f"{PLAN}/set", value="null")
    assert nothing.status == 200
    assert (await plan(alice)).value is None


async def test_two_people_never_overwrite_each_other(browser: Visitor, alice: Member, team: TestTeam) -> None:
    page = await browser.get(PLAN)
    await team.owner.call("set_state", project_id="release", field="plan", value="theirs")
    both = await browser.send(page, f"{PLAN}/set", value="mine", reason="why")
    assert both.status == 409
    assert "owner has changed it meanwhile." in both.text
    assert "Somebody else was faster: nothing was saved." in both.text
    assert '− "theirs" + "mine"' in both.text
    assert (await plan(alice)).value == "theirs"
    form = both.form(f"{PLAN}/set")
    assert (form.values["expected_version"], form.values["reason"]) == ("2", "why")
    assert (await browser.send(both, f"{PLAN}/set", value="mine")).path == PLAN
    assert (await plan(alice)).value == "mine"


async def test_what_was_typed_is_not_lost(browser: Visitor, alice: Member) -> None:
    page = await browser.get(PLAN)
    wrong = await browser.send(page, f"{PLAN}/set", value='{"a": 1,\r\n oops}', reason="because")
    assert wrong.status == 400
    assert "line 2, column 2" in wrong.text
    assert "oops}" in wrong.text
    assert wrong.form(f"{PLAN}/set").values["reason"] == "because"
    assert (await plan(alice)).version == 1


async def test_owner_and_approval_are_set(browser: Visitor, alice: Member, team: TestTeam) -> None:
    page = await browser.get(PLAN)
    await browser.send(page, f"{PLAN}/set", value="1", approver="owner", approval_required="on")
    found = await plan(alice)
    assert (found.owner, found.approver, found.approval_required) == ("alice", "owner", True)
    asked = await browser.get(PLAN)
    assert "It changes only with the approval of owner." in asked.text
    assert [form.action for form in asked.forms if form.action.endswith(("/set", "/delete"))] == []
    owner = await visiting(team, team.owner.key)
    page = await owner.get(PLAN)
    form = page.form(f"{PLAN}/set")
    assert "approval_required" in form.values
    del form.values["approval_required"]
    await owner.send(page, f"{PLAN}/set", value="2", approver="", owner="owner")
    found = await plan(alice)
    assert (found.owner, found.approver, found.approval_required) == ("owner", None, False)


async def test_who_may_not_write_hears_whom_to_ask(alice: Member, team: TestTeam) -> None:
    bob = await team.agent("bob")
    page = await (await visiting(team, bob.key)).get(PLAN)
    assert "It is alice's: ask them, or a manager, to change it." in page.text
    assert not [form for form in page.forms if form.action == f"{PLAN}/set"]
    await bob.log_in()
    forced = await bob.submit(f"{PLAN}/set", value="mine", expected_version="1")
    assert forced.status_code == 403
    assert (await plan(alice)).version == 1


async def test_a_field_is_deleted_and_made_again(browser: Visitor, alice: Member) -> None:
    asked = await browser.get(f"{PLAN}/delete")
    gone = await browser.send(asked, f"{PLAN}/delete", reason="over")
    assert gone.path == "/state/projects/release"
    assert await plan(alice) is None
    page = await browser.get(PLAN)
    assert "This field was deleted." in page.text
    assert "over" in page.text
    await browser.send(page, f"{PLAN}/set", value="again")
    assert (await plan(alice)).version == 3
    await alice.call("set_state", project_id="release", field="plan", value="newer")
    late = await browser.send(asked, f"{PLAN}/delete")
    assert late.status == 409
    assert (await plan(alice)).value == "newer"


async def test_a_subscriber_sees_what_changed_and_says_so(browser: Visitor, alice: Member, team: TestTeam) -> None:
    page = await browser.get(PLAN)
    page = await browser.send(page, f"{PLAN}/subscribe")
    assert "Unsubscribe" in page.text
    await team.owner.call("set_state", project_id="release", field="plan", value=[1])
    await team.owner.call("set_state", project_id="release", field="plan", value=[2])
    assert "2 changes since you looked." in (await browser.get(PLAN)).text
    news = await browser.get("/state")
    assert "Changed since you looked" in news.text
    assert "2 changes" in news.text
    done = await browser.send(news, "/state/seen")
    assert done.path == "/state"
    assert "Changed since you looked" not in done.text
    page = await browser.get(PLAN)
    assert "since you looked" not in page.text
    page = await browser.send(page, f"{PLAN}/subscribe", end="yes")
    assert (await plan(alice)).subscribers == []


async def test_the_inbox_page_shows_what_its_badge_counts(browser: Visitor, alice: Member, team: TestTeam) -> None:
    await alice.call("subscribe_state", project_id="release", fields=["plan"])
    assert "Nothing new." in (await browser.get("/inbox")).text
    await team.owner.call("set_state", project_id="release", field="plan", value=[1])
    inbox = await browser.get("/inbox")
    assert inbox.elements("span", **{"class": "badge rail-badge"})
    assert "Nothing new." not in inbox.text
    assert inbox.links["release / plan"] == PLAN
    assert "version 2 by owner" in inbox.text
    done = await browser.send(inbox, "/state/seen")
    assert (done.path, done.elements("span", **{"class": "badge rail-badge"})) == ("/inbox", [])
    assert "Nothing new." in done.text


async def test_an_observer_looks_and_follows(alice: Member, team: TestTeam) -> None:
    watcher = await team.agent("watcher", access="observer")
    browser = await visiting(team, watcher.key)
    page = await browser.get(PLAN)
    assert [form.action for form in page.forms if "/state" in form.action] == [f"{PLAN}/subscribe"]
    assert (await browser.get("/state/new")).status == 403
    assert "watcher" in (await browser.send(page, f"{PLAN}/subscribe")).text


async def test_history_is_turned_page_by_page(browser: Visitor, alice: Member, clock: MovedClock) -> None:
    for number in range(30):
        await alice.call("set_state", project_id="release", field="plan", value=number)
    first = await browser.get(PLAN)
    assert "version 31" in first.text
    assert "version 11" not in first.text
    older = await browser.get(first.links["Older versions"])
    assert "version 11" in older.text
    assert "Older versions" not in older.links


async def test_blocks_are_fetched_by_themselves(browser: Visitor) -> None:
    answer = await browser.http.get(PLAN, headers={"X-Fragment": "title_now,now,history"})
    assert answer.text.count("<html") == 0
    assert 'id="state-now"' in answer.text
    assert 'id="state-history"' in answer.text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("build", "build"),
        ("two words", "two words"),
        ("a\r\nb", "a\nb"),
        ('"12"', "12"),
        (" 12 ", 12),
        ("null", None),
        ("True", "True"),
        ("NaN", "NaN"),
        ("-", "-"),
        ('{"a": [1]}', {"a": [1]}),
        ("9" * 5000, "9" * 5000),
    ],
)
def test_what_is_typed(text: str, value: Any) -> None:
    assert values.parse(text) == value


@pytest.mark.parametrize("text", ["", " \n", "{", "[1,]", '"open', '{"a": NaN}', "[" * 100_000])
def test_what_cannot_be_typed(text: str) -> None:
    with pytest.raises(ValueError, match=r"^value: "):
        values.parse(text)


@pytest.mark.parametrize(
    "value", ["", "12", "null", " x", "a\nb", "a\r\nb", '"x"', "{", "build", None, True, 1.5, [], {"a": [{"b": "c"}]}]
)
def test_what_is_shown_for_editing_means_the_same(value: Any) -> None:
    assert values.parse(values.typed(value)) == value


def test_a_value_takes_as_many_lines_as_it_needs() -> None:
    assert values.pretty({"a": [1, 2], "b": None}) == '{"a": [1, 2], "b": null}'
    value = {"steps": [{"name": "x" * 30, "done": True}, {"name": "y" * 30, "done": False}], "é": []}
    text = values.pretty(value)
    assert json.loads(text) == value
    assert text.splitlines() == [
        "{",
        '  "steps": [',
        '    {"name": "' + "x" * 30 + '", "done": true},',
        '    {"name": "' + "y" * 30 + '", "done": false}',
        "  ],",
        '  "é": []',
        "}",
    ]


@pytest.mark.parametrize("value", ["x" * 1000, "a\n" * 20, list(range(500)), {str(n): n for n in range(50)}])
def test_a_preview_is_short_and_says_so(value: Any) -> None:
    assert len(values.preview(value)) < 3000
    assert "…" in values.preview(value)
    assert "…" not in values.preview(value[:2] if isinstance(value, (str, list)) else {})


def test_a_comparison_shows_what_changed_and_where() -> None:
    old = {"a": 1, "list": list(range(20)), "z": "end"}
    lines = values.compare(old, {**old, "a": 2, "z": "fin"})
    assert [line.mark + line.text for line in lines] == [
        " {",
        '−  "a": 1,',
        '+  "a": 2,',
        '   "list": [',
        "     0,",
        "⋯",
        "     19",
        "   ],",
        '−  "z": "end"',
        '+  "z": "fin"',
        " }",
    ]
    assert values.compare("one\ntwo", "one\nthree")[1:] == [
        values.Line("removed", "two"),
        values.Line("added", "three"),
    ]
    assert values.compare(old, old) == []


def test_a_long_comparison_is_cut() -> None:
    long = list(range(900))
    assert len(values.compare([], long)) == values.SHOWN + 1
    assert [line.kind for line in values.compare(long, [[each] for each in long])] == ["gap"]
    assert len(values.only("added", long)) == values.SHOWN + 1


def test_two_texts_are_compared_as_the_lines_of_a_file() -> None:
    assert [(line.kind, line.text) for line in values.compare_texts("one\r\ntwo\n", "one\nthree\n")] == [
        ("same", "one"),
        ("removed", "two"),
        ("added", "three"),
    ]
    assert [(line.kind, line.text) for line in values.compare_texts(None, "new\n")] == [("added", "new")]
    assert [(line.kind, line.text) for line in values.compare_texts("word", "")] == [("removed", "word")]
    assert values.compare_texts("", "") == []
