"""What the templates of the guard use: words, and the bars of a chart."""

from __future__ import annotations

from collections.abc import Sequence

from ....web import gettext
from ..budgets.models import AgentUsage
from ..loops.models import Loop

BAR = 24
"""Height of the tallest bar of a chart, in the units of its drawing."""


def story(loop: Loop) -> str:
    """What happened, in the reader's language."""
    said = {"count": loop.count, "seconds": loop.seconds}
    if loop.kind == "exchange":
        return gettext("%(count)s messages to each other within %(seconds)s s, no person's word between", **said)
    if loop.kind == "monologue":
        return gettext("%(count)s messages within %(seconds)s s while nobody else spoke", **said)
    return gettext("the same text %(count)s times within %(seconds)s s", **said)


def bars(usage: AgentUsage) -> Sequence[tuple[int, str, int]]:
    """Heights of the days' bars, of ``BAR`` for the most messages, with each day's date and number of messages."""
    most = max(1, *(day.messages for day in usage.days))
    return [(max(1, BAR * day.messages // most), day.day, day.messages) for day in usage.days]
