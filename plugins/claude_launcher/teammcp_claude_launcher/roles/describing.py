"""Who an agent is to be: of a role, or of a description in words, or of both."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass

from teammcp import Context, InvalidInput, excerpt

from . import roles

SHORT = 60
"""Characters of a description that say what an agent is."""


@dataclass(frozen=True)
class Character:
    """What an agent is in the team, what others read of it, and its guide."""

    role: str
    summary: str
    guide: str


async def describe(context: Context, role: str | None, description: str) -> Character:
    """Who an agent is to be.

    Raises:
        InvalidInput: neither a role nor a description is given. NotFound: there is no such role.
    """
    words = description.strip()
    if role is None:
        if not words:
            raise InvalidInput.at("role", "give a role of list_roles, or a description in words")
        first = words.splitlines()[0]
        return Character(excerpt(first, SHORT), excerpt(first, 200), words)
    found = await context.read(roles.find, role)
    guide = f"{found.guide}\n\n{words}" if words else found.guide
    return Character(found.title, found.summary, guide)


def free_name(context: Context, wish: str, others: Container[str] = ()) -> str:
    """A name that nobody has, and none of the others: the one that is wished for, or that with a number."""
    number, name = 1, wish
    while name in others or context.team.directory.who(name) is not None:
        number += 1
        name = f"{wish}-{number}"
    return name
