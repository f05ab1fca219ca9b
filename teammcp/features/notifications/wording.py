"""What one notification says that tells of one thing, or of many."""

from __future__ import annotations

from collections.abc import Sequence

from ...server import Host
from ...text.excerpts import excerpt
from ...web.i18n import gettext as _
from ...web.i18n import ngettext
from . import kinds
from .notifiers import Told

LINES = 8
"""Things that are told one by one; of more, each kind has one line."""
LONGEST = 1000
"""Characters of one message that stand in a notification by itself; of several they get a line each."""
LINE = 160


def title(told: Sequence[Told]) -> str:
    """What it is about, in a few words; in the language that is in use."""
    if len(told) > 1:
        return ngettext("%(num)s notification", "%(num)s notifications", len(told))
    [one] = told
    if not one.sender:
        return "TeamMCP"
    if one.channel.startswith("dm:"):
        return one.sender
    return _("%(name)s in %(channel)s", name=one.sender, channel=one.channel)


def content(server: Host, told: Sequence[Told]) -> str:
    """All that it tells: a message by its beginning, a few things by a line each, many by how much of each kind."""
    if len(told) == 1:
        return excerpt(told[0].content, LONGEST)
    if len(told) <= LINES:
        return "\n".join(map(_line, told))
    return "\n".join(_many(server, kind, found) for kind, found in _by_kind(told).items())


def _line(one: Told) -> str:
    words = excerpt(" ".join(one.content.split()), LINE)
    return f"{one.sender}: {words}" if one.sender else words


def _by_kind(told: Sequence[Told]) -> dict[str, list[Told]]:
    found: dict[str, list[Told]] = {}
    for one in told:
        found.setdefault(one.kind, []).append(one)
    return found


def _many(server: Host, kind: str, told: Sequence[Told]) -> str:
    known = kinds.of(server).get(kind)
    if len(told) == 1 or known is None:
        return "\n".join(map(_line, told[:LINES]))
    return ngettext(*known.many, len(told))
