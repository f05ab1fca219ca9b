"""``teammcp project ask``, ``question``, ``answer``, ``notify`` and ``status``: questions from a shell or a script."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from teammcp import call_server, quote, url_option

from .commands import json_option, print_json

if TYPE_CHECKING:
    from .questions.models import Question

SLICE = 10
"""Seconds that the server is waited for at a time; how a question stands is told after each, if it is otherwise."""
MARGIN = 30
"""Seconds beyond the wait itself after which the server counts as gone."""
NOT_ANSWERED = 2
"""The exit code where there is no answer: nobody can say, something is asked back, or it was taken back."""


@click.command()
@click.argument("name")
@click.argument("question")
@click.option("--wait", is_flag=True, help="Wait for the answer, however long that takes, and print it.")
@click.option("--priority", type=click.Choice(["low", "normal", "high"]), default="normal", show_default=True)
@json_option
@url_option
def ask(name: str, question: str, wait: bool, priority: str, as_json: bool, url: str | None) -> None:
    """Ask the project NAME something: teammcp project ask backend "Which version of the API do you keep?" --wait

    QUESTION '-' means standard input. The answer comes into your inbox. With --wait it is printed, and on standard
    error how the question stands meanwhile. The exit code is 2 if there is no answer then: nobody can say, something
    is asked back, or the question was taken back; standard error says which.
    """
    from .questions.models import Asked

    arguments = {"projects": [name], "question": _text(question), "priority": priority}
    asked = Asked.model_validate(call_server(url, "teams_ask", arguments))
    [found] = asked.questions
    if wait:
        found = _waited(url, found)
    if as_json:
        print_json(found.model_dump(mode="json"))
    elif not wait:
        click.echo(_standing(found))
    elif found.answer and found.state == "answered":
        _print_answer(found)
    else:
        click.echo(_why_not(found), err=True)
    if wait and not (found.answer and found.state == "answered"):
        sys.exit(NOT_ANSWERED)


@click.command()
@click.argument("question_id", type=int)
@json_option
@url_option
def question(question_id: int, as_json: bool, url: str | None) -> None:
    """Print the question QUESTION_ID: how it stands, what was said, and the others of its thread."""
    from .questions.models import QuestionThread

    found = call_server(url, "get_question", {"question_id": question_id})
    if as_json:
        print_json(found)
    else:
        click.echo(QuestionThread.model_validate(found).text())


@click.command()
@click.argument("question_id", type=int)
@click.argument("answer")
@click.option("--cannot-say", is_flag=True, help="Nobody there knows; ANSWER says why.")
@url_option
def answer(question_id: int, answer: str, cannot_say: bool, url: str | None) -> None:
    """Answer a question, or what was asked back about one of yours: teammcp project answer 7 "Only version 2."

    ANSWER '-' means standard input.
    """
    from .questions.models import Question

    arguments = {"question_id": question_id, "answer": _text(answer), "cannot_say": cannot_say}
    found = Question.model_validate(call_server(url, "answer_question", arguments))
    click.echo(_standing(found))


@click.command()
@click.argument("name")
@click.argument("text")
@url_option
def notify(name: str, text: str, url: str | None) -> None:
    """Let all who work in the project NAME know something: teammcp project notify backend "We leave Python 3.10."

    It wakes nobody. TEXT '-' means standard input.
    """
    from .telling.models import Told

    told = call_server(url, "teams_notify", {"projects": [name], "content": _text(text)})
    click.echo(Told.model_validate(told).text())


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@json_option
@url_option
def status(names: tuple[str, ...], as_json: bool, url: str | None) -> None:
    """Print how projects stand, all of them if none is named: teammcp project status backend

    It says who answers, what is being answered, and what waits.
    """
    from .status.models import StatusList

    after: str | None = ""
    all_found: list[Any] = []
    while after is not None:
        page = call_server(url, "teams_get_status", {"projects": [*names], "after": after, "limit": 200})
        found = StatusList.model_validate(page)
        after, found.next = found.next, None
        all_found += page["projects"]
        if not as_json:
            click.echo(found.text())
    if as_json:
        print_json(all_found)


COMMANDS: list[click.Command] = [ask, question, answer, notify, status]


def _text(given: str) -> str:
    """A text that is given, or stands on standard input."""
    return sys.stdin.read().rstrip("\r\n") if given == "-" else given


def _standing(found: Question) -> str:
    return f"Question {found.id} to {found.project}: {found.standing()}."


def _print_answer(found: Question) -> None:
    """The answer alone on standard output; on standard error what goes with it."""
    click.echo("\n".join(map(quote, (found.answer or "").split("\n"))))
    if found.answer_parts:
        from teammcp import parts_text  # what a server needs comes along with it

        click.echo(f"Parts of the answer:{parts_text(found.answer_id, found.answer_parts)}", err=True)


def _why_not(found: Question) -> str:
    """Why a question that is waited for has no answer, and what its asker can do."""
    if found.state != "countered":
        return found.text()
    return f"{found.text()}\nSay it with: teammcp project answer {found.id} '…'"


def _waited(url: str | None, found: Question) -> Question:
    """A question as soon as its asker can do something but wait; until then it is told how it stands."""
    from .questions.going_on import is_to_wait
    from .questions.models import Answers

    told = ""
    while True:
        if is_to_wait([found]) and (standing := _standing(found)) != told:
            told = standing
            click.echo(told, err=True)
        arguments = {"question_ids": [found.id], "timeout": SLICE}
        answer = call_server(url, "wait_for_answers", arguments, patience=SLICE + MARGIN, until_back=True)
        [found] = Answers.model_validate(answer).questions
        if not is_to_wait([found]):
            return found
