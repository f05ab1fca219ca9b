"""What an agent that answers a lane is called."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from itertools import count

from pydantic import TypeAdapter, ValidationError

from teammcp import AgentName

LONGEST = 64
"""Characters of a member's name."""
DIGITS = 8
_NAME = TypeAdapter[str](AgentName)


def name_for(project: str, lane: str, is_taken: Callable[[str], bool]) -> str:
    """A name that nobody has: that of the project and that of who asks, cut and told apart by digits where need be.

    The same is found again for the same lane, as long as it is free.
    """
    return next(
        name for name in _wishes(project, lane.removeprefix("@"), lane) if _is_valid(name) and not is_taken(name)
    )


def _wishes(project: str, asking: str, lane: str) -> Iterator[str]:
    if len(project) + 1 + len(asking) <= LONGEST:
        yield f"{project}.{asking}"
    room = (LONGEST - 2 - DIGITS) // 2
    for number in count():
        # Digits, since letters of two alphabets do not go together in a name.
        digest = hashlib.sha256(f"{project}\n{lane}\n{number}".encode()).hexdigest()
        digits = f"{int(digest, 16) % 10**DIGITS:0{DIGITS}}"
        yield f"{project[:room]}.{asking[:room]}.{digits}"
        yield f"{project[: 2 * room]}.{digits}"
        yield digits


def _is_valid(name: str) -> bool:
    try:
        return bool(_NAME.validate_python(name) == name)
    except ValidationError:
        return False
