"""Questions that were asked together, as what goes on after the call that has asked them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from teammcp import Conflict, Context, NotFound, Ongoing, Reader, Standing

from . import queries, showing
from .models import MOST_ASKED, WAITING, Asked, Question


def _handle(asked: Asked) -> str:
    return ",".join(str(each.id) for each in asked.questions)


def _numbers(handle: str) -> list[int]:
    """The questions of a handle.

    Raises:
        NotFound: it is none.
    """
    parts = handle.split(",")
    if len(parts) > MOST_ASKED or not all(part.isascii() and part.isdigit() and len(part) < 19 for part in parts):
        raise NotFound("taskId: there is no such task.", code="no_task")
    return [int(part) for part in parts]


async def _look(context: Context, handle: str) -> Standing:
    return await context.read(_standing, context, _numbers(handle))


def _standing(reader: Reader, context: Context, numbers: list[int]) -> Standing:
    rows = queries.questions(reader, numbers)
    if len(rows) < len(set(numbers)):
        raise NotFound("taskId: there is no such task.", code="no_task")
    found = showing.shown(reader, context, rows)
    states = {each.state for each in found}
    return Standing(
        result=Asked(questions=found),
        state="working" if is_to_wait(found) else "cancelled" if states == {"cancelled"} else "completed",
        words=standing(found),
        began_at=min(row["asked_at"] for row in rows),
        changed_at=max(row["ended_at"] or row["begun_at"] or row["asked_at"] for row in rows),
    )


async def _cancel(context: Context, handle: str) -> None:
    for number in _numbers(handle):
        with suppress(Conflict):
            await context.call("cancel_question", question_id=number)


def is_to_wait(questions: Sequence[Question]) -> bool:
    """Whether an asker can do nothing but wait: some are not over, and nothing is asked back about one of them."""
    states = {each.state for each in questions}
    return not states.isdisjoint(WAITING) and "countered" not in states


def standing(questions: Sequence[Question]) -> str:
    """How questions stand, in words for whoever waits for them."""
    return "; ".join(f"question {each.id} to {each.project}: {each.standing()}" for each in questions)


ONGOING = Ongoing(handle=_handle, look=_look, cancel=_cancel)
