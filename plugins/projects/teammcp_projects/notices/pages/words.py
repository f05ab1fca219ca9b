"""What is said of notices on pages, and where they are."""

from __future__ import annotations

from teammcp.web import gettext as _
from teammcp.web import mark

PATH = "/projects/notices"
EVENTS = tuple(
    f"notice.{each}"
    for each in ("announced", "joined", "left", "told", "replied", "answered", "overdue", "ended", "reopened")
)
CHECKED = "message.part_checked"
"""After this a part may stand otherwise."""
SUBSCRIPTION_EVENTS = ("project.subscribed", "project.unsubscribed")
CHANGES = {
    "breaking": mark("breaking change"),
    "deprecated": mark("deprecated"),
    "added": mark("new"),
    "fixed": mark("fixed"),
    "request": mark("request to act"),
}
STATES = {
    "open": mark("open"),
    "done": mark("all have acted"),
    "closed": mark("closed"),
    "withdrawn": mark("withdrawn"),
}
LINE_STATES = {
    "open": mark("has said nothing yet"),
    "acknowledged": mark("will act"),
    "done": mark("done"),
    "not_affected": mark("not affected"),
    "objects": mark("objects"),
}


def notice_path(number: int) -> str:
    """The address of a notice."""
    return f"{PATH}/{number}"


def words() -> dict[str, object]:
    """What templates of notices need beside what they show."""
    return {
        "notice_path": notice_path,
        "notice_events": " ".join(EVENTS),
        "one_notice_events": " ".join((*EVENTS, CHECKED)),
        "subscription_events": " ".join(SUBSCRIPTION_EVENTS),
        "changes_of": {change: _(word) for change, word in CHANGES.items()},
        "notice_states": {state: _(word) for state, word in STATES.items()},
        "line_states": {state: _(word) for state, word in LINE_STATES.items()},
    }
