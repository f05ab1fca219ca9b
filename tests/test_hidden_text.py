"""On no page does anything that members wrote turn the direction of text, or hide in it."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

import pytest

from teammcp.testing import TestTeam
from tests.webkit import visiting

HIDDEN = "\u202e\u2066\u200b\ufeff\U000e0041\U000e0042"
TEXT = f"words {HIDDEN} after"
CODE = f"```\n{TEXT}\n```\n`{TEXT}` {TEXT}"


@pytest.fixture
def installed_plugins() -> Collection[str] | None:
    """All of them."""
    return None


async def fill(team: TestTeam) -> list[str]:
    """Put hidden characters into whatever takes a text. Returns the pages where it can be seen."""
    owner, bob = team.owner, await team.agent("bob")
    call: Any = owner.call
    sent = await bob.call("send_message", channel="general", content=CODE)
    await bob.call("send_message", channel="general", content=TEXT, replyTo=sent.id)
    await bob.call("edit_message", id=sent.id, content=f"{CODE} again")
    await call("pin_message", message_id=sent.id)
    await call("update_channel", channel="general", name=TEXT, description=TEXT)
    await call("update_agent_profile", role=TEXT, description=TEXT)
    await bob.call("update_agent_profile", role=TEXT, description=TEXT)
    goal = (await call("create_goal", title=TEXT, description=TEXT)).goal.id
    task = (await call("create_task", title=TEXT, description=CODE, assignee="bob", goal_id=goal, labels=["a"])).task.id
    await bob.call("update_task", task_id=task, comment=TEXT)
    await bob.call("update_task", task_id=task, status="done", result=CODE)
    directive = (await call("send_directive", to_agent="bob", instruction=CODE)).directive.id
    await call("cancel_directive", directive_id=directive, reason=TEXT)
    schedule = (await call("schedule_message", channel="general", content=TEXT, cron_expr="@daily")).schedule.id
    await call("set_state", field="plan", value=TEXT)
    await call("set_state", field="plan", value={TEXT: [TEXT]})
    await bob.call("set_state", field="mine", value=f"{TEXT}\nmore", approval_required=True, approver="owner")
    await bob.call("set_state", field="plan", value=[TEXT], reason=TEXT)
    await bob.call("request_approval", title=TEXT, details=CODE, approvers=["owner"])
    await bob.call("append_output", text=TEXT)
    file = await bob.call("upload_file", name=f"{TEXT}.txt", text=TEXT, channel="general")
    finding = (await bob.call("post_knowledge", title=TEXT, body=CODE, tags=["a"])).content_id
    await bob.call("set_memory", key="note", value=TEXT)
    offered = [{"kind": "api", "name": TEXT, "version": TEXT, "description": TEXT}]
    placed = [{"machine": TEXT, "folder": f"/{TEXT}"}]
    await call("add_project", name="backend", description=TEXT, publishes=offered, folders=placed, role=TEXT)
    return [
        *(
            "/",
            "/channels/general",
            "/channels/general?panel=pins",
            "/channels/general?panel=about",
            "/inbox",
            "/agents",
        ),
        *("/agents/bob", "/agents/owner", f"/messages/{sent.id}", f"/messages/{sent.id}/edits", "/search?q=words"),
        *(
            "/tasks",
            "/tasks/list",
            "/tasks/mine",
            f"/tasks/{task}",
            "/goals",
            f"/goals/{goal}",
            f"/directives/{directive}",
        ),
        *("/schedules", f"/schedules/{schedule}/cancel", "/state", "/state/projects/default", "/agents/bob/output"),
        *("/state/projects/default/fields/plan", "/directives", "/go"),
        *("/approvals", "/approvals/1", "/approvals/2", "/approvals/history", "/audit", f"/files/{file.file_id}/view"),
        *(
            "/knowledge",
            f"/knowledge/findings/{finding}",
            "/knowledge/memory/in/default",
            "/knowledge/memory",
            "/knowledge/gaps",
            "/projects",
            "/projects/of/backend",
            "/channels/general/files",
        ),
        *(f"/channels/general?panel=thread&message={sent.id}", f"/messages/{sent.id}/delete", "/inbox/unanswered"),
        *("/waiting", "/usage", f"/messages/{sent.id}/receipt", "/notifications"),
    ]


async def test_a_text_that_is_edited_is_the_text_itself(team: TestTeam) -> None:
    sent = await team.owner.call("send_message", channel="general", content=TEXT)
    browser = await visiting(team, team.owner.key)
    assert TEXT in (await browser.http.get(f"/messages/{sent.id}/edit")).text


async def test_no_page_shows_what_nobody_sees(team: TestTeam) -> None:
    pages = await fill(team)
    browser = await visiting(team, team.owner.key)
    found = []
    for path in pages:
        response = await browser.http.get(path)
        html = re.sub(r"(?s)<textarea.*?</textarea>|<input[^>]*>|data-[a-z-]+=\"[^\"]*\"", "", response.text)
        if response.status_code != 200:
            found.append((path, response.status_code))
        found += [(path, html[max(0, at.start() - 90) : at.end() + 5]) for at in re.finditer(f"[{HIDDEN}]+", html)]
    assert found == []
