"""Checking what callers give against a model: as strict as a surface can be, with errors that name the field."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, to_jsonable_python

from ..errors import InvalidInput
from ..text.wellformed import flaw, read_json, whole_json

Model = TypeVar("Model", bound=BaseModel)

_LIST = dict.fromkeys(("list_type", "tuple_type", "set_type", "frozen_set_type", "sequence_str"), list)
_OBJECT = dict.fromkeys(("dict_type", "model_type", "model_attributes_type", "dataclass_type", "mapping_type"), dict)
_FIGURE = dict.fromkeys(("enum", "literal_error"), (int, float))
_WANTED: dict[str, Any] = {**_LIST, **_OBJECT, **_FIGURE}
"""What else than a text was wanted, by the kind of error."""
_OF_TEXT = ("string_", "value_error", "assertion_error")
"""How the kinds begin that say that a text was taken, and found wrong."""


ARGUMENTS = 1000
LONGEST = 100
"""Characters that are shown of a name that the caller chose."""
NAMED = 20
"""Wrong fields that an error names, so that it is never much longer than what caused it."""


def checked(
    model: type[Model], given: Mapping[str, Any], *, strict: bool, context: dict[str, Any] | None = None
) -> Model:
    """An instance of ``model``.

    Args:
        model: what is wanted.
        given: the values by name.
        strict: they come from JSON, which knows numbers and lists: no text stands for one. What JSON has no type for
            (times, UUIDs, enumerations, sets, …) comes as the text or list that the model's schema promises. Otherwise
            text may stand for a number, as in a query, and for a list or an object as JSON, for there are models that
            write ``items='[{…}]'``. Where text is wanted, or allowed, it stays text.
        context: what validators may ask for, such as the time zone of the caller.

    Raises:
        InvalidInput: names each wrong field.
    """
    if len(given) > ARGUMENTS:
        raise InvalidInput(f"body: has more than {ARGUMENTS} arguments.", errors=[])
    if found := flaw(dict(given)):
        raise _wrong([(".".join(found[0]) or "body", found[1])])
    try:
        return model.model_validate(given, strict=strict, context=context)
    except ValidationError as error:
        again = _from_json if strict else _unwrapped
        return again(model, given, context, error)


def _from_json(model: type[Model], given: Mapping[str, Any], context: Any, error: ValidationError) -> Model:
    """Once more as JSON, which has no types of its own for some of what a model may want."""
    try:
        return model.model_validate_json(json.dumps(given, default=_scalar), strict=True, context=context)
    except ValidationError as again:
        raise invalid_input(again) from None
    except (TypeError, ValueError):  # it never was JSON
        raise invalid_input(error) from None


def _scalar(value: Any) -> Any:
    """What a value of a path was turned into, as JSON has it."""
    if isinstance(value, set | frozenset | bytes):
        raise TypeError
    return to_jsonable_python(value)


def _unwrapped(model: type[Model], given: Mapping[str, Any], context: Any, error: ValidationError) -> Model:
    """Once more for each level at which JSON stood in a text where a list or an object was wanted."""
    copy = _copy(dict(given))
    while error.error_count() <= NAMED and _unwrap(copy, error):
        try:
            return model.model_validate(copy, context=context)
        except ValidationError as again:
            error = again
    raise invalid_input(error)


def _unwrap(given: dict[str, Any], error: ValidationError) -> bool:
    """Put what the JSON stands for into its place; whether there was any."""
    items = error.errors(include_url=False, include_context=False)
    texts = [item["input"] for item in items if item["type"].startswith(_OF_TEXT)]
    found = False
    for item in items:
        text, wanted = item["input"], _WANTED.get(item["type"])
        if wanted is None or not isinstance(text, str) or text in texts:
            continue
        try:
            value = read_json(whole_json(text.encode()))
        except ValueError:
            continue
        if isinstance(value, wanted):
            found = _replace(given, item["loc"], text, value) or found
    return found


def _copy(value: Any) -> Any:
    """A copy of lists and objects; what is in them stays the same."""
    if isinstance(value, dict):
        return {key: _copy(part) for key, part in value.items()}
    return list(map(_copy, value)) if isinstance(value, list) else value


def _replace(given: Any, location: tuple[int | str, ...], text: str, value: Any) -> bool:
    """Put ``value`` where ``text`` stands. Parts of the location that name a choice of a union lead nowhere."""
    for part in location:
        if part not in (range(len(given)) if isinstance(given, list) else given):
            continue
        inner = given[part]
        if inner == text:
            given[part] = value
            return True
        if not isinstance(inner, dict | list):
            return False
        given = inner
    return False


def invalid_input(error: ValidationError) -> InvalidInput:
    """The error of a failed validation: each field and what is wrong with it, never the value."""
    items = error.errors(include_url=False)
    return _wrong([(_place(item) or "body", _message(item)) for item in items])


def _place(item: ErrorDetails) -> str:
    return ".".join(str(part)[:LONGEST] for part in item["loc"])


def _wrong(fields: list[tuple[str, str]]) -> InvalidInput:
    detail = "; ".join(f"{field}: {message}" for field, message in fields[:5])
    if len(fields) > NAMED:
        detail += f"; and {len(fields) - 5} more"
    return InvalidInput(detail, errors=[{"field": field, "message": message} for field, message in fields[:NAMED]])


def _message(item: ErrorDetails) -> str:
    kind = item["type"]
    if kind == "extra_forbidden":
        return "there is no such argument"
    if kind == "missing":
        return "this argument is required"
    if kind == "too_short" and item["input"] == "":
        return "must not be empty"
    if kind == "too_long" and isinstance(item["input"], str):
        return f"must have at most {item['ctx']['max_length']} characters, not {item['ctx']['actual_length']}"
    if kind in _LIST:
        return 'must be a list, such as ["one", "two"], also where it has one entry'
    if kind in ("dict_type", "mapping_type"):
        return 'must be an object, such as {"name": "value"}'
    return item["msg"].removeprefix("Value error, ")
