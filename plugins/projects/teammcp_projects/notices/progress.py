"""How far a notice is: it is done once all whom it concerns are, and open again if one is not after all."""

from __future__ import annotations

from teammcp import Context, Row, Transaction

from ..events import NoticeAnswered, NoticeEnded, NoticeReopened
from . import looking, queries, telling_queries
from .models import Answer


def whose_turn(answer: Answer, next_step: str) -> str:
    """Whose turn it is after an answer; who has seen a notice that asks for nothing need not act."""
    if answer == "objects":
        return "announcer"
    return "consumer" if answer == "acknowledged" and next_step else ""


def say(context: Context, tx: Transaction, notice: Row, consumer: str, answer: Answer, words: str) -> None:
    """Write down how a project stands with a notice, and what follows."""
    number, whose = notice["id"], whose_turn(answer, notice["next_step"])
    queries.say(tx, number, consumer, answer, words, whose, context.actor.name, context.now())
    if whose != "consumer":
        telling_queries.settle_line(tx, number, consumer)
    event = NoticeAnswered(notice=number, project=notice["project"], consumer=consumer, state=answer)
    context.emit(tx, event, number)
    settle(context, tx, number)


def settle(context: Context, tx: Transaction, number: int) -> None:
    """See whether a notice is done, or open again, now that one of its lines is another."""
    notice = queries.notice(tx, number)
    if notice is None:
        return
    left, project = queries.count_unsettled(tx, number), notice["project"]
    if not left and notice["state"] == "open":
        queries.end(tx, number, "done", None, "", untold=True, at=context.now())
        context.emit(tx, NoticeEnded(notice=number, project=project, state="done"), number)
    elif left and notice["state"] == "done":
        queries.reopen(tx, number)
        context.emit(tx, NoticeReopened(notice=number, project=project), number)
    tx.on_commit(lambda: looking.look(context.team))


def end(context: Context, tx: Transaction, notice: Row, state: str, why: str) -> None:
    """End a notice by somebody's word: nobody has to act on it any more."""
    number = notice["id"]
    queries.end(tx, number, state, context.actor.name, why, untold=False, at=context.now())
    queries.settle_all(tx, number)
    telling_queries.settle_all(tx, number)
    context.emit(tx, NoticeEnded(notice=number, project=notice["project"], state=state), number)
