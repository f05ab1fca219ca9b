"""`Prompt`: a text that somebody chooses in their program, from the hook ``register_prompts``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ..members.directory import Access


@dataclass(frozen=True)
class PromptArgument:
    """A gap in a prompt, which whoever chooses it fills in."""

    name: str
    description: str
    """For the person: what to enter."""
    required: bool = True


@dataclass(frozen=True)
class PromptMessage:
    """One message of a prompt that is a conversation."""

    role: Literal["user", "assistant"]
    text: str


PromptText: TypeAlias = str | Sequence[PromptMessage]


@dataclass(frozen=True)
class Prompt:
    """A text with gaps that a person chooses in a program of theirs, where it often is a slash command."""

    name: str
    """One word of small letters, digits, ``_`` and ``-``, which no other prompt has."""
    description: str
    """For the person: what it is good for."""
    write: Callable[..., Awaitable[PromptText]]
    """``async write(context, **values) -> text`` or a sequence of `PromptMessage`. The values are texts; one that was
    not entered is left out. Raises `TeamError` if the member may not, or a value is no good. Fence what others wrote
    (`fence`): it reaches a model."""
    arguments: tuple[PromptArgument, ...] = ()
    title: str = ""
    """Its name for people."""
    access: Access = Access.observer
    """The least access level of those to whom it is offered."""
