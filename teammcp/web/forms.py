"""Pages change things in the one way there is: by calling operations. What goes wrong becomes a notice on the page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

from quart import Request, Response, g, redirect, request
from werkzeug.datastructures import MultiDict

from .. import operations
from ..errors import TeamError
from ..operations import Context
from ..plugins import Deferred
from .i18n import gettext as _
from .visit import local_path


@dataclass(frozen=True)
class Notice:
    """A sentence for the person at the browser."""

    kind: Literal["error", "info", "done"]
    text: str
    field: str = ""
    """The field of the form that it is about."""

    @classmethod
    def of(cls, error: TeamError) -> Notice:
        """What an error says; one that is about an argument begins with its name and a colon."""
        place, colon, _rest = error.detail.partition(":")
        word = place.partition(".")[0]
        return cls("error", error.detail, word if colon and word.isidentifier() else "")


@dataclass(frozen=True)
class Outcome:
    """What came of a form: a ``result`` if it was done, else a ``notice`` that says why not."""

    result: Any = None
    notice: Notice | None = None
    status: int = 200
    code: str = ""
    """Of the error, for a page that offers a remedy."""

    @property
    def ok(self) -> bool:
        """Whether it was done."""
        return self.notice is None


async def form_call(context: Context, operation: str, /, **arguments: Any) -> Outcome:
    """Call an operation with what somebody has typed into a form; arguments that are None are left out.

    Whatever keeps it from being done is in the outcome's notice; a change that a plugin made wait, too.
    """
    return await attempt(context, operation, {key: value for key, value in arguments.items() if value is not None})


async def attempt(context: Context, operation: str, arguments: Mapping[str, Any]) -> Outcome:
    """As `form_call`, with the arguments as they are, None included."""
    try:
        result = await operations.call(context, operation, arguments)
    except TeamError as error:
        return Outcome(notice=Notice.of(error), status=error.status, code=error.code)
    if isinstance(result, Deferred):
        return Outcome(result.result, Notice("info", _("This waits for approval.")), 202)
    return Outcome(result)


def wants_fragment(request: Request) -> bool:
    """Whether live.js asks, and not the browser itself."""
    return "X-Fragment" in request.headers


async def go_back(request: Request, fallback: str) -> Response:
    """After a form: to the page that its field ``next`` names. live.js stays where it is and gets an empty answer."""
    if wants_fragment(request):
        return Response(status=204)
    form = await request.form
    return see(local_path(form.get("next"), fallback))


def kept(action: str, name: str, default: str = "", /, **fixed: str) -> str:
    """What a field of a form holds: what somebody has just typed, on the page that says why the form was refused.

    Args:
        action: where the form goes, as in its attribute.
        name: the field.
        default: what it holds on every other page.
        fixed: hidden fields that tell this form from others with the same action.
    """
    form: MultiDict[str, str] | None = g.get("sent_form")
    if form is None or unquote(urlsplit(action).path) != request.path:
        return default
    if any(form.get(key) != value for key, value in fixed.items()):
        return default
    return form.get(name, "")


def see(path: str) -> Response:
    """Go to another page with GET, after a form."""
    response = redirect(path, 303)
    assert isinstance(response, Response)  # noqa: S101 - narrows Quart's type
    return response
