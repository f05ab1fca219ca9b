"""Answers what the server asks of a terminal: its picture, keys for it, another size."""

from __future__ import annotations

from typing import Any

from teammcp import Conflict, NotFound, TerminalScreen

from ..protocol import Keys, Resize, Screen


async def answer(terminal: TerminalScreen | None, question: Screen | Keys | Resize) -> dict[str, Any]:
    """Do it; the data of the answer.

    Args:
        terminal: of the agent's session; None if no program of its runs, or it has no terminal.
        question: what is asked.

    Raises:
        NotFound: there is no terminal. Conflict: the program does not read what is typed.
    """
    terminal = present(terminal, question.agent)
    if isinstance(question, Screen):
        screen = terminal.svg() if question.form == "svg" else terminal.text()
        return {"screen": screen, "columns": terminal.columns, "rows": terminal.rows}
    if isinstance(question, Resize):
        terminal.resize(question.columns, question.rows)
        return {}
    try:
        await terminal.keys(question.text, question.names)
    except BrokenPipeError as error:
        raise Conflict(f"agent: {error}", code="not_reading") from None
    return {}


def present(terminal: TerminalScreen | None, agent: str) -> TerminalScreen:
    """The terminal.

    Raises:
        NotFound: there is none.
    """
    if terminal is None:
        raise NotFound(
            f"agent: no program with a terminal runs for '{agent}' now. get_agent_process says what runs.",
            code="no_terminal",
        )
    return terminal
