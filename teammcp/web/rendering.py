"""Templates: where they come from, what they can use, and rendering of whole pages or of the blocks that changed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Any, ParamSpec, Protocol, TypeVar, cast
from urllib.parse import quote

from jinja2 import BaseLoader, ChoiceLoader, PackageLoader, StrictUndefined, TemplateNotFound, pass_context
from jinja2.runtime import Context as JinjaContext
from jinja2_fragments import render_blocks
from markupsafe import Markup, escape
from quart import Response, g, request

from ..clock import milliseconds
from ..markdown import is_long, plain, render_markdown
from ..markdown.highlighting import page_budget
from ..members.directory import Access
from ..operations import Context
from ..text.invisible import reveal
from . import formatting, member_status
from .assets import Assets
from .forms import Notice, kept
from .i18n import LANGUAGES, Catalogues, form_for, gettext
from .layers import LayeredEnvironment, Layers
from .pages import OVERRIDES, Contributed, Page, Theme
from .visit import visit

P = ParamSpec("P")
T = TypeVar("T")


class Stage(Protocol):
    """What pages are rendered with: the shell, as ``g.shell`` has it during a request."""

    @property
    def environment(self) -> LayeredEnvironment: ...
    @property
    def assets(self) -> Assets: ...
    @property
    def catalogues(self) -> Catalogues: ...
    @property
    def panels(self) -> Sequence[Contributed]: ...

    async def variables(self, context: Context, given: dict[str, Any]) -> dict[str, Any]:
        """What every template can use, and what this one was given."""


BLOCKS = 10
"""Blocks of a page that one request may ask for: each is rendered, so that many would be a large answer to a little."""


def build_environment(packages: Sequence[str], theme: Theme | None) -> LayeredEnvironment:
    """The template environment: see `Layers`.

    Args:
        packages: those that may have templates.
        theme: the theme in use.
    """
    layers: list[BaseLoader] = []
    if theme is not None and theme.templates is not None:
        layers.append(PackageLoader(theme.package, theme.templates))
    layers += [PackageLoader(package, OVERRIDES) for package in _with_folder(packages, OVERRIDES)]
    own = ["teammcp.web", *(package for package in _with_folder(packages, "templates") if package != "teammcp.web")]
    layers.append(ChoiceLoader([PackageLoader(package) for package in own]))
    environment = LayeredEnvironment(
        loader=Layers(layers),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
        finalize=seen,
    )
    environment.install_gettext_callables(gettext, form_for, newstyle=True)  # type: ignore[attr-defined]
    for name in ("gettext", "ngettext"):
        environment.globals[name] = _with_seen_variables(cast("Callable[..., Any]", environment.globals[name]))
    environment.globals.update(
        icon=icon,
        static=static,
        csrf_field=csrf_field,
        avatar=avatar,
        dot=dot,
        marked=marked,
        kept=kept,
        markdown=render_markdown,
        is_long=is_long,
        plain=plain,
        visit=visit,
        page_label=_label,
        languages=LANGUAGES,
        Access=Access,
        iso=formatting.iso,
        milliseconds=milliseconds,
        clock_time=formatting.clock_time,
        full_time=formatting.full_time,
        short_time=formatting.short_time,
        day_name=formatting.day_name,
        ago=formatting.ago,
        duration=formatting.duration,
        file_size=formatting.file_size,
        number=formatting.number,
        dollars=formatting.dollars,
        status_word=member_status.status_word,
        status_tone=member_status.status_tone,
    )
    environment.filters["path"] = path_part
    environment.filters["reveal"] = reveal
    environment.filters["exact"] = exact
    environment.filters["in_textarea"] = in_textarea
    return environment


def _label(page: Page) -> str:
    """The name of a page in the navigation, in the words of the plugin that brings it."""
    shell: Stage = g.shell
    return shell.catalogues.of(visit().language, page.package).gettext(page.label or "")


def _with_folder(packages: Iterable[str], name: str) -> list[str]:
    return [package for package in packages if (files(package) / name).is_dir()]


async def render(context: Context, template: str, /, status: int = 200, **variables: Any) -> Response:
    """A page as a response. If live.js asks for some of its blocks only, those.

    Args:
        context: who looks at it.
        template: its name, as in ``"things/list.html"``.
        status: the HTTP status.
        variables: what the template shows. ``notice`` is shown above the page.
    """
    wanted = request.headers.get("X-Fragment")
    if wanted is not None:
        blocks = list(dict.fromkeys(filter(None, wanted.split(","))))[:BLOCKS]
        return await fragment(context, template, blocks, status=status, **variables)
    shell: Stage = g.shell
    values = await shell.variables(context, variables)
    return _response(await aside(shell.environment.get_template(template).render, values), status)


async def fragment(
    context: Context, template: str, blocks: Sequence[str], /, status: int = 200, **variables: Any
) -> Response:
    """Some blocks of a page, one after the other. Each of their elements replaces the one with the same id."""
    shell: Stage = g.shell
    values = await shell.variables(context, variables)
    notice: Notice | None = variables.get("notice")
    known = shell.environment.get_template(template).blocks
    present = [name for name in blocks if name in known]
    html = await aside(render_blocks, shell.environment, template, present, values)
    if notice is not None:
        html += render_blocks(shell.environment, "web/notice.html", ["notice"], values)
    return _response(html, status)


async def aside(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Render in a thread, so that a long page holds up nobody else, and waits for colours no longer than a page may."""
    with page_budget():
        return await asyncio.to_thread(function, *args, **kwargs)


