"""A form that is refused still holds what somebody typed into it."""

from __future__ import annotations

import html
import re

import pytest

from teammcp.testing import TestTeam
from tests.webkit import Page, Visitor, visiting

LONG = "z" * 30_000
"""More than any field takes."""


async def furnish(team: TestTeam) -> Visitor:
    """A team with one of everything that has a form."""
    ann = await team.agent("ann")
    await team.owner.call("create_task", title="a task")
    await team.owner.call("send_directive", to_agent="ann", instruction="count")
    await ann.call("send_directive", to_agent="owner", instruction="sign")
    await team.owner.call("set_state", field="plan", value="first")
    await team.owner.call("create_folder", channel="general", name="papers")
    return await visiting(team, team.owner.key)


FORMS = {
    "a profile": (
        "/agents/ann",
        "/agents/ann/change",
        {"role": "Lead", "reports_to": "nobody-here", "capabilities": "a b"},
    ),
    "one's zone": ("/agents/ann", "/agents/ann/change", {"description": "who\n<b>", "time_zone": "Mars/Olympus"}),
    "a member": ("/agents/new", "/agents/new", {"name": "two words", "role": "Lead"}),
    "a channel": ("/channels/new", "/channels/new", {"id": "two words", "description": "what for"}),
    "a channel's text": (
        "/channels/general?panel=about",
        "/channels/general/about",
        {"name": LONG, "description": "what for"},
    ),
    "a message": ("/channels/general", "/channels/general/send", {"content": LONG}),
    "a task": ("/tasks/new", "/tasks/new", {"title": LONG, "description": "what for"}),
    "a task again": ("/tasks/1/edit", "/tasks/1/edit", {"title": LONG, "description": "what for"}),
    "a subtask": ("/tasks/1", "/tasks/1/subtasks", {"title": LONG}),
    "a comment": ("/tasks/1", "/tasks/1/comment", {"comment": LONG}),
    "a task's result": ("/tasks/1/done", "/tasks/1/done", {"result": LONG}),
    "a goal": ("/goals/new", "/goals/new", {"title": LONG, "description": "what for"}),
    "a directive": ("/directives/new", "/directives/new", {"instruction": "count", "hours": "9999", "to_agent": "ann"}),
    "a directive's end": ("/directives/1/cancel", "/directives/1/cancel", {"reason": LONG}),
    "a schedule": ("/schedules/new", "/schedules/new", {"content": "stand up", "count": "x", "channel": "general"}),
    "a folder": ("/channels/general/files", "/channels/general/folders", {"name": LONG}),
    "a state field": ("/state/new", "/state/new", {"field": "two words", "value": "1", "reason": "why"}),
    "a value": ("/state/projects/default/fields/plan", "/state/projects/default/fields/plan/set", {"value": LONG * 4}),
    "a field's end": (
        "/state/projects/default/fields/plan/delete",
        "/state/projects/default/fields/plan/delete",
        {"reason": LONG},
    ),
    "a budget": ("/usage/ann/budget", "/usage/ann/budget", {"messages": "many", "tokens": "7"}),
}


def holds(page: Page, action: str) -> str:
    """The source of the forms of a page that go to an address."""
    forms = re.findall(r"<form\b[^>]*>.*?</form>", page.response.text, re.DOTALL)
    return html.unescape("".join(form for form in forms if f'action="{action}' in html.unescape(form)))


@pytest.mark.parametrize("form", FORMS)
async def test_a_refused_form_keeps_what_was_typed(team: TestTeam, form: str) -> None:
    browser = await furnish(team)
    path, action, values = FORMS[form]
    refused = await browser.send(await browser.get(path), action, **values)
    assert 400 <= refused.status < 500, refused.status
    assert refused.elements("p", **{"class": "notice notice-error"})
    kept = holds(refused, action)
    assert [name for name, value in values.items() if value not in kept] == []


async def test_what_was_typed_into_one_form_is_in_no_other(team: TestTeam) -> None:
    browser = await furnish(team)
    page = await browser.get("/channels/general/files?folder=1")
    refused = await browser.send(page, "/channels/general/folders", name=LONG)
    forms = [each.values for each in refused.forms if each.action.startswith("/channels/general/folders")]
    assert {each["change"]: each.get("name") for each in forms} == {"create": LONG, "rename": "papers", "delete": None}
    assert LONG not in (await browser.get("/channels/general/files?folder=1")).response.text
