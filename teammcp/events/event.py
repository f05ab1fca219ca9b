"""One line of the log, and the forms in which readers get it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pydantic_core import to_json

from ..clock import rfc3339


@dataclass(frozen=True)
class Event:
    """One line of the log.

    The audience is `agents` if given, else the readers of `channel` if given, else every member of the team. ``at`` is
    in milliseconds; ``data`` holds JSON values. ``surface`` is the way the change came, kept for those who look back.
    """

    id: int
    at: int
    kind: str
    actor: str
    subject: str
    channel: str | None
    agents: tuple[str, ...] | None
    data: dict[str, Any]
    surface: str | None = None
    cursor: int = 0
    """Of a reader that has come as far as this event; so that it goes on behind it."""

    def as_dict(self) -> dict[str, Any]:
        """The public shape."""
        shape = {"id": self.id, "at": rfc3339(self.at), "kind": self.kind, "actor": self.actor}
        if self.channel is not None:
            shape["channel"] = self.channel
        return {**shape, "subject": self.subject, "data": self.data}

    @cached_property
    def json(self) -> str:
        """The public shape, serialised once however many readers it has."""
        return to_json(self.as_dict()).decode()

    @cached_property
    def sse(self) -> bytes:
        """The frame of a ``text/event-stream``; JSON holds no raw line break, so one data line is enough."""
        return f"id: {self.cursor or self.id}\nevent: {self.kind}\ndata: {self.json}\n\n".encode()

    @cached_property
    def frame(self) -> str:
        """The text of a WebSocket's frame, which has no place of its own for the cursor."""
        return f'{self.json[:-1]},"cursor":{self.cursor or self.id}}}'
