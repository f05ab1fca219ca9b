"""The messages in a turn: who says what, and where."""

from __future__ import annotations

import re
from dataclasses import dataclass

_LINE = re.compile(
    r"^(?:\([^)]*\) )?#(?P<channel>\S+) \[(?P<id>\d+)\] \S+ (?P<sender>\S+) \((?P<kind>\w+)\)"
    r"(?: ↳(?P<reply_to>\d+))?(?: \([^)]*\))*: (?P<text>.*)$"
)
QUOTE = "| "


@dataclass(frozen=True)
class Letter:
    """A message to the agent. One that came as plain text has no channel: its answer is what the turn says."""

    text: str
    channel: str = ""
    id: int = 0
    sender: str = ""
    kind: str = "human"
    reply_to: int = 0


def letters(turn: str) -> list[Letter]:
    """The messages in a turn's text; the text itself where there are none."""
    found: list[Letter] = []
    inside = False
    for line in turn.splitlines():
        if line.startswith(("<from-others ", "</from-others ")):
            inside = not line.startswith("</")
        elif inside and (match := _LINE.match(line)):
            parts = match.groupdict()
            found.append(
                Letter(
                    text=parts["text"],
                    channel=parts["channel"],
                    id=int(parts["id"]),
                    sender=parts["sender"],
                    kind=parts["kind"],
                    reply_to=int(parts["reply_to"] or 0),
                )
            )
        elif inside and found and line.startswith(QUOTE):
            last = found.pop()
            found.append(Letter(**{**last.__dict__, "text": f"{last.text}\n{line.removeprefix(QUOTE)}"}))
    return found or [Letter(turn.strip())]
