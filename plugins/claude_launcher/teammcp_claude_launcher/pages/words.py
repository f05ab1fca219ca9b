"""What runs and homes are, in the reader's words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from markupsafe import Markup

from teammcp.web import Terminal, mark
from teammcp.web import gettext as _

from ..entries import EndReason, Tool
from ..roles.gallery import texts
from ..runs.ends import ENDS
from ..runs.models import Run
from ..sentences import NOT_INSTALLED, SENTENCES, TURN_FAILED
from .runtime_words import said_by_runtime

STATES = {
    "starting": mark("starting"),
    "idle": mark("idle"),
    "working": mark("working"),
    "waiting": mark("waits for an answer"),
    "unreachable": mark("not reachable"),
    "asleep": mark("asleep"),
    "stopped": mark("stopped"),
    "held": mark("on hold"),
    "failed": mark("its last run failed"),
    "ended": mark("ended"),
}
TONES = {"idle": "good", "working": "good", "waiting": "warn", "unreachable": "bad", "held": "bad", "failed": "bad"}
CAUSES = {"message": mark("a message"), "restart": mark("a restart")}
TEAM_TOOLS = "mcp__teammcp__"
"""What programs put before the names of the team's own tools."""
SHORT = 160
TELLING = ("command", "file_path", "path", "pattern", "query", "url", "description", "content", "text")
"""Arguments of tools that say best what one is about."""


def state_word(state: str) -> str:
    """A state in the reader's language."""
    return _(STATES[state])


def state_tone(state: str) -> str:
    """The end of the class that colours it; empty for none."""
    return TONES.get(state, "")


def run_reason(run: Run) -> str:
    """Why a run that has not ended is in its state; of one that cannot be reached, what was known of it last."""
    was = run.state_reason.removeprefix("was ").partition(":")[0]
    if run.state == "unreachable" and was in STATES:
        return _("What was known last: %(state)s", state=state_word(was))
    return said(run.state_reason)


def said(text: str) -> str:
    """What the server or a runner has said, in the reader's language if it is one of the launcher's sentences."""
    for sentence in SENTENCES:
        if (values := sentence.values_in(text)) is not None:
            return _(sentence.words, **{name: said(value) for name, value in values.items()})
    return text


def remedy(missing: str) -> str:
    """What to do about what a machine lacks, for where it is said already that it lacks something."""
    values = NOT_INSTALLED.values_in(missing)
    return said(missing if values is None else values["remedy"])


def last_words(run: Run) -> str:
    """What an agent has said last, as it was said, or that its turn has failed."""
    values = TURN_FAILED.values_in(run.last_words)
    return run.last_words if values is None else _(TURN_FAILED.words, **values)


def said_by_gallery(text: str) -> str:
    """The title or the summary of a role; of one that the launcher brings, in the reader's language."""
    return _(text) if text in texts() else text


def tool_name(name: str) -> str:
    """A tool's name without what a program puts before it."""
    return name.removeprefix(TEAM_TOOLS)


def tool_about(tool: Tool) -> str:
    """What the use of a tool is about, in a line."""
    said = tool.title.strip() or next(
        (value.strip() for name in TELLING if isinstance(value := tool.input.get(name), str) and value.strip()), ""
    )
    if said == tool.name:
        return ""
    line = said.split("\n", 1)[0]
    return line if len(line) <= SHORT else line[: SHORT - 1] + "…"


def terminal(text: str) -> Markup:
    """What a program has written, with its colours."""
    return Terminal().show(text.strip("\n"))


@dataclass(frozen=True)
class EndWords:
    """How a run has ended: in a word or two, what that means, what to do, how bad it is; if a message wakes it."""

    title: str
    meaning: str
    remedy: str
    tone: str
    wakes: bool


def end_words(reason: str) -> EndWords:
    """A reason for which runs end, in the reader's language."""
    end = ENDS[cast(EndReason, reason)]
    tone = "bad" if end.surprise else ""
    return EndWords(_(end.title), _(end.meaning), _(end.remedy), tone, end.wakes)


def cause_words(cause: str) -> str:
    """What a run was begun for: the name of a member, or what the launcher itself says."""
    return _(CAUSES[cause]) if cause in CAUSES else cause


def tools() -> dict[str, Any]:
    """What the templates of runs use of this."""
    return {
        "state_word": state_word,
        "state_tone": state_tone,
        "run_reason": run_reason,
        "said": said,
        "said_by_runtime": said_by_runtime,
        "said_by_gallery": said_by_gallery,
        "last_words": last_words,
        "remedy": remedy,
        "tool_name": tool_name,
        "tool_about": tool_about,
        "terminal": terminal,
        "end_words": end_words,
        "cause_words": cause_words,
    }
