"""JSON Schemas of tools, as short as they can be: a model pays for every word, in every conversation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from pydantic import BaseModel, RootModel

from ..operations import IDEM_KEY
from .portable import Schema, portable_input, portable_output

Rewrite = Callable[[Schema], Schema]

# Keys under which a schema holds further schemas, by what they hold.
_MAPS = ("properties", "$defs", "patternProperties")
_LISTS = ("anyOf", "allOf", "oneOf", "prefixItems")
_SINGLE = ("items", "additionalProperties", "not", "propertyNames", "contains")
_REFERENCE = "#/$defs/"
_WORDS = {"description", "default"}
# Any JSON, in so many words: some clients take a schema that says nothing for a mistake.
_ANYTHING = [{"type": name} for name in ("object", "array", "string", "number", "boolean", "null")]
# What is the rule anyway: arguments are checked, a text that is given is not empty, what counts begins with 0 or 1, a
# whole number that JSON can hold is small enough, and what is left out is empty, 0 or false.
_IDLE: list[tuple[str, Any]] = [
    ("additionalProperties", False),
    ("additionalProperties", True),
    ("minLength", 1),
    ("minItems", 1),
    ("minimum", 0),
    ("minimum", 1),
    ("maximum", 2**53),
    ("exclusiveMaximum", 2**63),
    ("default", []),
    ("default", {}),
    ("default", ""),
    ("default", False),
]
# Limits that no call comes near by mistake; the server's error names them to whoever does.
_FAR = {"maxItems", "maxProperties"}


def input_schema(model: type[BaseModel], *, idempotent: bool) -> Schema:
    """The schema of an operation's arguments. What is ``idempotent`` needs no key against doing it twice."""
    schema = portable_input(_compact(model.model_json_schema(mode="validation"), _without_null))
    properties = schema.setdefault("properties", {})
    if properties.pop(IDEM_KEY, None) and not idempotent:
        properties[IDEM_KEY] = {"type": "string"}
    return schema


def output_schema(model: type[BaseModel], *, deferrable: bool) -> Schema:
    """The schema of a tool's structured content: an object always, lists inside ``result``.

    Further members may stand beside the result's own (``unread``). A result that is ``deferrable`` may be
    missing altogether, with ``deferred`` in its place.
    """
    schema: Schema = portable_output(_compact(model.model_json_schema(mode="serialization"), _without_default))
    if wraps(model):
        definitions = schema.pop("$defs", None)
        schema = {"type": "object", "properties": {"result": schema}, "required": ["result"]}
        if definitions:
            schema["$defs"] = definitions
    if deferrable:
        schema.pop("required", None)
    return schema


def wraps(model: type[BaseModel]) -> bool:
    """Whether results of this model are not JSON objects and have to be wrapped in one."""
    return issubclass(model, RootModel)


def _compact(schema: Schema, null: Rewrite) -> Schema:
    short = _shorten(schema, null)
    short.pop("description", None)  # of the model's class; the tool has its own
    definitions = short.pop("$defs", {})
    while True:
        uses = Counter(_references([short, definitions]))
        once = {name for name in uses if uses[name] == 1 and name not in _references(definitions[name])}
        if not once:
            break
        name = once.pop()
        short, definitions = _inline([short, definitions], name, definitions[name])
        del definitions[name]
    kept = {name: definition for name, definition in definitions.items() if name in uses}
    return {**short, "$defs": kept} if kept else short


def _shorten(schema: Any, null: Rewrite) -> Any:
    """Without generated titles and what is the rule anyway; ``null`` rewrites what may be null."""
    if not isinstance(schema, dict):
        return schema
    short: Schema = {}
    for key, value in schema.items():
        if key == "title" or key in _FAR or (key, value) in _IDLE:
            continue
        if key in _MAPS:
            short[key] = {name: _shorten(part, null) for name, part in value.items()}
        elif key in _LISTS:
            short[key] = [_shorten(part, null) for part in value]
        else:
            short[key] = _shorten(value, null) if key in _SINGLE else value
    return null(short if short.keys() - _WORDS else {"anyOf": _ANYTHING, **short})


def _without_null(schema: Schema) -> Schema:
    """``X | None = None`` is an argument that may be left out: that it is not required says so already."""
    if "default" not in schema or schema["default"] is not None:
        return schema
    short = {key: value for key, value in schema.items() if key != "default"}
    choice = _only_choice(short)
    if choice is None:
        return short
    del short["anyOf"]
    return {**choice, **short}


def _without_default(schema: Schema) -> Schema:
    """In answers the value itself is there."""
    return {key: value for key, value in schema.items() if key != "default"}


def _only_choice(schema: Schema) -> Schema | None:
    """What else than null a value may be, if that is one thing."""
    choices: list[Schema] = schema.get("anyOf", [])
    others = [choice for choice in choices if choice != {"type": "null"}]
    return others[0] if len(others) == 1 and len(choices) == 2 else None


def _references(schema: Any) -> list[str]:
    if isinstance(schema, list):
        return [name for part in schema for name in _references(part)]
    if not isinstance(schema, dict):
        return []
    found = [name for part in schema.values() for name in _references(part)]
    reference = schema.get("$ref")
    if isinstance(reference, str):
        found.append(reference.removeprefix(_REFERENCE))
    return found


def _inline(schema: Any, name: str, definition: Schema) -> Any:
    if isinstance(schema, list):
        return [_inline(part, name, definition) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("$ref") == _REFERENCE + name:
        return {**definition, **{key: value for key, value in schema.items() if key != "$ref"}}
    return {key: _inline(part, name, definition) for key, part in schema.items()}
