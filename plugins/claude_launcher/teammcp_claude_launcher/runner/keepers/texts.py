"""What programs of agents are told, in the runner's words; what others wrote stands apart from them, fenced."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from teammcp import Capabilities

from ...protocol import Answers, Home
from ...turn_words import AGAIN, BY_SAYING, GO_ON, KEPT, NOT_RESUMED, ORIGIN, UNLESS_SENT, WITH_TOOLS
from .deliveries import Kept


def guide(home: Home, place: str) -> str:
    """Who the agent is, and where, for its system prompt."""
    return "\n\n".join(part for part in (home.guide.strip(), place) if part)


def messages_turn(messages: Sequence[Kept], answers: Answers, capabilities: Capabilities) -> str:
    """A turn with messages."""
    return "\n".join([ORIGIN, *_messages(messages), _how(answers, capabilities)])


def unfinished_turn(messages: Sequence[Kept], answers: Answers, capabilities: Capabilities, *, is_resumed: bool) -> str:
    """The turn with which a program goes on in whose middle another has ended."""
    if is_resumed:
        return GO_ON
    return "\n".join([GO_ON, NOT_RESUMED, ORIGIN, *_messages(messages, mark=False), _how(answers, capabilities)])


def _messages(messages: Iterable[Kept], *, mark: bool = True) -> Iterable[str]:
    for kept in messages:
        if kept.is_again and mark:
            yield AGAIN
        yield kept.message.text()


def _how(answers: Answers, capabilities: Capabilities) -> str:
    if answers == "reply":
        return f"{BY_SAYING} {UNLESS_SENT}" if capabilities.tools else BY_SAYING
    return WITH_TOOLS if capabilities.tools else KEPT
