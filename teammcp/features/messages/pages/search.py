"""The search page."""

from __future__ import annotations

from typing import Any

from quart import Request, Response

from ....operations import Context
from ....web import Outcome, Page, form_call, mark, render
from ....web.channels import sidebar
from ....web.members import kind_of


async def search(context: Context, request: Request) -> Response:
    """Find messages; without a query, say how."""
    asked = {name: request.args.get(name, "").strip() for name in ("q", "channel", "sort", "cursor")}
    outcome = Outcome()
    if asked["q"]:
        given: dict[str, Any] = {key: value for key, value in asked.items() if value and key != "q"}
        outcome = await form_call(context, "search_messages", query=asked["q"], limit=20, **given)
    return await render(
        context,
        "messages/search.html",
        outcome.status,
        notice=outcome.notice,
        asked=asked,
        found=outcome.result if outcome.ok else None,
        kind_of=lambda name: kind_of(context, name),
        sidebar=await sidebar(context, asked["channel"]),
    )


PAGES = [Page("/search", search, label=mark("Search"), icon="search", order=20)]
