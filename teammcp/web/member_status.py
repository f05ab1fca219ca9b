"""What a member is doing, as people read it: a word, a reason and a mark, so that colour alone says nothing."""

from __future__ import annotations

from ..members.presence import NOT_REACHED, Reason
from ..text.marking import mark
from .i18n import gettext as _

WORDS = {
    "online": mark("online"),
    "idle": mark("idle"),
    "busy": mark("busy"),
    "blocked": mark("blocked"),
    "waiting": mark("waiting for a person"),
    "away": mark("away"),
    "dead": mark("dead"),
    "retired": mark("retired"),
}
TONES = {"online": "good", "idle": "good", "busy": "good", "blocked": "bad", "waiting": "warn", "dead": "bad"}


def status_word(status: str) -> str:
    """A status in the reader's language: ``waiting for a person``."""
    return _(WORDS[status])


def status_tone(status: str) -> str:
    """The end of the class that colours it, such as ``good``; empty for none."""
    return TONES.get(status, "")


def reason_words(reason: Reason) -> str:
    """A reason in the reader's language, as far as it is the server's own."""
    if not reason.words:
        return ""
    about = _(reason.about) if reason.words == NOT_REACHED and reason.about else reason.about
    return _(reason.words, about=about) if about else _(reason.words)
