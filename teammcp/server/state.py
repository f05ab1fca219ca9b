"""What features and plugins keep in memory with a team, or with the server: it goes when that is closed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class StateKey(Generic[T]):
    """Names one thing that is kept, and knows its type: ``AGENDA = StateKey("schedules.agenda", Agenda)``.

    Two keys are two things, even if they are called the same.

    Args:
        name: for errors.
        make: makes the thing where it is first asked for. Without it the thing has to be put there before, as from
            the hook ``team_opened``.
    """

    def __init__(self, name: str, make: Callable[[], T] | None = None) -> None:
        self.name = name
        self.make = make

    def __repr__(self) -> str:
        return f"StateKey({self.name!r})"


class State:
    """Things by their `StateKey`.

    It is changed in the event loop only, which a key that makes its thing does at the first look. What is there may be
    looked up in any thread; who may touch it then is for the thing itself to say.
    """

    def __init__(self) -> None:
        self._things: dict[StateKey[Any], Any] = {}

    def __getitem__(self, key: StateKey[T]) -> T:
        """The thing.

        Raises:
            LookupError: it was not put there, and the key cannot make it.
        """
        try:
            found: T = self._things[key]
        except KeyError:
            if key.make is None:
                raise LookupError(f"Nothing was put into the state as {key.name!r} yet.") from None
            found = self._things[key] = key.make()
        return found

    def __setitem__(self, key: StateKey[T], thing: T) -> None:
        self._things[key] = thing

    def __delitem__(self, key: StateKey[Any]) -> None:
        del self._things[key]

    def __contains__(self, key: StateKey[Any]) -> bool:
        return key in self._things
