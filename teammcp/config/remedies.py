"""Words for settings that are wrong: which, why, and the name that was probably meant. Never their values."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

LISTS = (list, set, frozenset, tuple)


def unknown(kind: str, name: str, known: Iterable[str]) -> str:
    """A sentence about a name that nothing has, with the one that was probably meant."""
    return f"there is no {kind} called '{name}'{meant(name, known)}"


def meant(name: str, known: Iterable[str]) -> str:
    """The end of such a sentence: a question with the name that is nearest, or nothing."""
    near = get_close_matches(name, known, n=1)
    return f"; did you mean '{near[0]}'?" if near else ""


def wrong_settings(error: ValidationError, model: type[BaseModel]) -> list[str]:
    """One line for each wrong setting: its place and what to do about it."""
    return [
        f"{'.'.join(map(str, item['loc']))}: {_remedy(item, model)}"
        for item in error.errors(include_input=False, include_url=False)
    ]


def _remedy(item: ErrorDetails, model: type[BaseModel]) -> str:
    if item["type"] == "extra_forbidden":
        known = model.model_fields if len(item["loc"]) == 1 else ()
        return f"there is no such setting{meant(str(item['loc'][-1]), known)}"
    return item["msg"].removeprefix("Value error, ")


def from_texts(model: type[BaseModel], table: Mapping[str, Any]) -> dict[str, Any]:
    """A table in which what came as text, from variables, has become the lists and tables that ``model`` asks for.

    Raises:
        ValueError: a text is neither; the message begins with the field's name.
    """
    found = dict(table)
    for name, field in model.model_fields.items():
        if isinstance(found.get(name), str):
            try:
                found[name] = from_text(field.annotation, found[name])
            except ValueError as error:
                raise ValueError(f"{name}: {error}") from None
    return found


def from_text(annotation: Any, text: str) -> Any:
    """What a text stands for where ``annotation`` is asked for: a list, a table, or itself.

    Raises:
        ValueError: it begins like JSON and is none, or a table is asked for and it is none.
    """
    kinds = _kinds(annotation)
    text = text.strip()
    listed = any(kind in LISTS for kind in kinds)
    if listed and not text.startswith(("[", "{")):
        return [part.strip() for part in text.split(",") if part.strip()]
    tabled = any(kind is dict or (isinstance(kind, type) and issubclass(kind, BaseModel)) for kind in kinds)
    if not listed and not tabled:
        return text
    try:
        return json.loads(text)
    except ValueError:
        raise ValueError(f"is not valid JSON{'; or write a,b,c' if listed else ''}") from None


def _kinds(annotation: Any) -> list[Any]:
    origin = get_origin(annotation)
    if origin is Annotated:
        return _kinds(get_args(annotation)[0])
    if origin in (Union, UnionType):
        return [kind for part in get_args(annotation) for kind in _kinds(part)]
    return [origin or annotation]
