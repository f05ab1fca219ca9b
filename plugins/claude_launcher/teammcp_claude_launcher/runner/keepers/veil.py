"""Keeps an agent's secrets out of what is told of it: a program that prints its environment prints its keys too.

What is told is made legible here as well, as all that a program says comes by.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import is_dataclass, replace
from functools import cache
from typing import Any, Literal, TypeVar, get_origin, get_type_hints

from pydantic import BaseModel

from teammcp import Listener, PermissionAnswer, PermissionQuestion, TokenUsage, ToolUse, TurnEnd

from ...protocol import Home
from ..fitting import legible

T = TypeVar("T")
HIDDEN = "[secret]"
SHORTEST = 8
"""Characters below which a value is too short to be a secret, and too common to be hidden wherever it stands."""
DEEPEST = 64
"""Levels to which JSON is looked through; what stands deeper is left out, so that nothing of it is told unseen."""
LEFT_OUT = "…"
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
        """The same text, JSON, dataclass or entry, legible and without the secrets in it."""
        hidden: T = self._over(value, DEEPEST)
        return hidden

    def _over(self, value: Any, levels: int) -> Any:
        if isinstance(value, str):
            value = legible(value)
            for secret in self._secrets:
                value = value.replace(secret, HIDDEN)
            return value
        if not levels and isinstance(value, Mapping | list | tuple):
            return LEFT_OUT
        if isinstance(value, Mapping):
            return {self._over(key, levels - 1): self._over(each, levels - 1) for key, each in value.items()}
        if isinstance(value, list | tuple):
            return [self._over(each, levels - 1) for each in value]
        if isinstance(value, BaseModel):
            return value.model_copy(update=self._fields(value, levels))
        if is_dataclass(value) and not isinstance(value, type):
            return replace(value, **self._fields(value, levels))
        return value

    def _fields(self, value: Any, levels: int) -> dict[str, Any]:
        kind: Any = type(value)
        return {name: self._over(getattr(value, name), levels) for name in _told_fields(kind)}


class Veiled:
    """A `teammcp.Listener` that hands everything on to another, legible and without the secrets in it."""

    def __init__(self, listener: Listener, veil: Veil) -> None:
        self._listener = listener
        self._veil = veil

    def conversation(self, id: str, *, resumed: bool) -> None:
        """See `teammcp.Listener`."""
        self._listener.conversation(self._veil.over(id), resumed=resumed)

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
        self._listener.tool(self._veil.over(use))

    def plan(self, steps: Sequence[tuple[str, Literal["pending", "doing", "done"]]]) -> None:
        """See `teammcp.Listener`."""
        self._listener.plan([(self._veil.over(text), status) for text, status in steps])

    def usage(self, usage: TokenUsage) -> None:
        """See `teammcp.Listener`."""
        self._listener.usage(self._veil.over(usage))

    def note(self, text: str) -> None:
        """See `teammcp.Listener`."""
        self._listener.note(self._veil.over(text))

    async def ask(self, question: PermissionQuestion) -> PermissionAnswer:
        """See `teammcp.Listener`."""
        return await self._listener.ask(self._veil.over(question))

    def turn_ended(self, end: TurnEnd) -> None:
        """See `teammcp.Listener`."""
        self._listener.turn_ended(self._veil.over(end))


@cache
def _told_fields(kind: type) -> list[str]:
    """The fields that hold what a program says, and not one of our own words."""
    fields = kind.model_fields if issubclass(kind, BaseModel) else kind.__dataclass_fields__  # type: ignore[attr-defined]
    hints = get_type_hints(kind)
    return [name for name in fields if get_origin(hints[name]) is not Literal]


def _is_secret(name: str, value: str) -> bool:
    return not name.endswith(PLAIN) or "@" in value
