"""A runtime's options as fields of a form, out of their JSON schema, and back."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

PREFIX = "option."
"""Before the names of these fields in a form."""

READERS: Mapping[str, Callable[[str], Any]] = {"integer": int, "number": float, "json": json.loads}
"""How what is entered for a kind is read."""
Kind = Literal["text", "long", "integer", "number", "yes_no", "choice", "lines", "json"]


@dataclass(frozen=True)
class OptionField:
    """A field.

    Attributes:
        name: of the option.
        title, description: for people, as the runtime says them.
        kind: what can be entered: ``lines`` is a list with an item in each line.
        default: what holds if nothing is entered, as it is entered.
        choices: of the kind ``choice``.
        optional: whether nothing may be entered, for no value.
    """

    name: str
    title: str
    description: str
    kind: Kind
    default: str
    choices: tuple[str, ...] = ()
    optional: bool = False

    @property
    def field(self) -> str:
        """Its name in the form."""
        return PREFIX + self.name

    def shown(self, options: Mapping[str, Any]) -> str:
        """What it holds for these options."""
        return _typed(self.kind, options[self.name]) if self.name in options else self.default


def option_fields(schema: Mapping[str, Any]) -> list[OptionField]:
    """The fields for the options of a schema."""
    return [_field(name, _resolved(part, schema)) for name, part in schema.get("properties", {}).items()]


def read_options(fields: list[OptionField], form: Mapping[str, str]) -> dict[str, Any]:
    """What was entered; what is as by default is left out.

    Raises:
        ValueError: something is no number or no JSON; the text begins with the field's name.
    """
    found = {}
    for each in fields:
        text = form.get(each.field, "")
        if each.kind == "yes_no":
            text = "yes" if text else ""
        if text.strip() in {each.default.strip(), "" if each.kind in READERS else each.default.strip()}:
            continue
        found[each.name] = _value(each, text)
    return found


def _field(name: str, part: Mapping[str, Any]) -> OptionField:
    choices = tuple(str(each) for each in part.get("enum", ()))
    kind = _kind(part, choices)
    return OptionField(
        name=name,
        title=part.get("title", name),
        description=part.get("description", ""),
        kind=kind,
        default=_typed(kind, part.get("default")),
        choices=choices,
        optional=part.get("default", "") is None,
    )


def _kind(part: Mapping[str, Any], choices: tuple[str, ...]) -> Kind:
    if choices:
        return "choice"
    match part.get("type"):
        case "string":
            return "long" if part.get("maxLength", 0) > 500 else "text"
        case "boolean":
            return "yes_no"
        case "integer":
            return "integer"
        case "number":
            return "number"
        case "array" if part.get("items", {}).get("type") == "string":
            return "lines"
    return "json"


def _resolved(part: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """A part of a schema with what it refers to, and without the choice of no value."""
    if "$ref" in part:
        part = {**schema.get("$defs", {}).get(part["$ref"].rpartition("/")[2], {}), **part}
    some = [each for each in part.get("anyOf", ()) if each.get("type") != "null"]
    return {**_resolved(some[0], schema), **part} if len(some) == 1 else part


def _typed(kind: Kind, value: Any) -> str:
    if value is None:
        return ""
    if kind == "yes_no":
        return "yes" if value else ""
    if kind == "lines" and isinstance(value, (list, tuple)):
        return "\n".join(map(str, value))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _value(field: OptionField, text: str) -> Any:
    if not text.strip() and field.optional:
        return None
    match field.kind:
        case "yes_no":
            return bool(text)
        case "lines":
            return [line.strip() for line in text.split("\n") if line.strip()]
        case "integer" | "number" | "json":
            try:
                return READERS[field.kind](text)
            except ValueError:
                raise ValueError(f"{field.field}: {text}") from None
        case _:
            return text
