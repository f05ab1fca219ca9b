"""What can be done with questions."""

from __future__ import annotations

from typing import Any

from .answering import answer_question, cancel_question, note_answer, note_answer_change
from .asking import teams_ask
from .beginning import begin_question, hold_back_question, note_trouble
from .countering import ask_back, note_said
from .lateness import note_overdue
from .listing import list_questions
from .messages import take_out_question
from .reading import get_question
from .returning import give_back_question, prolong_question
from .waiting import wait_for_answers
from .wording import note_words

OPERATIONS: list[Any] = [
    teams_ask,
    wait_for_answers,
    answer_question,
    ask_back,
    cancel_question,
    get_question,
    list_questions,
    begin_question,
    hold_back_question,
    note_trouble,
    note_answer,
    note_answer_change,
    note_said,
    note_overdue,
    give_back_question,
    prolong_question,
    take_out_question,
    note_words,
]
