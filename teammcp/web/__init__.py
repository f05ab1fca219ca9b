"""The dashboard: server-rendered pages that work without JavaScript and update live with it.

What the pages of features and plugins use is exported here.
"""

from __future__ import annotations

from ..markdown import plain
from ..text.marking import mark, mark_many
from . import charts, graphs, values
from .channels import channel_path, sidebar
from .forms import Notice, Outcome, attempt, form_call, go_back, see, wants_fragment
from .i18n import gettext, ngettext, speaking
from .member_status import reason_words
from .members import kind_of
from .pages import MessageAction, MessageLink, Page, Panel, Theme
from .panels import draw_panels
from .rendering import fragment, render
from .sending import send_attachment
from .terminal import Terminal
from .visit import session_of
from .visit import visit as current_visit

__all__ = [
    "MessageAction",
    "MessageLink",
    "Notice",
    "Outcome",
    "Page",
    "Panel",
    "Terminal",
    "Theme",
    "attempt",
    "channel_path",
    "charts",
    "current_visit",
    "draw_panels",
    "form_call",
    "fragment",
    "gettext",
    "go_back",
    "graphs",
    "kind_of",
    "mark",
    "mark_many",
    "ngettext",
    "plain",
    "reason_words",
    "render",
    "see",
    "send_attachment",
    "session_of",
    "sidebar",
    "speaking",
    "values",
    "wants_fragment",
]
