"""Public shapes of what was told to projects."""

from __future__ import annotations

from teammcp import Author, Result


class Reached(Result):
    """Somebody who was written to, in which message. ``here``: whether that member is here now; if not, it waits."""

    agent: Author
    project: str
    message_id: int
    here: bool

    def text(self) -> str:
        return f"{self.agent} ({self.project}, message {self.message_id}{'' if self.here else ', not here now'})"


class Told(Result):
    """Whom a message to projects has reached, each in a direct message."""

    reached: list[Reached]

    def text(self) -> str:
        return f"Sent to {'; '.join(each.text() for each in self.reached)}."
