"""What a request brings besides its content: who is logged in, language, colours, time zone, and its CSRF token."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, replace
from datetime import UTC, tzinfo
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.core import negotiate_locale
from babel.localedata import locale_identifiers
from quart import Request, Response, g
from werkzeug.datastructures import Headers
from werkzeug.http import parse_cookie

from ..errors import Forbidden
from ..http.asgi import Scope
from ..server import Server
from .i18n import DEFAULT, LANGUAGES
from .i18n import gettext as _
from .sessions import Session, find_session

SESSION, VISITOR = "teammcp_session", "teammcp_visitor"
LANGUAGE, SCHEME, TIMEZONE = "teammcp_language", "teammcp_scheme", "teammcp_timezone"
YEAR = 365 * 24 * 3600

Scheme = Literal["auto", "light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("auto", "light", "dark")


@dataclass(frozen=True)
class Visit:
    """See the module. ``token`` is the session's, or that of a visitor who is not logged in."""

    server: Server
    session: Session | None
    token: str
    language: str
    locale: str
    """How times are written: the language, as it is used where the browser is."""
    scheme: Scheme
    timezone: tzinfo
    now: int
    ended: bool = False
    """Whether the browser still has the cookie of a session that is no more."""

    @property
    def csrf(self) -> str:
        """What every form has to send back. It follows from the cookie, which no other site and no script can read."""
        return hmac.new(self.token.encode(), b"csrf", hashlib.sha256).hexdigest()

    @property
    def timezone_name(self) -> str:
        """``Europe/Berlin``; ``UTC`` until the browser has said."""
        return str(self.timezone)

    def logged_in(self, session: Session) -> Visit:
        """The visit from now on, once somebody has logged in."""
        return replace(self, session=session, token=session.token)


async def session_of(server: Server, scope: Scope) -> Session | None:
    """Who is logged in with the browser that sends a request which is for no page, such as one for a WebSocket."""
    headers = Headers([(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]])
    cookies = parse_cookie("; ".join(headers.getlist("cookie")))
    return await find_session(server, cookies.get(_on_port(SESSION, headers.get("host", ""))))


def visit() -> Visit:
    """The visit of the request being served."""
    found: Visit = g.visit
    return found


async def open_visit(server: Server, request: Request) -> Visit:
    """Read a request's cookies."""
    token = request.cookies.get(_local(SESSION, request))
    session = await find_session(server, token)
    visitor = request.cookies.get(_local(VISITOR, request)) or secrets.token_urlsafe(32)
    scheme = request.cookies.get(SCHEME)
    language = _language(request)
    return Visit(
        server=server,
        session=session,
        token=session.token if session else visitor,
        language=language,
        locale=_locale(request, language),
        scheme=next((known for known in SCHEMES if known == scheme), "auto"),
        timezone=_timezone(request.cookies.get(TIMEZONE)),
        now=server.clock.now(),
        ended=session is None and token is not None,
    )


def close_visit(current: Visit, request: Request, response: Response) -> None:
    """Let the browser keep what it needs for its next request."""
    name, token = (SESSION, current.token) if current.session else (VISITOR, current.token)
    if request.cookies.get(_local(name, request)) != token:
        # Until the browser is closed for a visitor; a session's end is the server's to say.
        set_cookie(request, response, _local(name, request), token, age=YEAR if current.session else None)


def end_session(request: Request, response: Response) -> None:
    """Take the cookies of a session that has ended."""
    for name in (SESSION, VISITOR):
        response.delete_cookie(_local(name, request), path="/", secure=_secure(request), httponly=True, samesite="Lax")


def set_cookie(request: Request, response: Response, name: str, value: str, *, age: int | None = YEAR) -> None:
    """Set a cookie that no script can read and no other site can make use of."""
    response.set_cookie(name, value, max_age=age, path="/", secure=_secure(request), httponly=True, samesite="Lax")


def check_form(current: Visit, request: Request, sent: str | None) -> None:
    """Make sure that a form was filled in on a page of ours.

    Raises:
        Forbidden: the token ``sent`` is missing or wrong, or another site sent the form.
    """
    if request.headers.get("Sec-Fetch-Site") in {"cross-site", "same-site"}:  # the header Origin is looked at before
        raise Forbidden(_("This form was sent from another site."), code="wrong_origin")
    if sent is None or not hmac.compare_digest(sent.encode(), current.csrf.encode()):
        raise Forbidden(_("This form is out of date. Go back, reload the page and send it again."), code="csrf")


def local_path(target: str | None, fallback: str = "/") -> str:
    """``target`` if it is a path on this server, as a place to go next; else ``fallback``."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return fallback
    return target if all(character > " " and character != "\\" for character in target) else fallback


def _local(name: str, request: Request) -> str:
    """Cookies do not tell ports apart, so that two servers on one machine would log each other's people out."""
    return _on_port(name, request.host)


def _on_port(name: str, host: str) -> str:
    port = host.rpartition(":")[2]
    return f"{name}_{port}" if port.isdecimal() else name


def _secure(request: Request) -> bool:
    return request.is_secure or visit().server.settings.public_url.startswith("https:")


def _language(request: Request) -> str:
    chosen = request.cookies.get(LANGUAGE)
    return chosen if chosen in LANGUAGES else request.accept_languages.best_match(list(LANGUAGES), DEFAULT)


def _locale(request: Request, language: str) -> str:
    for name in request.accept_languages.values():
        parts = name.replace("_", "-").split("-")
        found = negotiate_locale([name.replace("-", "_")], locale_identifiers()) if parts[0] == language else None
        if found is not None:
            return found
    return language


def _timezone(name: str | None) -> tzinfo:
    """The browser's time zone, as live.js has noted it; UTC for who has no JavaScript."""
    try:
        return ZoneInfo(name) if name else UTC
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC
