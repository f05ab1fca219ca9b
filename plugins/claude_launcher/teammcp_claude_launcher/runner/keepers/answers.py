"""What becomes of what a program says in a turn: shown as the agent's output, and sent where it is an answer."""

from __future__ import annotations

from collections.abc import Iterator

from teammcp import TurnEnd

from ...protocol import Answers
from ...turn_words import SERVER
from .errands import TURN, Answered, Errand
from .turns import ClosedTurns

LONGEST_MESSAGE = 10_000
"""Characters of a message."""
LONGEST_OUTPUT = 16 * 1024
"""Characters of one piece of output, of which at most so many are kept of one turn."""
PIECES = 4
REST = "\n… (the rest is in my output)"


def errands(closed: ClosedTurns, end: TurnEnd, answers: Answers) -> Iterator[Errand]:
    """What is to be said as the agent when turns are over."""
    if not closed.turns:
        return
    turn = closed.turns[-1].id
    if closed.said:
        pieces = range(0, min(len(closed.said), PIECES * LONGEST_OUTPUT), LONGEST_OUTPUT)
        for number, start in enumerate(pieces):
            piece = closed.said[start : start + LONGEST_OUTPUT]
            if piece.strip():
                yield Errand(operation="append_output", arguments={"text": piece}, once=f"{turn}:output:{number}")
    if end.outcome == "failed":
        text = f"A turn has failed: {end.detail or 'no reason was given'}"[:LONGEST_OUTPUT]
        yield Errand(operation="append_error", arguments={"text": text}, once=f"{turn}:failed")
    if answers == "reply" and end.outcome == "done":
        yield from _reply(closed, turn)


def _reply(closed: ClosedTurns, turn: str) -> Iterator[Errand]:
    asked = [kept.message for kept in closed.messages if kept.message.from_agent != SERVER]  # nobody answers that
    if not asked or not closed.answer:
        return
    last = asked[-1]
    text = closed.answer
    if len(text) > LONGEST_MESSAGE:
        text = text[: LONGEST_MESSAGE - len(REST)] + REST
    arguments = {"channel": last.channel_id, "content": text, "replyTo": last.id, "metadata": {TURN: turn}}
    place = Answered(channel=last.channel_id, thread=last.thread, message_ids=[message.id for message in asked])
    yield Errand(operation="send_message", arguments=arguments, once=turn, unless=place)
