"""What events say: of each kind a model of its data, and the kinds that a server knows."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar, Self, Unpack

from pydantic import BaseModel, ConfigDict, SerializerFunctionWrapHandler, ValidationError, model_serializer

from ..text.untrusted import authors

KIND = re.compile(r"[a-z][a-z0-9_-]*(\.[a-z][a-z0-9_-]*)*")


class EventData(BaseModel):
    """Base of what the events of one kind say. Declare it with the hook ``register_event_kinds``::

        class PollClosed(EventData, kind="poll.closed"):
            \"\"\"A poll was closed.\"\"\"

            poll_id: int

    The docstring says in one line when such an event is appended. A field that is not declared is refused. One that has
    a default is in the event only if it was given, whatever its value. A class without a kind is a base of others.
    """

    model_config = ConfigDict(extra="forbid", defer_build=True)

    event_kind: ClassVar[str] = ""

    def __init_subclass__(cls, kind: str = "", **config: Unpack[ConfigDict]) -> None:
        super().__init_subclass__(**config)
        if kind and KIND.fullmatch(kind) is None:
            raise ValueError(f"{cls.__name__}: a kind of events looks like 'thing.happened', not '{kind}'")
        if kind and not cls.__doc__:
            raise ValueError(f"{cls.__name__}: a docstring has to say when '{kind}' is appended")
        cls.event_kind = kind

    @classmethod
    def meaning(cls) -> str:
        """When an event of this kind is appended, in one line."""
        return inspect.cleandoc(cls.__doc__ or "").partition("\n")[0]

    @classmethod
    def of(cls, shape: BaseModel, **more: Any) -> Self:
        """An event that says all that a shape does, and more."""
        return cls(**shape.__dict__, **more)  # and not dict(shape), which costs more than all the rest

    def as_json(self) -> dict[str, Any]:
        """The data of an event: JSON values, in the order of the fields."""
        fields, given = type(self).model_fields, self.model_fields_set
        if len(given) >= len(fields):
            return self.model_dump(mode="json")
        return self.model_dump(mode="json", exclude=fields.keys() - given)


class Partial(BaseModel):
    """Base of a part of an event's data of which only what was given is in it, such as a task without long texts::

    class TaskPart(Partial, Task):
        \"\"\"A task; texts of more than 500 characters are left out.\"\"\"
    """

    @classmethod
    def __pydantic_init_subclass__(cls, **config: Any) -> None:
        super().__pydantic_init_subclass__(**config)
        for field in cls.model_fields.values():
            if field.is_required():
                field.default = None
        cls.model_rebuild(force=True)

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> Self:
        """One with these fields alone."""
        return cls.model_validate(fields)

    @model_serializer(mode="wrap")
    def _given(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: value for name, value in handler(self).items() if name in self.model_fields_set}


class EventKinds:
    """The kinds of events that a server knows, by name."""

    def __init__(self, kinds: Iterable[type[EventData]] = ()) -> None:
        self._kinds: dict[str, type[EventData]] = {}
        for kind in kinds:
            self.add(kind)

    def add(self, data: type[EventData]) -> None:
        """Add a kind.

        Raises:
            TypeError: it is no class of `EventData`. ValueError: it has no kind, or another one has it already.
        """
        if not (isinstance(data, type) and issubclass(data, EventData)):
            raise TypeError(f"register_event_kinds: {data!r} is no class of EventData")
        if not data.event_kind:
            raise ValueError(f'register_event_kinds: {data.__name__} has no kind; write class …(EventData, kind="…")')
        if self._kinds.setdefault(data.event_kind, data) is not data:
            raise ValueError(f"register_event_kinds: there is a kind of events called '{data.event_kind}' already")

    def put(self, data: type[EventData]) -> None:
        """Declare a class of events in place of the one that has its kind; for tests."""
        self._kinds[data.event_kind] = data

    def check(self, data: EventData) -> None:
        """Make sure that events like this one are declared.

        Raises:
            ValueError: they are not, so that no page and no reader would know of them.
        """
        if self._kinds.get(data.event_kind) is not type(data):
            raise ValueError(
                f"The events of {type(data).__name__} ('{data.event_kind}') are not declared: "
                "return the class from register_event_kinds."
            )

    def authors(self, event: Mapping[str, Any]) -> set[str]:
        """Who wrote a part of an event in its public shape: who made it, and whom its data names."""
        kind, named = self._kinds.get(event["kind"]), {event["actor"]}
        if kind is None:
            return named
        try:
            return named | authors(kind.model_validate(event["data"]))
        except ValidationError:  # it is of an older version
            return named

    def __iter__(self) -> Iterator[type[EventData]]:
        return iter(self._kinds.values())

    def __contains__(self, kind: str) -> bool:
        return kind in self._kinds
