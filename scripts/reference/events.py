"""The page of the kinds of events, and of what the data of each says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import BaseModel

from scripts.reference.schemas import attribute_docs, cell, describe
from teammcp import Result
from teammcp.events import EventData
from teammcp.events.kinds import Partial
from teammcp.plugins import PluginManager

HEAD = """\
# Event kinds

Every change appends an event to the team's log, in the same transaction. These are the kinds of the features
and of the plugins that come with TeamMCP; others add theirs. What stands in the `data` of each is listed below.

| kind | meaning | from |
|---|---|---|
"""
DATA = """
## What the events say

The fields of `data`. One that is marked "If given" is left out where there is nothing to say.
"""


def events_page(plugins: PluginManager) -> str:
    """All kinds of events, and their data."""
    declared = [
        (kind.event_kind, kind, plugin) for plugin, kinds in plugins.collect("register_event_kinds") for kind in kinds
    ]
    declared.sort(key=lambda entry: entry[0])
    rows = [f"| `{name}` | {cell(kind.meaning())} | {plugin} |" for name, kind, plugin in declared]
    parts: dict[str, type[BaseModel]] = {}
    sections = [section for group in _alike(kind for _, kind, _ in declared) for section in _section(group, parts)]
    return HEAD + "\n".join(rows) + "\n" + DATA + "\n" + "\n".join([*sections, *_parts(parts)])


def _alike(kinds: Iterable[type[EventData]]) -> Iterable[list[type[EventData]]]:
    """The kinds in groups, each of those about the same things that say the same."""
    groups: dict[tuple[str, str], list[type[EventData]]] = {}
    for kind in kinds:
        groups.setdefault((kind.event_kind.split(".")[0], _fields(kind)), []).append(kind)
    return groups.values()


def _fields(kind: type[EventData]) -> str:
    return repr(sorted(kind.model_json_schema().get("properties", {}).items()))


def _section(kinds: list[type[EventData]], parts: dict[str, type[BaseModel]]) -> Iterator[str]:
    yield f"### {', '.join(kind.event_kind for kind in kinds)}\n"
    if kinds[0].model_fields:
        yield from _table(kinds[0], parts)
    else:
        yield "Nothing: who did it and the subject say all.\n"


def _parts(parts: dict[str, type[BaseModel]]) -> Iterator[str]:
    """The objects that stand in the data of several events. Each may bring others."""
    if parts:
        yield "## Their parts\n"
    shown: set[str] = set()
    while waiting := sorted(parts.keys() - shown):
        for name in waiting:
            shown.add(name)
            yield f"### {name}\n\n{cell((parts[name].__doc__ or '').strip().partition(chr(10))[0])}\n"
            yield from _table(parts[name], parts)


def _table(model: type[BaseModel], parts: dict[str, type[BaseModel]]) -> Iterator[str]:
    schema = model.model_json_schema(by_alias=False)
    models, always = _models(model), {*schema.get("required", ()), *_of_shapes(model)}
    yield "| field | type | |\n|---|---|---|"
    for name, value in schema["properties"].items():
        given = "" if name in always else "If given."
        noted = f"{given} {value.get('description') or attribute_docs(model).get(name, '')}".strip()
        yield f"| `{name}` | {cell(_type(value, schema.get('$defs', {}), models, parts))} | {cell(noted)} |"
    yield ""


def _of_shapes(model: type[BaseModel]) -> set[str]:
    """The fields that come from the shape of a result, all of which an event has."""
    shapes = [base for base in model.__mro__ if issubclass(base, Result) and not issubclass(base, EventData | Partial)]
    return set() if issubclass(model, Partial) else {name for shape in shapes for name in shape.model_fields}


def _type(
    value: dict[str, Any], definitions: dict[str, Any], models: dict[str, type[BaseModel]], parts: dict[str, Any]
) -> str:
    """A type in words; an object of its own is a link to where its fields are listed."""
    if "anyOf" in value:
        nullable = any(option.get("type") == "null" for option in value["anyOf"])
        options = [_type(each, definitions, models, parts) for each in value["anyOf"] if each.get("type") != "null"]
        return " or ".join([*dict.fromkeys(options), *(["null"] if nullable else [])])
    if value.get("type") == "array":
        return f"list of {_type(value.get('items', {}), definitions, models, parts)}"
    name = value.get("$ref", "").rpartition("/")[2]
    if name in models and definitions[name].get("type") == "object":
        parts[name] = models[name]
        return f"[{name}](#{name.lower()})"
    if value.get("format") == "date-time":
        return "time"
    return describe(value, definitions)


def _models(model: type[BaseModel]) -> dict[str, type[BaseModel]]:
    """The models that the fields of one refer to, by name."""
    found: dict[str, type[BaseModel]] = {}
    waiting: list[Any] = [field.annotation for field in model.model_fields.values()]
    while waiting:
        annotation = waiting.pop()
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            found[annotation.__name__] = annotation
        else:
            waiting += getattr(annotation, "__args__", ())
    return found
