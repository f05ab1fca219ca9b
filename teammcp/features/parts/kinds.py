"""The kinds of parts that messages may have: what plugins declare, and what senders give, checked against it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Unpack

from pydantic import BaseModel, ConfigDict

from ...arguments.checking import checked
from ...errors import InvalidInput
from ...operations import Context
from ...server import Server, StateKey

KIND = re.compile(r"[a-z][a-z0-9_]{0,39}")


class MessagePart(BaseModel):
    """Base of one kind of parts of messages. Declare it with the hook ``register_message_parts``::

        class Poll(MessagePart, kind="poll", template="polls/part.html"):
            \"\"\"A poll that can be voted in.\"\"\"

            poll_id: Annotated[int, Field(ge=1)]

            def text(self, room: int) -> str:
                return f"poll {self.poll_id}"

    The docstring says in one line what such a part is, for models that send one; the fields are what they give, and
    bound their own sizes. Pages draw it with the template, from the folder ``templates`` of the class's package, which
    gets it as ``part``; without one its text is shown. All of it is somebody else's text.
    """

    model_config = ConfigDict(extra="forbid", defer_build=True)

    part_kind: ClassVar[str] = ""
    part_template: ClassVar[str] = ""

    def __init_subclass__(cls, kind: str = "", template: str = "", **config: Unpack[ConfigDict]) -> None:
        super().__init_subclass__(**config)
        if kind and KIND.fullmatch(kind) is None:
            raise ValueError(f"{cls.__name__}: a kind of parts is a word like 'poll', not '{kind}'")
        if kind and not cls.__doc__:
            raise ValueError(f"{cls.__name__}: a docstring has to say what a part '{kind}' is")
        cls.part_kind, cls.part_template = kind, template

    @classmethod
    def meaning(cls) -> str:
        """What a part of this kind is, in one line."""
        return inspect.cleandoc(cls.__doc__ or "").partition("\n")[0]

    def text(self, room: int) -> str:
        """What models are told of it, in at most ``room`` characters: what matters most, and what was left out."""
        raise NotImplementedError

    def given(self) -> dict[str, Any]:
        """It as a sender gives it: JSON values, with its kind."""
        return {"kind": self.part_kind, **self.model_dump(mode="json", exclude_defaults=True)}


class PartKinds:
    """The kinds of parts that a server knows, by name."""

    def __init__(self) -> None:
        self._kinds: dict[str, type[MessagePart]] = {}
        self._plugins: dict[str, str] = {}

    def add(self, plugin: str, kinds: Iterable[type[MessagePart]]) -> None:
        """Add the kinds of a plugin: all of them, or none.

        Raises:
            TypeError: one is no class of `MessagePart`. ValueError: it has no kind, or there is another one of it.
        """
        found = dict(self._kinds)
        for kind in kinds:
            if not (isinstance(kind, type) and issubclass(kind, MessagePart)):
                raise TypeError(f"register_message_parts: {kind!r} is no class of MessagePart")
            if not kind.part_kind:
                raise ValueError(f'register_message_parts: {kind.__name__} has no kind; write (MessagePart, kind="…")')
            if found.setdefault(kind.part_kind, kind) is not kind:
                raise ValueError(f"register_message_parts: there is a kind of parts called '{kind.part_kind}' already")
        self._plugins |= dict.fromkeys(found.keys() - self._kinds.keys(), plugin)
        self._kinds = found

    def plugin_of(self, kind: str) -> str:
        """The plugin that brings a kind.

        Raises:
            KeyError: there is no such kind.
        """
        return self._plugins[kind]

    def get(self, kind: str) -> type[MessagePart] | None:
        """The class of a kind."""
        return self._kinds.get(kind)

    def read(self, given: Mapping[str, Any], place: str) -> MessagePart:
        """A part as a sender gives it.

        Args:
            given: its kind and its fields.
            place: where it stands in the arguments, as in ``parts.0``.

        Raises:
            InvalidInput: there is no such kind, or fields are wrong.
        """
        kind = self.get(str(given.get("kind", "")))
        if kind is None:
            known = ", ".join(self._kinds) or "(no plugin brings any)"
            raise InvalidInput.at(f"{place}.kind", f"must be one of: {known}")
        fields = {name: value for name, value in given.items() if name != "kind"}
        try:
            return checked(kind, fields, strict=False)
        except InvalidInput as error:
            raise _within(place, error) from None

    def __iter__(self) -> Iterator[type[MessagePart]]:
        return iter(self._kinds.values())


def _within(place: str, error: InvalidInput) -> InvalidInput:
    """The error of a part, with the place of the part before its fields."""
    wrong = [{**each, "field": f"{place}.{each['field']}"} for each in error.data.get("errors", ())]
    detail = "; ".join(f"{each['field']}: {each['message']}" for each in wrong[:5])
    return InvalidInput(detail or f"{place}: {error.detail}", errors=wrong)


KINDS: StateKey[PartKinds] = StateKey("parts.kinds")


def collect(server: Server) -> None:
    """Ask the plugins for their kinds of parts, once. A plugin that brings something else is switched off."""
    kinds = PartKinds()
    for plugin, declared in server.plugins.collect("register_message_parts"):
        try:
            kinds.add(plugin, declared)
        except (TypeError, ValueError):
            server.plugins.fail(plugin)
    server.state[KINDS] = kinds


def kinds_of(context: Context) -> PartKinds:
    """The kinds of parts that the server knows."""
    return context.server.state[KINDS]


def check_parts(context: Context, given: Sequence[Mapping[str, Any]]) -> list[MessagePart]:
    """Parts as a sender gives them, in an argument called ``parts``.

    Raises:
        InvalidInput: names the part, its wrong field and what is wrong with it.
    """
    kinds = kinds_of(context)
    return [kinds.read(each, f"parts.{place}") for place, each in enumerate(given)]
