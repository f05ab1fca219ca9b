"""Looking at questions."""

from __future__ import annotations

from teammcp import Context, Reader, operation

from .. import thread
from ..models import QuestionId, QuestionThread
from ..rows import existing


@operation("GET /api/questions/{question_id}", profile="projects", read_only=True)
async def get_question(context: Context, question_id: QuestionId) -> QuestionThread:
    """See how a question stands: its place, who has it to answer, what was asked back, its answer, and its thread."""
    return await context.read(_thread, context, question_id)


def _thread(reader: Reader, context: Context, number: int) -> QuestionThread:
    return thread.shown(reader, context, existing(reader, number))
