"""Pages of findings: the browser with its search, one finding with its history, and the forms."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from quart import Request, Response

from teammcp import Access, Context
from teammcp.web import MessageAction, Outcome, Page, form_call, kind_of, mark, plain, render, see

from ..findings.models import MAX_BODY, SHORT, Finding
from ..findings.operations.findings import get_knowledge, list_knowledge_tags

TAGS = 40


async def show(
    context: Context, template: str, place: str, outcome: Outcome | None = None, **variables: Any
) -> Response:
    """A page of this plugin; ``place`` is its entry in the sub-navigation."""
    outcome = outcome or Outcome()
    common = {"place": place, "kind_of": partial(kind_of, context), "short": SHORT}
    return await render(
        context, f"knowledge/{template}", outcome.status, notice=outcome.notice, **{**common, **variables}
    )


def finding_path(content_id: str) -> str:
    """The address of a finding."""
    return f"/knowledge/findings/{content_id}"


async def browse(context: Context, request: Request) -> Response:
    """What the team has found out, narrowed by words, tag and contributor."""
    asked = {name: request.args.get(name, "").strip() for name in ("q", "tag", "by", "sort", "cursor")}
    outcome = await form_call(
        context,
        "search_knowledge",
        query=asked["q"],
        tags=[asked["tag"]] if asked["tag"] else None,
        contributor=asked["by"] or None,
        sort=asked["sort"] or None,
        cursor=asked["cursor"] or None,
    )
    tags = (await context.call(list_knowledge_tags, limit=TAGS)).tags
    found = outcome.result if outcome.ok else None
    return await show(context, "findings.html", "findings", outcome, asked=asked, found=found, tags=tags)


async def finding(context: Context, request: Request, content_id: str, outcome: Outcome | None = None) -> Response:
    """One finding, whole."""
    found: Finding = await context.call(get_knowledge, content_id=content_id)
    mine, path = context.actor.name in {each.agent for each in found.contributors}, finding_path(found.content_id)
    return await show(context, "finding.html", "findings", outcome, finding=found, mine=mine, path=path)


async def post(context: Context, request: Request) -> Response:
    """Post a finding, from nothing or out of a message."""
    form, outcome = await request.form, Outcome()
    if request.method == "GET":
        given = await _from_message(context, request.args.get("message", type=int))
    else:
        given = {name: form.get(name, "") for name in ("title", "body", "tags", "message_id")}
        outcome = await form_call(
            context,
            "post_knowledge",
            title=given["title"],
            body=given["body"],
            tags=split_tags(given["tags"]),
            message_id=given["message_id"] or None,
        )
        if outcome.ok:
            return see(finding_path(outcome.result.content_id))
    return await show(context, "post.html", "findings", outcome, given=given, max_body=MAX_BODY)


async def _from_message(context: Context, message_id: int | None) -> dict[str, Any]:
    """What the form holds before anybody types."""
    if message_id is None:
        return {"title": "", "body": "", "tags": "", "message_id": ""}
    message = await context.call("get_message", message_id=message_id)
    return {"title": plain(message.content), "body": message.content, "tags": "", "message_id": message.id}


def split_tags(text: str) -> list[str]:
    """The tags that somebody has typed, with commas between them."""
    return [tag for tag in (part.strip().removeprefix("#") for part in re.split("[,，\n]", text)) if tag]


async def change(context: Context, request: Request, content_id: str, what: str) -> Response:
    """Retract or revive a finding, or say that one has found the same."""
    if what == "join":
        found: Finding = await context.call(get_knowledge, content_id=content_id)
        outcome = await form_call(context, "post_knowledge", title=found.title, body=found.body, tags=found.tags)
    else:
        form = await request.form
        operation = {"retract": "retract_knowledge", "revive": "revive_knowledge"}[what]
        outcome = await form_call(context, operation, content_id=content_id, reason=form.get("reason", ""))
    if outcome.ok:
        return see(finding_path(content_id))
    return await finding(context, request, content_id, outcome)


FINDING = "/knowledge/findings/<content_id>"

ACTIONS = [MessageAction(mark("Make it a finding"), "/knowledge/new?message={id}", icon="book")]

PAGES = [
    Page("/knowledge", browse, label=mark("Knowledge"), icon="book", order=55),
    Page("/knowledge/new", post, ("GET", "POST"), Access.member),
    Page(FINDING, finding),
    Page(f"{FINDING}/<any(retract, revive, join):what>", change, ("POST",), Access.member),
]
