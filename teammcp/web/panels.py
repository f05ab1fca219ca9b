"""What plugins show on pages that are not theirs: on the start page, a member's profile, a task, a message."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from markupsafe import Markup
from quart import g

from ..errors import TeamError
from ..operations import Context
from ..plugins import PluginManager
from .i18n import gettext
from .pages import Contributed, Panel, Place
from .rendering import Stage, aside
from .visit import visit

HOOK = "register_panels"
SECONDS = 2.0
"""Seconds that the view of a panel gets. Nobody sees the page before."""


@dataclass(frozen=True)
class Drawn:
    """A panel as it is shown."""

    id: str
    title: str
    html: Markup


@dataclass(frozen=True)
class Piece:
    """A template of a plugin to be drawn for a page of others, in the words of its package.

    Attributes:
        plugin: whose it is; what its template raises is counted against it.
        package: the package whose folders hold the template and its translations.
        template: its name.
        values: what it shows.
        title: a heading, untranslated; none if it is empty.
    """

    plugin: str
    package: str
    template: str
    values: Mapping[str, Any]
    title: str = ""


@dataclass(frozen=True)
class Drawing:
    """A piece that was drawn: its heading, translated, and its HTML."""

    title: str
    html: Markup


@dataclass(frozen=True)
class Panels:
    """What plugins show at one place of a page, for ``{% include "web/panels.html" %}``.

    Attributes:
        drawn: the panels that have something to show, in their order.
        refresh_on: the kinds of events after which they are drawn anew.
        any: whether there may be any, now or after such an event.
    """

    drawn: Sequence[Drawn] = ()
    refresh_on: str = ""
    any: bool = False

    def __iter__(self) -> Iterator[Drawn]:
        return iter(self.drawn)


def collect_panels(plugins: PluginManager) -> list[Contributed]:
    """All panels, in their order. A plugin that contributes a broken one is switched off."""
    found: list[Contributed] = []
    for plugin, panels in plugins.collect(HOOK):
        try:
            _check(panels)
        except Exception:  # noqa: BLE001 - a plugin may contribute anything; fail() logs it
            plugins.fail(plugin)
            continue
        found += [Contributed(plugin, panel) for panel in panels]
    return sorted(found, key=lambda each: each.panel.order)


def _check(panels: Sequence[Any]) -> None:
    names: set[str] = set()
    for panel in panels:
        if not isinstance(panel, Panel):
            raise TypeError(f"{HOOK}: {panel!r} is no Panel")
        if panel.place not in get_args(Place):
            raise ValueError(f"{HOOK}: the place of {panel.name} is one of {', '.join(get_args(Place))}")
        if not panel.name.isidentifier() or panel.name in names:
            raise ValueError(f"{HOOK}: {panel.name!r} must be one word that no other panel of the plugin has")
        names.add(panel.name)


async def draw_panels(context: Context, place: Place, subject: Any = None) -> Panels:
    """What plugins show at a place of the page that is being made.

    Args:
        context: who looks at it.
        place: the page; not ``message``, for which there is `draw_at_messages`.
        subject: what the page is about.
    """
    panels = offered(context, place)
    if not panels:
        return Panels()
    answers = await asyncio.gather(*(_ask(context, each, subject) for each in panels))
    drawn = await _draw(
        context, [(each, each.id, values) for each, values in zip(panels, answers, strict=True) if values]
    )
    return Panels(drawn, " ".join(sorted({kind for each in panels for kind in each.panel.refresh_on})), True)


async def draw_at_messages(context: Context, messages: Mapping[int, Any]) -> dict[int, list[Drawn]]:
    """What plugins show under messages, by the message's id."""
    panels = offered(context, "message")
    if not panels or not messages:
        return {}
    answers = await asyncio.gather(*(_ask(context, each, list(messages.values())) for each in panels))
    jobs = [
        (each, f"{each.id}-{message_id}", values)
        for each, answer in zip(panels, answers, strict=True)
        for message_id, values in (answer or {}).items()
        if message_id in messages
    ]
    found: dict[int, list[Drawn]] = {}
    for drawn in await _draw(context, jobs):
        found.setdefault(int(drawn.id.rpartition("-")[2]), []).append(drawn)
    return found


def offered(context: Context, place: Place) -> list[Contributed]:
    """The panels at a place that are for somebody of this access level."""
    stage: Stage = g.shell
    return [each for each in stage.panels if each.panel.place == place and each.panel.access <= context.actor.access]


async def _ask(context: Context, each: Contributed, subject: Any) -> Mapping[Any, Any] | None:
    try:
        async with asyncio.timeout(SECONDS):
            return await each.panel.view(context, subject)
    except TeamError:  # not for this reader, or gone
        return None
    except Exception:  # noqa: BLE001 - counted against the plugin; the page goes on without it
        context.server.plugins.count_fault(each.plugin, HOOK)
        return None


async def _draw(context: Context, jobs: Sequence[tuple[Contributed, str, Mapping[str, Any]]]) -> list[Drawn]:
    pieces = [
        Piece(each.plugin, each.panel.package, each.panel.template, values, each.panel.title)
        for each, _, values in jobs
    ]
    drawings = await draw_pieces(context, HOOK, pieces)
    return [
        Drawn(element, drawing.title, drawing.html)
        for (_, element, _), drawing in zip(jobs, drawings, strict=True)
        if drawing is not None
    ]


async def draw_pieces(context: Context, hook: str, pieces: Sequence[Piece]) -> list[Drawing | None]:
    """Pieces of plugins as they are shown, in their order; None for one that fails, or has nothing to show.

    Args:
        context: who looks at the page that is being made.
        hook: the one that brought them, for which faults are counted.
        pieces: what is to be drawn.
    """
    if not pieces:
        return []
    stage: Stage = g.shell
    common = await stage.variables(context, {})
    rendered = await aside(_render, stage, visit().language, pieces, common)
    drawings: list[Drawing | None] = []
    for piece, (title, html, error) in zip(pieces, rendered, strict=True):
        if error is not None:
            context.server.plugins.count_fault(piece.plugin, hook, error)
        seen = error is None and html.strip()
        drawings.append(Drawing(title, Markup(html)) if seen else None)  # noqa: S704 - of a template, which escapes
    return drawings


def _render(
    stage: Stage, language: str, pieces: Sequence[Piece], common: dict[str, Any]
) -> list[tuple[str, str, Exception | None]]:
    """Title and text of each, in the words of its plugin, or what its template raised."""
    found: list[tuple[str, str, Exception | None]] = []
    for piece in pieces:
        stage.catalogues.use(language, piece.package)
        title = gettext(piece.title) if piece.title else ""
        try:
            html = stage.environment.get_template(piece.template).render({**common, **piece.values})
        except Exception as error:  # noqa: BLE001 - told by its caller
            found.append((title, "", error))
        else:
            found.append((title, html, None))
    return found
