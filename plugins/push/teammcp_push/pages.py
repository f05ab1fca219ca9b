"""The page Push, on which a browser is allowed to show notices; its service worker, and what makes it installable."""

from __future__ import annotations

import json
from importlib.resources import files

from quart import Request, Response

from teammcp import Access, Context, InvalidInput, NotFound
from teammcp.web import Outcome, Page, form_call, gettext, render, see

from .icons import icon
from .settings import PLUGIN

SIZES = (192, 512)


async def show(context: Context, request: Request) -> Response:
    """One's devices, and this one's button."""
    return await _show(context, Outcome())


async def _show(context: Context, outcome: Outcome) -> Response:
    notifiers = (await context.call("get_notifiers")).root
    return await render(
        context,
        "push/show.html",
        outcome.status,
        notice=outcome.notice,
        devices=next(each.addresses for each in notifiers if each.name == PLUGIN),
        key=(await context.call("get_push_key")).public_key,
        words=json.dumps(_words()),
    )


def _words() -> dict[str, str]:
    """What the script says, in the language of who looks."""
    return {
        "denied": gettext("This browser refuses notifications of this site. Allow them in its settings for the site."),
        "failed": gettext("That did not work: the browser's push service gave no address. Try again in a while."),
        "missing": gettext("This browser cannot show notifications of sites."),
        "install": gettext("First add this site to the home screen (under Share), and open it from there."),
        "insecure": gettext("Browsers take notifications only from https:// addresses, and from this machine itself."),
    }


async def add(context: Context, request: Request) -> Response:
    """Keep a device."""
    form = await request.form
    outcome = await form_call(
        context,
        "set_notification_address",
        notifier=PLUGIN,
        address=form.get("address", ""),
        label=form.get("label", ""),
    )
    return see("/push") if outcome.ok else await _show(context, outcome)


async def token(context: Context, request: Request) -> Response:
    """What the service worker sends with a form; a page of another site cannot read it."""
    response = await render(context, "push/token.txt")
    response.content_type = "text/plain; charset=utf-8"
    return response


async def decide(context: Context, request: Request, approval_id: int) -> Response:
    """Decide an approval from a notice, as the person whose session the browser has."""
    form = await request.form
    approved = {"approve": True, "reject": False}.get(form.get("decision", ""))
    if approved is None:
        raise InvalidInput.at("decision", "'approve' or 'reject'")
    await context.call("resolve_approval", approval_id=approval_id, approved=approved)
    return Response("", 204)


async def worker(context: Context, request: Request) -> Response:
    """The service worker, which may act for all pages of the site."""
    script = files(__package__).joinpath("static", "worker.js").read_text(encoding="utf-8")
    headers = {"Service-Worker-Allowed": "/", "Cache-Control": "no-cache"}
    return Response(script, content_type="text/javascript; charset=utf-8", headers=headers)


async def manifest(context: Context, request: Request) -> Response:
    """What makes the site installable."""
    icons = [
        {"src": f"/push/icon-{size}.png", "sizes": f"{size}x{size}", "type": "image/png", "purpose": "any maskable"}
        for size in SIZES
    ]
    said = {
        "name": "TeamMCP",
        "short_name": "TeamMCP",
        "id": "/",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": "#153b36",
        "theme_color": "#153b36",
        "icons": icons,
    }
    return Response(json.dumps(said), content_type="application/manifest+json")


async def show_icon(context: Context, request: Request, size: int) -> Response:
    """The mark, as a picture of so many pixels."""
    if size not in SIZES:
        raise NotFound(f"There is no icon of {size} pixels.")
    return Response(icon(size), content_type="image/png", headers={"Cache-Control": "public, max-age=86400"})


PAGES = [
    Page("/push", show),
    Page("/push/device", add, methods=("POST",)),
    Page("/push/token", token),
    Page("/push/approvals/<int:approval_id>", decide, methods=("POST",)),
    Page("/push/worker.js", worker, access=Access.anonymous),
    Page("/push/manifest.webmanifest", manifest, access=Access.anonymous),
    Page("/push/icon-<int:size>.png", show_icon, access=Access.anonymous),
]
