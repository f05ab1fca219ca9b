"""The dashboard: server-rendered pages that work without JavaScript and update live with it.

What the pages of features and plugins use is exported here.
"""

from __future__ import annotations

from . import plugin, values
from .bodies import FormConnection, FormRequest
from .forms import Notice, Outcome, attempt, form_call, go_back, see, wants_fragment
from .i18n import gettext, mark, ngettext
from .markdown import plain
from .pages import MessageAction, MessageLink, Page, Theme
from .rendering import fragment, render
from .routing import PageRule
from .shell import mount
from .standing import reason_words
from .visit import visit as current_visit

__all__ = [
    "FormConnection",
    "FormRequest",
    "MessageAction",
    "MessageLink",
    "Notice",
    "Outcome",
    "Page",
    "PageRule",
    "Theme",
    "attempt",
    "current_visit",
    "form_call",
    "fragment",
    "gettext",
    "go_back",
    "mark",
    "mount",
    "ngettext",
    "plain",
    "plugin",
    "reason_words",
    "render",
    "see",
    "values",
    "wants_fragment",
]
