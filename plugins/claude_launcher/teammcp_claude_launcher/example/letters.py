"""The messages in a turn: who says what, and where."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from ..turn_words import GO_ON, SERVER

_FENCE = re.compile(r"<from-others (?P<mark>\w+)(?: #(?P<channel>\S+))?>")
_LINE = re.compile(
    r"(?:\([^)]*\) )?(?:#(?P<channel>\S+) )?\[(?P<id>\d+)\] \S+ (?P<sender>\S+) \((?P<kind>\w+)\)"
    r"(?: ↳(?P<reply_to>\d+))?(?: \([^)]*\))*: (?P<text>.*)"
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

    @property
    def is_servers(self) -> bool:
        """What the server itself says. Nobody answers that."""
        return self.sender == SERVER

    @property
    def is_trusted(self) -> bool:
        """What a person writes may be an order; what anybody else writes is information."""
        return self.kind == "human"


def letters(turn: str) -> list[Letter]:
    """The messages in a turn's text, each with where it came from.

    The text itself where there are none; but none where the launcher alone has something to say: see `is_cut_off`.

    The server puts messages between marks. A line in there that does not begin with its quotation mark is the server's.
    """
    found: list[Letter] = []
    end = channel = ""
    for line in turn.splitlines():
        if not end:
            if fence := _FENCE.fullmatch(line):
                end, channel = f"</from-others {fence['mark']}>", fence["channel"] or ""
        elif line == end:
            end = ""
        elif line.startswith(QUOTE) and found:
            found[-1] = replace(found[-1], text=f"{found[-1].text}\n{line.removeprefix(QUOTE)}")
        elif match := _LINE.fullmatch(line):
            found.append(_letter(match, channel))
    return found or ([] if is_cut_off(turn) else [Letter(turn.strip())])


def is_cut_off(turn: str) -> bool:
    """Whether a turn's text says that the turn before it was cut off. The messages of that may stand in it again."""
    return turn.startswith(GO_ON)


def _letter(match: re.Match[str], channel: str) -> Letter:
    return Letter(
        text=match["text"],
        channel=match["channel"] or channel,
        id=int(match["id"]),
        sender=match["sender"],
        kind=match["kind"],
        reply_to=int(match["reply_to"] or 0),
    )
