"""What can be done with questions."""

from __future__ import annotations

from typing import Any

from .answering import answer_question, cancel_question, note_answer
from .asking import teams_ask
from .beginning import begin_question, hold_back_question
from .reading import get_question, list_questions, wait_for_answers
from .returning import give_back_question, prolong_question

OPERATIONS: list[Any] = [
    teams_ask,
    wait_for_answers,
    answer_question,
    cancel_question,
    get_question,
    list_questions,
    begin_question,
    hold_back_question,
    note_answer,
    give_back_question,
    prolong_question,
]
