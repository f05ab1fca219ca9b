"""A form of a project that is sent as it is shown changes nothing, whatever the project has."""

from __future__ import annotations

from contextlib import suppress
from html.parser import HTMLParser
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from teammcp import TeamError
from teammcp.testing import Member, TestTeam

WORDS = st.text(st.sampled_from("ab ,\"'&<\n\r\t中é\\{}@"), max_size=12)
LINES = st.text(st.sampled_from("ab ,\"'&<中é\\{}@"), max_size=12)
NAMES = st.lists(st.sampled_from(["ann", "bob", "cid"]), unique=True, max_size=3)
PUBLISHED = st.fixed_dictionaries(
    {"kind": st.sampled_from(["api", "package", "event"]), "name": LINES, "version": LINES, "description": LINES}
)
PLACED = st.fixed_dictionaries({"machine": st.sampled_from(["", "laptop"]), "folder": LINES.map("/srv/{}".format)})
VALUES = st.one_of(st.none(), st.booleans(), st.integers(-9, 9), st.floats(-2, 2), WORDS, st.lists(WORDS, max_size=2))
FACTS = st.fixed_dictionaries(
    {},
    optional={
        "description": WORDS,
        "publishes": st.lists(PUBLISHED, max_size=3),
        "owners": NAMES,
        "folders": st.lists(PLACED, max_size=3),
        "role": LINES,
        "runtime": LINES,
        "options": st.dictionaries(WORDS.filter(bool), VALUES, max_size=2),
        "changes": st.sampled_from(["ask", "deny", "allow"]),
        "credential": LINES,
        "model": LINES,
        "at_once": st.integers(1, 50),
        "askers": st.sampled_from([["*"], [], ["web"], ["@ann", "web"]]),
    },
)
WORKING = NAMES.flatmap(
    lambda names: st.tuples(st.just(names), st.none() | st.lists(st.sampled_from(names or ["ann"]), unique=True))
).filter(lambda working: working[1] is None or set(working[1]) <= set(working[0]))


class Form(HTMLParser):
    """The fields that a browser sends of the form with an action, as it is shown."""

    def __init__(self, html: str, action: str) -> None:
        super().__init__(convert_charrefs=True)
        self.fields: dict[str, list[str]] = {}
        self._action, self._is_in, self._select, self._text = action, False, "", ""
        self._area: str | None = None
        self.feed(html)
        assert self.fields, "there is such a form"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._is_in = given.get("action") == self._action
        elif not self._is_in:
            return
        elif tag == "input" and (given.get("type") != "checkbox" or "checked" in given):
            self._put(given["name"], given.get("value", ""))
        elif tag == "select":
            self._select = given["name"]
        elif tag == "option" and self._select and "selected" in given:
            self._put(self._select, given["value"])
        elif tag == "textarea":
            self._area, self._text = given["name"], ""

    def handle_data(self, data: str) -> None:
        self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._area is not None:
            self._put(self._area, self._text.removeprefix("\n").replace("\n", "\r\n"))
            self._area = None
        elif tag == "select":
            self._select = ""
        elif tag == "form":
            self._is_in = False

    def _put(self, name: str, value: str) -> None:
        if name != "csrf":
            self.fields.setdefault(name, []).append(value)


async def save_as_shown(member: Member, page: str, action: str) -> None:
    """Send a form of a page just as it is."""
    html = (await member.http.get(page)).text
    answer = await member.submit(action, **Form(html, action).fields)
    assert answer.status_code == 303, answer.text


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(facts=FACTS, working=WORKING)
@example(facts={"description": "\nBills"}, working=([], None))
async def test_a_form_that_is_sent_as_it_is_shown_changes_nothing(
    team: TestTeam, facts: dict[str, Any], working: tuple[list[str], list[str] | None]
) -> None:
    owner, path = team.owner, "/projects/of/backend"
    if team.team.directory.agent("ann") is None:
        for name in ("ann", "bob", "cid"):
            await team.agent(name)
        await owner.call("add_project", name="web")
        await owner.log_in()
    await owner.call("add_project", name="backend")
    agents, answerers = working
    with suppress(TeamError):  # what no project can have, no form shows
        await owner.call("update_project", project="backend", **facts)
    more = {} if answerers is None else {"answerers": answerers}
    await owner.call("set_project_agents", project="backend", agents=agents, **more)
    before = await owner.call("get_project", project="backend")
    await save_as_shown(owner, f"{path}/change", f"{path}/change")
    await save_as_shown(owner, path, f"{path}/agents")
    after = await owner.call("get_project", project="backend")
    await owner.call("remove_project", project="backend")
    assert after == before
