"""``teammcp project ask``, ``answer``, ``notify`` and ``status``: questions from a shell or a script."""

from __future__ import annotations

import sys
from typing import Any

import click

from teammcp import call_server, url_option

SLICE = 50
"""Seconds that the server is waited for at a time."""
MARGIN = 30
"""Seconds beyond the wait itself after which the server counts as gone."""
NOT_ANSWERED = 2
"""The exit code where there is no answer: nobody can say, something is asked back, or it was taken back."""


@click.command()
@click.argument("name")
@click.argument("question")
@click.option("--wait", is_flag=True, help="Wait for the answer, however long that takes, and print it.")
@click.option("--priority", type=click.Choice(["low", "normal", "high"]), default="normal", show_default=True)
@url_option
def ask(name: str, question: str, wait: bool, priority: str, url: str | None) -> None:
    """Ask the project NAME something. QUESTION '-' means standard input.

    The answer comes into your inbox. With --wait it is printed. The exit code is 2 if there is none then: nobody can
    say, something is asked back, or the question was taken back.
    """
    from .questions.models import Asked

    arguments = {"projects": [name], "question": _text(question), "priority": priority}
    asked = Asked.model_validate(call_server(url, "teams_ask", arguments))
    [found] = asked.questions
    if not wait:
        click.echo(f"Question {found.id} to {found.project}: {found.standing()}.")
        return
    click.echo(f"Question {found.id} to {found.project}.", err=True)
    answered = _waited(url, found.id)
    click.echo(answered.text())
    if answered.state != "answered":
        sys.exit(NOT_ANSWERED)


@click.command()
@click.argument("question_id", type=int)
@click.argument("answer")
@click.option("--cannot-say", is_flag=True, help="Nobody there knows; ANSWER says why.")
@url_option
def answer(question_id: int, answer: str, cannot_say: bool, url: str | None) -> None:
    """Answer the question QUESTION_ID, or what was asked back about one of yours. ANSWER '-' means standard input."""
    from .questions.models import Question

    arguments = {"question_id": question_id, "answer": _text(answer), "cannot_say": cannot_say}
    found = Question.model_validate(call_server(url, "answer_question", arguments))
    click.echo(f"Question {found.id} to {found.project}: {found.standing()}.")


@click.command()
@click.argument("name")
@click.argument("text")
@url_option
def notify(name: str, text: str, url: str | None) -> None:
    """Let all who work in the project NAME know something, without waking them. TEXT '-' means standard input."""
    from .telling.models import Told

    told = call_server(url, "teams_notify", {"projects": [name], "content": _text(text)})
    click.echo(Told.model_validate(told).text())


@click.command()
@click.argument("names", nargs=-1)
@url_option
def status(names: tuple[str, ...], url: str | None) -> None:
    """Print how projects stand, all of them if none is named: who answers, what is being answered, what waits."""
    from .status.models import StatusList

    after: str | None = ""
    while after is not None:
        found = StatusList.model_validate(
            call_server(url, "teams_get_status", {"projects": [*names], "after": after, "limit": 200})
        )
        after, found.next = found.next, None
        click.echo(found.text())


COMMANDS: list[click.Command] = [ask, answer, notify, status]


def _text(given: str) -> str:
    """A text that is given, or stands on standard input."""
    return sys.stdin.read().rstrip("\r\n") if given == "-" else given


def _waited(url: str | None, number: int) -> Any:
    """A question as soon as its asker can do something but wait."""
    from .questions.going_on import is_to_wait
    from .questions.models import Answers

    while True:
        arguments = {"question_ids": [number], "timeout": SLICE}
        found = call_server(url, "wait_for_answers", arguments, patience=SLICE + MARGIN)
        questions = Answers.model_validate(found).questions
        if not is_to_wait(questions):
            return questions[0]
