"""What belongs to no page: where one starts, language and colours, the live stream, the list of shortcuts."""

from __future__ import annotations

from quart import Request, Response

from ..operations import Context
from ..surfaces.streams import key_is_valid, sse_response
from .forms import see
from .i18n import LANGUAGES
from .panels import draw_panels
from .rendering import fragment, render
from .visit import LANGUAGE, SCHEME, SCHEMES, TIMEZONE, local_path, set_cookie, visit


async def start(context: Context, request: Request) -> Response:
    """What plugins show first, or else the first page of the navigation."""
    panels = await draw_panels(context, "home")
    return await render(context, "web/home.html", panels=panels) if panels.any else see("/channels")


async def set_preferences(context: Context, request: Request) -> Response:
    """Choose language, colours and time zone, for this browser."""
    form = await request.form
    response = see(local_path(form.get("next")))
    if form.get("language") in LANGUAGES:
        set_cookie(request, response, LANGUAGE, form["language"])
    if form.get("scheme") in SCHEMES:
        set_cookie(request, response, SCHEME, form["scheme"])
    if 0 < len(form.get("timezone", "")) <= 64:
        set_cookie(request, response, TIMEZONE, form["timezone"])
    return response


async def waiting(context: Context, request: Request) -> Response:
    """How much waits, for the navigation."""
    return await fragment(context, "web/badge.html", ["badge"], badge=request.args.get("of") or True)


async def shortcuts(context: Context, request: Request) -> Response:
    """The keyboard shortcuts."""
    return await render(context, "web/shortcuts.html")


async def live(context: Context, request: Request) -> Response:
    """The team's events, for the browser's session instead of a key."""
    session = visit().session
    assert session is not None  # noqa: S101 - the page is for members only
    cursor = _since(request)
    since = None if cursor is None else context.team.hub.place(cursor)
    return sse_response(context, since, valid=lambda: key_is_valid(context, session.key_hash))


def _since(request: Request) -> int | None:
    last = request.headers.get("Last-Event-ID") or request.args.get("since", "")
    return int(last) if last.isdecimal() and len(last) <= 16 else None