def _response(html: str, status: int) -> Response:
    return Response(html, status, content_type="text/html; charset=utf-8")


# -- what templates can use --------------------------------------------------------------------------------------------


def static(name: str) -> str:
    """The address of a static file, as in ``static("web/app.css")``."""
    shell: Stage = g.shell
    return shell.assets.url(name)


def icon(name: str, label: str = "") -> Markup:
    """A symbol; ``label`` says what it means where no text beside it does."""
    return _icon(static("web/icons.svg"), name, label)


@lru_cache(maxsize=500)
def _icon(symbols: str, name: str, label: str) -> Markup:
    meaning = f'role="img" aria-label="{escape(label)}"' if label else 'aria-hidden="true"'
    return Markup(f'<svg class="icon" {meaning}><use href="{symbols}#{escape(name)}"></use></svg>')  # noqa: S704


def csrf_field() -> Markup:
    """The hidden field that every form needs."""
    return Markup(f'<input type="hidden" name="csrf" value="{visit().csrf}">')  # noqa: S704 - hexadecimal


def avatar(name: str, kind: str = "agent", size: str = "") -> Markup:
    """The initials of a member on its colour; people are round, agents and services are square."""
    classes = f"avatar avatar-{escape(kind)} hue-{formatting.hue(name)} {escape(size)}".strip()
    return Markup(f'<span class="{classes}" aria-hidden="true">{escape(formatting.initials(name))}</span>')  # noqa: S704


def dot(status: str) -> Markup:
    """The mark of what a member is doing, in the colour of its word; one who is not here has an empty one."""
    tone = member_status.status_tone(status)
    word = escape(member_status.status_word(status))
    return Markup(f'<span class="dot{f" dot-{tone}" if tone else ""}" title="{word}"></span>')  # noqa: S704


def seen(value: Any) -> Any:
    """What a template shows of a text: all of it can be seen. HTML stays as it is, and so does what is `exact`."""
    return reveal(value, prose=True) if type(value) is str else value


def exact(value: object) -> Markup:
    """A text as it is, invisible characters included: for fields in which it is edited."""
    return escape(value)


def in_textarea(value: object) -> Markup:
    """A text as it is, after a line end: the HTML standard drops one that comes first in a textarea."""
    return Markup("\n") + escape(value)


def _with_seen_variables(function: Callable[..., Any]) -> Callable[..., Any]:
    """A translation into which texts are put as templates show them."""

    @pass_context
    def translate(context: JinjaContext, *texts: Any, **variables: Any) -> Any:
        return function(context, *texts, **{name: seen(value) for name, value in variables.items()})

    return translate


def marked(text: str, spans: Iterable[tuple[int, int]]) -> Markup:
    """A text in which parts, given by start and end, are marked, as with what a search has found."""
    parts, end = [], 0
    for start, stop in spans:
        parts += [escape(seen(text[end:start])), Markup("<mark>{}</mark>").format(seen(text[start:stop]))]
        end = stop
    return Markup("").join([*parts, escape(seen(text[end:]))])


def path_part(text: object) -> str:
    """Text as one part of a path."""
    return quote(str(text), safe=":@")


__all__ = ["TemplateNotFound", "build_environment", "fragment", "render"]
