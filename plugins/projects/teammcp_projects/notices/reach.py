"""Whom a notice concerns."""

from __future__ import annotations

import json

from teammcp import Reader, Row, plain_text

from . import subscription_queries as subscriptions

ALL = 100_000
"""More subscriptions than a project can have."""


def consumers(reader: Reader, provider: Row, folded: str) -> list[str]:
    """The projects that build on a publication of another, by name; all that build on it if the notice names none.

    Who uses something that it does not publish, and on which nobody builds by that name, is not known. The name may
    be misspelt: all are told rather than nobody.
    """
    rows = subscriptions.to_project(reader, provider["name"], 0, ALL)
    known = {row["folded"] for row in rows} | {plain_text(each["name"]) for each in json.loads(provider["publishes"])}
    narrow = folded in known - {""}
    return sorted({row["project"] for row in rows if not narrow or row["folded"] in ("", folded)})
