"""What every page of this plugin needs: its addresses, its words, and the way in which it is drawn."""

from __future__ import annotations

from functools import partial
from typing import Any
from urllib.parse import quote, urlencode

from quart import Response

from teammcp import Context
from teammcp.web import Outcome, kind_of, mark, render
from teammcp.web import gettext as _

from ..questions.models import OPEN

PATH = "/projects"
OF = f"{PATH}/of/<name>"
EVENTS = "project.added project.updated project.removed project.agents_changed"
QUESTION_EVENTS = (
    "message.part_checked question.queued question.asked question.countered question.overdue question.ended"
    " question.answer_changed"
)
CONVERSATION_EVENTS = (
    "project.conversation_started project.conversation_reset project.conversation_ended question.asked question.ended"
    " agent.retired"
)
PRESENCE_EVENTS = "agent.online agent.offline agent.status"
KINDS = {
    "api": mark("API"),
    "package": mark("package"),
    "event": mark("event"),
    "schema": mark("schema"),
    "other": mark("other"),
}
CHANGE_RULES = {
    "ask": mark("asks a person"),
    "deny": mark("may not"),
    "allow": mark("may without asking"),
}
STATES = {
    "queued": mark("waits for its turn"),
    "asked": mark("being answered"),
    "countered": mark("something is asked back"),
    "answered": mark("answered"),
    "cannot_say": mark("cannot be answered"),
    "cancelled": mark("taken back"),
}


def project_path(name: str) -> str:
    """The address of a project."""
    return f"{PATH}/of/{quote(name, safe='')}"


def question_path(number: int) -> str:
    """The address of a question."""
    return f"{PATH}/questions/{number}"


def questions_path(**filters: Any) -> str:
    """The address of the list of questions, of those that fit the filters that are given."""
    given = {name: value for name, value in filters.items() if value}
    return f"{PATH}/questions" + (f"?{urlencode(given)}" if given else "")


async def show(context: Context, template: str, outcome: Outcome | None = None, /, **variables: Any) -> Response:
    """A page of this plugin.

    Args:
        context: who looks at it.
        template: its name in the folder ``projects``.
        outcome: what came of a form, if one was sent.
        variables: what it shows.
    """
    outcome = outcome or Outcome()
    return await render(
        context,
        f"projects/{template}",
        outcome.status,
        notice=outcome.notice,
        project_path=project_path,
        project_events=EVENTS,
        kind_of=partial(kind_of, context),
        question_path=question_path,
        questions_path=questions_path,
        question_events=QUESTION_EVENTS,
        presence_events=PRESENCE_EVENTS,
        question_states={state: _(word) for state, word in STATES.items()},
        open_states=OPEN,
        change_rules={rule: _(word) for rule, word in CHANGE_RULES.items()},
        kinds={kind: _(word) for kind, word in KINDS.items()},
        **{"place": "", **variables},
    )
