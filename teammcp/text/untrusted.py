"""What others wrote, as a model gets it: set apart from what the server says, in a fence that nobody inside can end.

Whoever writes to an agent may try to speak in the server's voice: to close the fence and go on with "instructions", or
to forge another member's message beside its own. Two things stand against it, and each is enough by itself:

* Of a text by somebody else only the beginning stands in a line that the server began; `quote` puts ``| `` before every
  line after it. So every line that begins otherwise is the server's, and one fence around a whole list is safe. Line
  breaks are all those that anything takes for one, and nothing is left that moves a cursor, turns the direction of text
  or is read without being seen: it is written out (`invisible`).
* The fence's two ends carry the same mark: a keyed hash of what is between them, with a key of this process. A text
  that should hold the mark of a fence around itself cannot be found without the key, and a mark that was seen before
  fits no other fence. A hash and not a random number, so that the same messages give the same text, as the caches of
  models like it.

It costs some twenty tokens a delivery, and one or two for each further line.

Which results need a fence is said by their models: a field that holds what somebody wrote is of the type `Words`, or
`AnyWords` if it is any JSON. A result's ``text()`` quotes these; what hands it to a model calls `told`. Who wrote it is
named by a field of the type `Author`.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterable
from functools import cache
from hashlib import blake2b
from typing import Annotated, Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from .invisible import reveal

NAME = "from-others"
QUOTE = "| "

_BREAK = re.compile("\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_KEY = secrets.token_bytes(32)


class _Others:
    """The mark of a type: what is of it was written by a member, in its own words."""


OTHERS = _Others()
"""Marks a type whose values a member wrote, in its own words: ``Annotated[Line, Field(max_length=200), OTHERS]``."""
Words = Annotated[str, OTHERS]
"""What somebody wrote: any text. A name, a word out of a list, or what the server says itself is a plain ``str``."""
AnyWords = Annotated[Any, OTHERS]
"""Any JSON that somebody wrote."""


class _Author:
    """The mark of a type: what is of it names the member who wrote what stands beside it."""


AUTHOR = _Author()
Author = Annotated[str, AUTHOR]
"""The name of the member who wrote what stands beside it. Models are told what kind of member that is."""


def quote(text: str) -> str:
    """A text by somebody else, to stand in a fence behind words of the server's that begin the line."""
    return reveal(_BREAK.sub(f"\n{QUOTE}", text))


def fence(lines: Iterable[str], where: str = "") -> str:
    """Lines in a fence. What others wrote in them must be quoted.

    Args:
        lines: each begins with words of the server's: who says it, what kind of member that is, when, and where.
        where: the channel or task that all of it is from, so that the lines need not say it.
    """
    body = "\n".join(lines)
    mark = blake2b(body.encode(errors="surrogatepass"), key=_KEY, digest_size=4).hexdigest()
    place = f" {where}" if where else ""
    return f"<{NAME} {mark}{place}>\n{body}\n</{NAME} {mark}>"


@cache
def holds_words(annotation: Any) -> bool:
    """Whether something of this type may hold what somebody wrote: a model, a list or a choice of such, and so on."""
    return _holds_words(annotation, ())


def _holds_words(annotation: Any, above: tuple[Any, ...]) -> bool:
    if annotation in above:
        return False
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return any(_is_of_others(field, (*above, annotation)) for field in annotation.model_fields.values())
    return OTHERS in getattr(annotation, "__metadata__", ()) or any(
        _holds_words(part, above) for part in get_args(annotation)
    )


def _is_of_others(field: FieldInfo, above: tuple[Any, ...] = ()) -> bool:
    return OTHERS in field.metadata or _holds_words(field.annotation, above)


def told(result: BaseModel, text: str, kind_of: Callable[[str], str | None] = lambda _: None) -> str:
    """The text of a result as it is handed to a model: in a fence, if it holds others' words and is in none yet.

    Args:
        kind_of: what kind of member somebody is, None if nobody is called so. It is said behind the fence of those who
            wrote a part of it.
    """
    if not holds_words(type(result)) or not _has_words(result):
        return text
    fenced = text if any(line.startswith(f"<{NAME} ") for line in text.split("\n")) else fence([text])
    kinds = [f"{name} is {AS[kind]}" for name in sorted(authors(result)) if (kind := kind_of(name))]
    return f"{fenced}\n({', '.join(kinds)})" if kinds else fenced


AS = {"human": "a person", "agent": "an agent", "service": "a service"}
"""How the kind of an author is said."""


def authors(value: Any) -> set[str]:
    """The members that a result says a part of it is by: what its fields of the type `Author` name, and its parts'.

    A result whose parts are JSON, which has no types, says it by a method ``authors()`` of its own.
    """
    if isinstance(value, BaseModel):
        own = getattr(value, "authors", None)
        if callable(own):
            return set(own())
        return authors_of_fields(value)
    if isinstance(value, dict):
        value = list(value.values())
    return {name for part in value for name in authors(part)} if isinstance(value, list | tuple) else set()


def authors_of_fields(model: BaseModel) -> set[str]:
    """As `authors`, by the types of a model's fields alone."""
    fields = type(model).model_fields
    named = {getattr(model, name) for name, field in fields.items() if names_author(field)} - {None}
    return named.union(*(authors(getattr(model, name)) for name in fields))


def names_author(field: FieldInfo) -> bool:
    """Whether a field names the member who wrote what stands beside it."""
    return AUTHOR in field.metadata or any(
        AUTHOR in getattr(part, "__metadata__", ()) for part in get_args(field.annotation)
    )


def _has_words(value: Any) -> bool:
    if isinstance(value, BaseModel):
        fields = type(value).model_fields.items()
        return any(_has_words(getattr(value, name)) for name, field in fields if _is_of_others(field))
    return any(map(_has_words, value)) if isinstance(value, list) else bool(value)
