"""Keeps an agent's secrets out of what is told of it: a program that prints its environment prints its keys too."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, TypeVar

from teammcp import Listener, PermissionAnswer, PermissionQuestion, TokenUsage, ToolUse, TurnEnd

from ...protocol import Home

T = TypeVar("T")
HIDDEN = "[secret]"
SHORTEST = 8
"""Characters below which a value is too short to be a secret, and too common to be hidden wherever it stands."""
PLAIN = ("_MODEL", "_URL")
"""Variables whose names end so hold no secret, unless a URL has a password in it."""


class Veil:
    """What must not be told of an agent.

    Args:
        home: of the agent: its key, and the variables of its credential.
    """

    def __init__(self, home: Home) -> None:
        values = [home.key, *(value for name, value in home.environment.items() if _is_secret(name, value))]
        quoted = [json.dumps(value)[1:-1] for value in values]
        self._secrets = sorted({each for each in (*values, *quoted) if len(each) >= SHORTEST}, key=len, reverse=True)

    def over(self, value: T) -> T:
        """The same text, or JSON, without the secrets in it."""
        hidden: Any = value
        if isinstance(value, str):
            for secret in self._secrets:
                hidden = hidden.replace(secret, HIDDEN)
        elif isinstance(value, Mapping):
            hidden = {self.over(key): self.over(each) for key, each in value.items()}
        elif isinstance(value, list | tuple):
            hidden = [self.over(each) for each in value]
        return hidden  # type: ignore[no-any-return]


class Veiled:
    """A `teammcp.Listener` that hands everything on to another, without the secrets in it."""

    def __init__(self, listener: Listener, veil: Veil) -> None:
        self._listener = listener
        self._veil = veil

    def conversation(self, id: str, *, resumed: bool) -> None:
        """See `teammcp.Listener`."""
        self._listener.conversation(id, resumed=resumed)

    def taken_up(self, turn: str) -> None:
        """See `teammcp.Listener`."""
        self._listener.taken_up(turn)

    def text(self, text: str) -> None:
        """See `teammcp.Listener`."""
        self._listener.text(self._veil.over(text))

    def thought(self, text: str) -> None:
        """See `teammcp.Listener`."""
        self._listener.thought(self._veil.over(text))

    def tool(self, use: ToolUse) -> None:
        """See `teammcp.Listener`."""
        over = self._veil.over
        changes = [replace(each, before=over(each.before), after=over(each.after)) for each in use.changes]
        hidden = replace(
            use, title=over(use.title), input=over(dict(use.input)), output=over(use.output), changes=changes
        )
        self._listener.tool(hidden)

    def plan(self, steps: Sequence[tuple[str, Literal["pending", "doing", "done"]]]) -> None:
        """See `teammcp.Listener`."""
        self._listener.plan([(self._veil.over(text), status) for text, status in steps])

    def usage(self, usage: TokenUsage) -> None:
        """See `teammcp.Listener`."""
        self._listener.usage(usage)

    def note(self, text: str) -> None:
        """See `teammcp.Listener`."""
        self._listener.note(self._veil.over(text))

    async def ask(self, question: PermissionQuestion) -> PermissionAnswer:
        """See `teammcp.Listener`."""
        return await self._listener.ask(replace(question, input=self._veil.over(dict(question.input))))

    def turn_ended(self, end: TurnEnd) -> None:
        """See `teammcp.Listener`."""
        self._listener.turn_ended(replace(end, detail=self._veil.over(end.detail)))


def _is_secret(name: str, value: str) -> bool:
    return not name.endswith(PLAIN) or "@" in value
