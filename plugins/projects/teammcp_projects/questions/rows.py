"""A question by its id."""

from __future__ import annotations

from teammcp import NotFound, Reader, Row

from . import queries


def existing(reader: Reader, number: int, field: str = "question_id") -> Row:
    """A question that the argument ``field`` names.

    Raises:
        NotFound: there is none.
    """
    row = queries.question(reader, number)
    if row is None:
        raise NotFound(f"{field}: there is no question {number}; list_questions lists them.", code="no_question")
    return row
