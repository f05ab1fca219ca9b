"""What the pages of the launcher share."""

from __future__ import annotations

from functools import partial
from typing import Any

from quart import Response

from teammcp import Context
from teammcp.web import Outcome, kind_of, render, values

from ..homes import catalogue
from . import words
from .runtime_words import said_by_runtime

RUN_EVENTS = "run.begun run.started run.changed run.ended machine.connected machine.lost machine.revoked"
"""What changes how runs stand."""
HOME_EVENTS = f"{RUN_EVENTS} home.changed agents.paused agents.resumed"
"""What changes where agents live, and whether they run."""
ASSEMBLY_EVENTS = "assembly.proposed assembly.accepted assembly.declined assembly.retired"
"""What changes how teams for a need stand."""


def has_screen(context: Context, runtime: str) -> bool:
    """Whether programs of a runtime have a screen that can be looked at."""
    found = catalogue.runtimes(context.server).get(runtime)
    return found is not None and found.capabilities.terminal


def title_of(context: Context, runtime: str) -> str:
    """What a runtime is called; its name if it is not installed any more."""
    found = catalogue.runtimes(context.server).get(runtime)
    return runtime if found is None else said_by_runtime(found.title)


async def show(
    context: Context, template: str, place: str, outcome: Outcome | None = None, /, **variables: Any
) -> Response:
    """A page of the launcher.

    Args:
        context: who looks at it.
        template: its name in the folder ``launcher``.
        place: its entry in the launcher's own navigation.
        outcome: what came of a form, if one was sent.
        variables: what it shows.
    """
    outcome = outcome or Outcome()
    return await render(
        context,
        f"launcher/{template}",
        outcome.status,
        notice=outcome.notice,
        place=place,
        kind_of=partial(kind_of, context),
        run_events=RUN_EVENTS,
        home_events=HOME_EVENTS,
        assembly_events=ASSEMBLY_EVENTS,
        rendered=values.rendered,
        compare_texts=values.compare_texts,
        has_screen=partial(has_screen, context),
        title_of=partial(title_of, context),
        approvals=any(each.name == "resolve_approval" for each in context.server.registry),
        **words.tools(),
        **variables,
    )
