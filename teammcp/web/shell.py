"""The dashboard's shell: collects pages and the theme, guards each page, and draws what is around it."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any, cast

from quart import Response, g, redirect, request
from werkzeug.exceptions import HTTPException

from .. import logs
from ..errors import Forbidden, NotFound, TeamError, TooLarge, Unavailable
from ..http.asgi import STRANGERS_BODY, Scope
from ..http.callers import address
from ..members.directory import ANONYMOUS
from ..operations import CallDeferred, Context, enter_as
from ..server import DEFAULT_TEAM, Server, Team
from ..surfaces.unread import waiting
from .assets import Assets
from .bodies import MULTIPART, FormConnection, FormRequest
from .collect import collect_message_actions, collect_pages, find_theme
from .forms import Notice, wants_fragment
from .i18n import CATALOGUES, Catalogues
from .i18n import gettext as _
from .new_keys import NewKeys
from .pages import Page, package_of
from .panels import collect_panels
from .policy import HEADERS, POLICY, policy
from .rendering import build_environment, render
from .routing import PageRule
from .visit import check_form, close_visit, local_path, open_visit, visit

if TYPE_CHECKING:
    from ..application import TeamApp


def mount(app: TeamApp) -> None:
    """Serve the pages of the core and of all plugins with ``app``."""
    app.url_rule_class = PageRule
    app.request_class = FormRequest
    app.asgi_http_class = FormConnection
    shell = Shell(app.server)
    for number, page in enumerate(shell.pages):
        app.add_url_rule(
            page.path,
            endpoint=f"page-{number}",
            view_func=shell.endpoint(page),
            methods=list(page.methods),
        )
    app.add_url_rule("/static/<version>/<path:name>", endpoint="static-file", view_func=shell.static, methods=["GET"])
    app.register_error_handler(HTTPException, shell.no_page)


class Shell:
    """See the module.

    Attributes:
        pages: all pages, in the order of the navigation.
        message_actions: what can be done with a message besides what messages themselves offer.
        theme: the theme in use, or None: the dashboard is plain without one, and usable.
        environment: the templates.
        assets: the static files.
        new_keys: the keys that browsers are being shown.
    """

    def __init__(self, server: Server) -> None:
        self.server = server
        self.new_keys = NewKeys(server)
        self.pages = collect_pages(server.plugins)
        self.message_actions = collect_message_actions(server.plugins)
        self.theme = find_theme(server.plugins, server.settings.theme)
        self.panels = collect_panels(server.plugins)
        packages = self._packages()
        self.environment = build_environment(packages, self.theme)
        self.catalogues = Catalogues({package: files(package) / "locale" for package in packages})
        server.state[CATALOGUES] = self.catalogues
        self.assets = Assets()
        for package in packages:
            self.assets.add(package.removeprefix("teammcp."), files(package) / "static")
        if self.theme is not None:
            self.assets.add(f"theme-{self.theme.name}", self.theme.folder("static"))

    def _packages(self) -> list[str]:
        """Those that may hold templates, translations and static files: of pages, of panels, and the plugins' own."""
        shown = [page.package for page in self.pages] + [each.panel.package for each in self.panels]
        own = [package_of(module) for module in self.server.plugins.modules()]
        return [package for package in dict.fromkeys([*shown, *own]) if package]  # a plugin may be a single module

    # -- requests ------------------------------------------------------------------------------------------------------

    def endpoint(self, page: Page) -> Any:
        """The Quart view of a page."""

        async def serve(**arguments: Any) -> Response:
            return await self._respond(lambda: self._show(page, arguments), page.package)

        return serve

    async def static(self, version: str, name: str) -> Response:
        """A static file."""
        response = self.assets.respond(version, name)
        if response is None:
            return await self._respond(self._not_found)
        response.headers.extend(HEADERS)
        return response

    async def no_page(self, error: HTTPException) -> Response:
        """What Quart itself refuses: no such path, another method, a body beyond the limit."""
        return await self._respond(lambda: self._refused(error))

    async def _respond(self, show: Any, package: str = "") -> Response:
        g.shell = self
        g.visit = await open_visit(self.server, request)
        self.catalogues.use(visit().language, package)
        try:
            response: Response = await show()
        except TeamError as error:
            response = await self._error(error)
        except CallDeferred:
            response = await self._error(_waiting())
        except HTTPException as error:
            response = await self._error(_as_team_error(error))
        except Exception as error:  # noqa: BLE001 - logged, and told as well as it can be
            failure = logs.unexpected(error, f"the page {request.url_rule}")
            response = await self._error(failure or TeamError(_("Something went wrong. The server's log says what.")))
        close_visit(visit(), request, response)
        response.headers.setdefault("Cache-Control", "private, no-cache")
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    async def _show(self, page: Page, arguments: dict[str, Any]) -> Response:
        context = self._enter()
        g.since = context.team.hub.cursor  # before anything is read: what comes later is for the live stream to tell
        self._admit(page, context)
        if visit().session is None and context.actor.access < page.access:
            return self._turn_away(
                context, page
            )  # nothing is done, so no token is looked for: it ended with the session
        if request.method == "POST":
            sent = request.headers.get("X-CSRF-Token") or (await request.form).get("csrf")
            check_form(visit(), request, sent)
            g.sent_form = await request.form  # for the page that says why the form was refused
        if context.actor.access < page.access:
            return self._turn_away(context, page)
        result = await page.view(context, request, **arguments)
        if not isinstance(result, Response):
            result = Response(result, content_type="text/html; charset=utf-8")
        if page.csp:
            result.headers.setdefault(POLICY, policy(page.csp))
        return result

    def _enter(self) -> Context:
        session = visit().session
        caller = address(cast(Scope, request.scope))
        if session is None:
            self.server.limits.address.take(caller)
            return Context(self.server, self._front_team(), ANONYMOUS, "page", caller)
        return enter_as(self.server, session.team, session.agent, "page", caller)

    def _front_team(self) -> Team:
        """The team whose pages somebody sees who is not logged in: it has a name, and nothing else to show."""
        for name in (DEFAULT_TEAM, *self.server.teams):
            if name in self.server.teams:
                return self.server.teams[name]
        raise Unavailable(_("There is no team on this server."))

    def _admit(self, page: Page, context: Context) -> None:
        """Let the form come: more than a few fields only from who may use the page, files only to a page for them."""
        settings = self.server.settings
        form = cast(FormRequest, request)
        if visit().session is None or context.actor.access < page.access:
            form.admit(STRANGERS_BODY)
        elif page.uploads and request.mimetype == MULTIPART:
            form.admit(settings.max_file + settings.max_body, uploads=True)
        else:
            form.admit(settings.max_body)

    def _turn_away(self, context: Context, page: Page) -> Response:
        if visit().session is not None:
            raise Forbidden(_("Your access level does not allow this page."))
        if not context.team.directory.agents:
            return _to("/setup")
        here = local_path(request.full_path.rstrip("?")) if request.method == "GET" else "/"
        return _to("/login" if here == "/" else f"/login?next={self.environment.filters['urlencode'](here)}")

    # -- errors --------------------------------------------------------------------------------------------------------

    async def _not_found(self) -> Response:
        raise NotFound(_("There is no such page."))

    async def _refused(self, error: HTTPException) -> Response:
        raise error

    async def _error(self, error: TeamError) -> Response:
        session = visit().session
        team = session.team if session else next(iter(self.server.teams.values()), None)
        if team is None:
            return Response(error.detail, error.status, content_type="text/plain; charset=utf-8")
        actor = session.agent if session else ANONYMOUS
        context = Context(self.server, team, actor, "page", address(cast(Scope, request.scope)))
        notice = Notice("error", error.detail) if wants_fragment(request) else None
        response = await render(context, "web/error.html", error.status, error=error, notice=notice)
        if "retry_after" in error.data:
            response.headers["Retry-After"] = str(error.data["retry_after"])
        return response

    # -- templates -----------------------------------------------------------------------------------------------------

    async def variables(self, context: Context, given: dict[str, Any]) -> dict[str, Any]:
        """What every template gets, besides what its view gives it."""
        current = visit()
        values: dict[str, Any] = {
            "context": context,
            "me": context.actor,
            "team": context.team.name,
            "logged_in": current.session is not None,
            "language": current.language,
            "scheme": current.scheme,
            "csrf": current.csrf,
            "here": request.path,
            "here_full": local_path(request.full_path.rstrip("?")),
            "navigation": self._navigation(context),
            "message_actions": [each for each in self.message_actions if each.access <= context.actor.access],
            "styles": self._styles(),
            "event_kinds": self._event_kinds(),
            "since": g.get("since", context.team.hub.cursor),
            "notice": None,
            "waiting_for": await self._waiting(context),
            "badge": True,
            "badge_on": " ".join(sorted({kind for page in self.pages for kind in page.badge_on})),
        }
        for more in await self.server.plugins.ask("template_context", context=context):
            values.update(more)
        return {**values, **given}

    def _navigation(self, context: Context) -> list[Page]:
        """The pages that are listed: that of the start only where something stands on it."""
        level = context.actor.access
        home = any(each.panel.place == "home" and each.panel.access <= level for each in self.panels)
        return [page for page in self.pages if page.label and page.access <= level and (home or page.path != "/")]

    async def _waiting(self, context: Context) -> dict[str, int]:
        return {} if visit().session is None else await waiting(context)

    def _styles(self) -> list[str]:
        own = [self.assets.url("web/app.css")]
        if self.theme is None:
            return own
        return own + [self.assets.url(f"theme-{self.theme.name}/{style}") for style in self.theme.styles]

    def _event_kinds(self) -> str:
        return " ".join(sorted(kind.event_kind for kind in self.server.event_kinds))


def _as_team_error(error: HTTPException) -> TeamError:
    if error.code == 404:
        return NotFound(_("There is no such page."))
    if error.code == 413:
        return TooLarge(_("This form is too large."))
    found = TeamError(error.description or str(error), code="http_error")
    found.status, found.title = error.code or 400, error.name
    return found


def _waiting() -> TeamError:
    """What a page says where a call that it made has to wait."""
    waiting = TeamError(_("This waits for approval."), code="deferred")
    waiting.status = 202
    return waiting


def _to(path: str) -> Response:
    response = redirect(path, 302)
    assert isinstance(response, Response)  # noqa: S101 - narrows Quart's type
    return response
