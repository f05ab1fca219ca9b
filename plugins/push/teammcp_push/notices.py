"""What a device is told."""

from __future__ import annotations

from typing import Any

from teammcp import Notification, excerpt
from teammcp.web import gettext

LONGEST_TITLE, LONGEST_CONTENT = 100, 400
APPROVAL = "approval"
"""The kind by which the plugin approvals asks somebody to decide."""


def tag_of(notification: Notification) -> str:
    """What a notice is about: a newer one about the same takes its place on the device."""
    paths = {each.path for each in notification.things}
    return paths.pop() if len(paths) == 1 else f"notification {notification.id}"


def notice_of(notification: Notification) -> dict[str, Any]:
    """What a service worker gets, in the language that is in use. It is short enough for every push service."""
    return {
        "id": notification.id,
        "title": excerpt(f"{notification.team}: {notification.title}", LONGEST_TITLE),
        "body": excerpt(notification.content, LONGEST_CONTENT),
        "path": notification.path,
        "tag": tag_of(notification),
        "language": notification.language,
        **_decision(notification),
    }


def _decision(notification: Notification) -> dict[str, Any]:
    """Of a notice that asks for one approval: which, and the words of its buttons."""
    if len(notification.things) != 1 or notification.things[0].kind != APPROVAL:
        return {}
    buttons = {"approve": gettext("Approve"), "reject": gettext("Reject")}
    return {"approval": int(notification.things[0].path.rpartition("/")[2]), "buttons": buttons}
