"""Pages of conversations: beginning one anew, and going on from one at a terminal."""

from __future__ import annotations

from quart import Request, Response

from teammcp import Access, Context
from teammcp.web import Page, form_call, see, wants_fragment

from . import projects
from .layout import OF, project_path, show

PATH = f"{OF}/conversations"


async def reset(context: Context, request: Request, name: str) -> Response:
    """Let a conversation begin anew."""
    asking = (await request.form).get("asking", "")
    outcome = await form_call(context, "reset_conversation", project=name, asking=asking)
    return see(project_path(name)) if outcome.ok else await projects.project_page(context, name, outcome)


async def fork(context: Context, request: Request, name: str) -> Response:
    """With which command somebody goes on from a conversation."""
    outcome = await form_call(context, "fork_conversation", project=name, asking=request.args.get("asking"))
    return await show(context, "fork.html", outcome, fork=outcome.result, name=name, in_dialog=wants_fragment(request))


PAGES = [Page(PATH, reset, ("POST",), Access.member), Page(PATH, fork, access=Access.member)]
