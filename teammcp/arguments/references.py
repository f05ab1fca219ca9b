"""Arguments that name something: each name in one spelling, before anybody looks at it.

A channel may be written ``#General`` and a member ``@BOB``. Whoever checks an argument (a before hook, a rule of a
plugin) has to see what the operation will work on, not what the caller wrote. So an argument that names something says
in its annotation how the name is found, and a call puts the name as it is kept in its place before hooks and operation:

    ChannelRef = Annotated[str, Reference(channel_id)]

    async def archive_channel(context: Context, channel: ChannelRef) -> …

The operation finds the thing in the same way, so there is one piece of code that knows how.
"""

from __future__ import annotations

import inspect
import unicodedata
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Final, TypeVar, get_args

from pydantic import BaseModel

from ..errors import TeamError
from ..members.directory import fold

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True)
class Reference:
    """Stands in an argument's annotation: its value, or each text of a list, names something. Empty text names nothing.

    Attributes:
        find: ``find(context, text, argument)`` is the name as it is kept; raises a `TeamError` if there is none. It may
            be async.
        left_out: ``left_out(context)`` is the name that is meant if the argument is not given.
        also: ``also(context, name)`` are other ways to write a name that `find` gave, for patterns to match.
    """

    find: Callable[[Any, str, str], str | Awaitable[str]]
    left_out: Callable[[Any], str] | None = None
    also: Callable[[Any, str], Iterable[str]] | None = None

    async def resolve(self, context: Any, value: Any, argument: str) -> Any:
        """The value with names as they are kept.

        Raises:
            TeamError: a name stands for nothing.
        """
        if value is None:
            return None if self.left_out is None else self.left_out(context)
        if isinstance(value, list):
            return [await self.resolve(context, each, argument) for each in value]
        if not isinstance(value, str) or not value:
            return value
        found = self.find(context, value, argument)
        return await found if inspect.isawaitable(found) else found


class _Unknown:
    """See `UNKNOWN`."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = _Unknown()
"""The value of an argument that only the call itself will know: every pattern matches it."""


def references_of(hints: Mapping[str, Any]) -> dict[str, Reference]:
    """The arguments that name something, of annotations by argument."""
    found = {name: _reference(hint) for name, hint in hints.items()}
    return {name: reference for name, reference in found.items() if reference is not None}


def _reference(hint: Any) -> Reference | None:
    for mark in getattr(hint, "__metadata__", ()):
        if isinstance(mark, Reference):
            return mark
    return next((found for part in get_args(hint) if (found := _reference(part)) is not None), None)


async def resolved(context: Any, references: Mapping[str, Reference], arguments: Model) -> Model:
    """Checked arguments with every name as it is kept.

    Raises:
        TeamError: a name stands for nothing.
    """
    changed = {}
    for name, reference in references.items():
        value = getattr(arguments, name)
        kept = await reference.resolve(context, value, name)
        if kept != value:
            changed[name] = kept
    return arguments.model_copy(update=changed) if changed else arguments


# -- patterns --------------------------------------------------------------------------------------------------------


def plain(text: str) -> str:
    """The form in which a text and a pattern are compared: neither case, width nor what is invisible counts."""
    return "".join(character for character in fold(text) if unicodedata.category(character) != "Cf")


def matches(pattern: str, text: str) -> bool:
    """Whether a text matches a pattern of ``*``, ``?`` and ``[…]``, in whichever way the two are written."""
    return fnmatchcase(plain(text), plain(pattern))


async def names_match(context: Any, reference: Reference, pattern: str, name: str) -> bool:
    """Whether a name as it is kept matches a pattern, which may hold any spelling of a name as well."""
    patterns = {pattern, pattern.strip().removeprefix("#").removeprefix("@")}
    with suppress(TeamError):  # it is a pattern, or names nothing
        patterns.add(await reference.resolve(context, pattern, ""))
    names = [name, *(reference.also(context, name) if reference.also is not None else ())]
    return any(matches(each, one) for each in patterns for one in names)
