"""Schemas that every provider takes: one that it refuses fails each turn of an agent that is shown the tool.

Gemini, OpenAI, Anthropic and VS Code each take another subset of JSON Schema, and refuse the whole request for one part
beyond it. What is left out is checked by the server all the same. The rules with their sources stand in
``tests/test_mcp_schemas.py``, which holds all tools to them.
"""

from __future__ import annotations

import json
from typing import Any

Schema = dict[str, Any]

_REFERENCE = "#/$defs/"
_TYPES = {bool: "boolean", int: "integer", float: "number", str: "string", type(None): "null", list: "array"}
_ITEMS = {"anyOf": [{"type": name} for name in ("object", "string", "number", "boolean")]}
"""Of a list of anything. Of lists in lists only a schema can tell that calls itself by name, and not all take those."""
_LISTS_IN_LISTS = 4
"""How deep results may be lists of lists alone. More takes a schema that calls itself, or one that says nothing."""
_KEPT = {
    *("type", "description", "default", "enum", "anyOf"),
    *("properties", "required", "additionalProperties", "items", "minItems"),
    *("minLength", "maxLength", "pattern", "format", "minimum", "maximum"),
}
"""What an input's schema may hold; ``const``, ``oneOf``, ``prefixItems`` and the like are said in these words."""


def _any_items(lists: int) -> Schema:
    """What a list of anything holds: lists in lists so many times."""
    kinds: list[Schema] = [{"type": name} for name in ("object", "string", "number", "boolean", "null")]
    return {"anyOf": [*kinds, {"type": "array", "items": _any_items(lists - 1)}] if lists else kinds}


_ANY_ITEMS = _any_items(_LISTS_IN_LISTS)


def portable_input(schema: Schema) -> Schema:
    """The schema of arguments, without references, in the words that all providers know."""
    definitions = schema.get("$defs", {})
    return _input({key: part for key, part in schema.items() if key != "$defs"}, definitions, ())


def _input(schema: Schema, definitions: dict[str, Schema], within: tuple[str, ...]) -> Schema:
    reference = schema.get("$ref")
    if isinstance(reference, str):
        name = reference.removeprefix(_REFERENCE)
        beside = {key: part for key, part in schema.items() if key != "$ref"}
        if name in within:  # a tree: deeper than this it is any object
            return {"type": definitions[name].get("type", "object"), **beside}
        return _input({**definitions[name], **beside}, definitions, (*within, name))

    def inner(part: Any) -> Any:
        return _input(part, definitions, within) if isinstance(part, dict) else part

    said = _in_common_words(schema)
    short = {key: part for key, part in said.items() if key in _KEPT}
    if "properties" in short:
        short["properties"] = {name: inner(part) for name, part in short["properties"].items()}
    if "anyOf" in short:
        short["anyOf"] = [inner(part) for part in short["anyOf"]]
    for key in ("items", "additionalProperties"):
        if key in short:
            short[key] = inner(short[key])
    return short


def _in_common_words(schema: Schema) -> Schema:
    said = _with_items(_without_empty_choice(dict(schema)), _ITEMS)
    if "const" in said:
        said["enum"] = [said.pop("const")]
    said = _choosing_among_texts(said)
    if "oneOf" in said:
        said["anyOf"] = said.pop("oneOf")
    if len(said.get("allOf", ())) == 1:
        said = {**said.pop("allOf")[0], **said}
    if said.get("type") == "integer":
        if "exclusiveMinimum" in said:
            said.setdefault("minimum", said["exclusiveMinimum"] + 1)
        if "exclusiveMaximum" in said:
            said.setdefault("maximum", said["exclusiveMaximum"] - 1)
    if "(?" in said.get("pattern", ""):  # it looks around, which not every engine can
        del said["pattern"]
    hint = said.pop("contentEncoding", None)
    if said.get("format", "date-time") != "date-time":
        hint = said.pop("format")
    if "examples" in said:
        hint = f"such as {said['examples'][0]}"
    if hint and hint not in said.get("description", ""):
        said["description"] = f"{said['description']} ({hint})" if "description" in said else str(hint)
    return said


def portable_output(schema: Any) -> Any:
    """The schema of a result, which clients compare results with: what is said stays true.

    Gemini is sent it too, by the SDK of Google for JavaScript.
    """
    if not isinstance(schema, dict):
        return schema
    said = _with_items(_without_empty_choice(schema), _ANY_ITEMS)
    short: Schema = {}
    for key, part in (said if "type" in said else _choosing_among_texts(said)).items():
        if key in {"properties", "$defs"}:
            short[key] = {name: portable_output(inner) for name, inner in part.items()}
        elif key in {"anyOf", "oneOf"}:
            short["anyOf"] = [portable_output(inner) for inner in part]
        elif key in {"items", "additionalProperties"}:
            short[key] = portable_output(part)
        elif key not in {"propertyNames", "discriminator"}:
            short[key] = part
    if "$ref" in short and len(short) > 1:  # beside a reference nothing else may stand
        return {"$ref": short["$ref"]}
    return short


def _without_empty_choice(schema: Schema) -> Schema:
    """A choice that may be empty is a text: an empty choice is no choice to some."""
    choices = schema.get("enum", [])
    if "" not in choices:
        return schema
    words = f"{', '.join(filter(None, choices))} or empty"
    described = schema.get("description")
    rest = {key: part for key, part in schema.items() if key != "enum"}
    return {**rest, "type": "string", "description": f"{described} ({words})" if described else words}


def _choosing_among_texts(schema: Schema) -> Schema:
    """A choice among other values than texts is said in words."""
    choices = schema.get("enum", [])
    if all(isinstance(choice, str) for choice in choices):
        return {"type": "string", **schema} if choices else schema
    rest = {key: part for key, part in schema.items() if key not in {"enum", "type"}}
    kinds: dict[str, list[Any]] = {}
    for choice in choices:
        kinds.setdefault(_TYPES.get(type(choice), "object"), []).append(choice)
    parts = [_choice_of(kind, values) for kind, values in kinds.items()]
    return {**parts[0], **rest} if len(parts) == 1 else {"anyOf": parts, **rest}


def _choice_of(kind: str, values: list[Any]) -> Schema:
    if kind == "string":
        return {"type": kind, "enum": values}
    return {"type": kind} if kind == "null" else {"type": kind, "description": " or ".join(map(json.dumps, values))}


def _with_items(schema: Schema, unknown: Schema) -> Schema:
    """A list says of what: one of fixed parts of any of these, any other of what is ``unknown``."""
    if schema.get("type") != "array":
        return schema
    parts = schema.get("prefixItems")
    if parts:
        different = [part for number, part in enumerate(parts) if part not in parts[:number]]
        items = different[0] if len(different) == 1 else {"anyOf": different}
        return {**{key: part for key, part in schema.items() if key != "prefixItems"}, "items": items}
    return {"items": unknown, **schema}
