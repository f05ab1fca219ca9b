"""The schema of every tool, of all installed plugins too, keeps to the rules of all providers.

One that is refused fails each turn of an agent that is shown the tool.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from jsonschema import Draft7Validator, Draft202012Validator
from pydantic import BaseModel, Field, JsonValue

from teammcp import Context, Result, Server, hookimpl, operation
from teammcp.mcp.schemas import input_schema, output_schema
from teammcp.mcp.tools import described

Schema = dict[str, Any]
GEMINI = "https://ai.google.dev/api/caching#Schema"
# The SDK of Google for JavaScript sends a tool's output schema as responseJsonSchema.
GEMINI_JSON = "https://docs.cloud.google.com/vertex-ai/generative-ai/docs/reference/rest/v1/FunctionDeclaration"
OPENAI = "https://platform.openai.com/docs/guides/structured-outputs#supported-schemas"
OPENAI_CALLS = "https://platform.openai.com/docs/api-reference/chat/create#chat_create-tools"
VSCODE = "microsoft/vscode-copilot-chat: src/extension/tools/common/toolSchemaNormalizer.ts"
CLAUDE = "https://docs.claude.com/en/docs/agents-and-tools/tool-use/implement-tool-use"
MCP = "https://modelcontextprotocol.io/specification/2025-11-25/server/tools#output-schema"
MANAGED = "https://platform.claude.com/docs/en/managed-agents/self-hosted-sandboxes"


@dataclass(frozen=True)
class Node:
    """A schema within a schema."""

    schema: Schema
    place: tuple[str, ...]

    @property
    def is_root(self) -> bool:
        return not self.place


@dataclass(frozen=True)
class Rule:
    """What a provider wants of each node; ``source`` says so."""

    what: str
    source: str
    holds: Callable[[Node], bool]


KNOWN = {
    *("type", "description", "default", "enum", "anyOf", "properties", "required", "additionalProperties"),
    *("items", "minItems", "minLength", "maxLength", "pattern", "format", "minimum", "maximum"),
}
TYPES = {"object", "array", "string", "integer", "number", "boolean", "null"}


def one_type(node: Node) -> bool:
    return str(node.schema.get("type")) in TYPES if "anyOf" not in node.schema else "type" not in node.schema


def enum_of_texts(node: Node) -> bool:
    choices = node.schema.get("enum", ["x"])
    texts = node.schema.get("type") == "string" and all(isinstance(choice, str) for choice in choices)
    return "enum" not in node.schema or (texts and "" not in choices and len(choices) > 0)


def items_of_arrays(node: Node) -> bool:
    return node.schema.get("type") != "array" or bool(node.schema.get("items"))


INPUTS = [
    Rule("an object at the top, with properties", VSCODE, lambda n: not n.is_root or is_object(n)),
    Rule("no choice at the top", CLAUDE, lambda n: not n.is_root or not n.schema.keys() & {"anyOf", "oneOf", "allOf"}),
    Rule("no references", MANAGED, lambda n: not n.schema.keys() & {"$ref", "$defs", "$anchor", "$dynamicRef"}),
    Rule("one type, or a choice", GEMINI, one_type),
    Rule("a choice of texts, none of them empty", GEMINI, enum_of_texts),
    Rule("a list says of what", GEMINI, items_of_arrays),
    Rule("a list says of what", VSCODE, items_of_arrays),
    Rule("a list says of what", OPENAI_CALLS, items_of_arrays),
    Rule("no keywords that the API does not know", GEMINI, lambda n: n.schema.keys() <= KNOWN),
    Rule("of formats of a text date-time alone", GEMINI, lambda n: n.schema.get("format", "date-time") == "date-time"),
    Rule("what is required is there", VSCODE, lambda n: set(n.schema.get("required", ())) <= names_in(n)),
    Rule("properties of objects alone", GEMINI, lambda n: "properties" not in n.schema or n.schema["type"] == "object"),
    Rule("no looking around in patterns", OPENAI, lambda n: "(?" not in n.schema.get("pattern", "")),
    Rule("descriptions of at most 1,024 characters", VSCODE, lambda n: len(n.schema.get("description", "")) <= 1024),
    Rule("nested at most ten levels", OPENAI, lambda n: sum(part == "properties" for part in n.place) <= 10),
    Rule("at most 1,000 choices", OPENAI, lambda n: len(n.schema.get("enum", ())) <= 1000),
    Rule("names of 1 to 64 plain characters", MANAGED, lambda n: all(map(NAME.fullmatch, names_in(n)))),
]
OUTPUTS = [
    Rule(
        "an object at the top", "https://modelcontextprotocol.io/specification", lambda n: not n.is_root or is_object(n)
    ),
    Rule("nothing beside a reference", GEMINI_JSON, lambda n: "$ref" not in n.schema or len(n.schema) == 1),
    Rule("a list says of what", GEMINI_JSON, items_of_arrays),
    Rule("one type, or a choice, or a reference", GEMINI_JSON, lambda n: "$ref" in n.schema or one_type(n)),
    Rule("no empty choice", GEMINI, lambda n: "" not in n.schema.get("enum", ())),
    Rule("what is required is there", VSCODE, lambda n: set(n.schema.get("required", ())) <= names_in(n)),
    Rule("no conditions", OPENAI, lambda n: not n.schema.keys() & {"not", "if", "then", "else", "allOf"}),
]
FREE = {
    *("conclude_state", "create_task", "set_memory", "set_state", "update_task"),
    *("add_approval_rule", "add_permission_rule", "request_permission", "send_directive", "send_message"),
    *("configure_agent", "set_credential", "spawn_agent", "start_agent"),
    *("add_project", "update_project"),
    *("send_dm", "teams_ask", "answer_question", "ask_back", "teams_send_message", "teams_notify"),
    "announce_change",
}
"""Tools with an argument that is any object: OpenAI's strict mode has none, and programs call these without it."""
NAME = re.compile(r"[a-zA-Z0-9_.-]{1,64}")


def is_object(node: Node) -> bool:
    return node.schema.get("type") == "object" and isinstance(node.schema.get("properties"), dict)


def names_in(node: Node) -> set[str]:
    return set(node.schema.get("properties", ()))


def nodes(schema: Schema, place: tuple[str, ...] = ()) -> Iterator[Node]:
    """Every schema within a schema, itself included."""
    yield Node(schema, place)
    for key in ("properties", "$defs", "patternProperties"):
        for name, part in schema.get(key, {}).items():
            yield from nodes(part, (*place, key, name))
    for key in ("anyOf", "oneOf", "allOf", "prefixItems"):
        for number, part in enumerate(schema.get(key, ())):
            yield from nodes(part, (*place, key, str(number)))
    for key in ("items", "additionalProperties", "propertyNames", "contains", "not"):
        if isinstance(schema.get(key), dict):
            yield from nodes(schema[key], (*place, key))


def broken(schema: Schema, rules: list[Rule]) -> list[str]:
    return [
        f"{'.'.join(node.place)}: {rule.what} ({rule.source}): {node.schema}"
        for node in nodes(schema)
        for rule in rules
        if not rule.holds(node)
    ]


class Colour(enum.Enum):
    RED = "red"
    NONE = ""


class Grade(enum.Enum):
    GOOD = 1
    BAD = 2


class Tree(BaseModel):
    name: str
    children: list[Tree] = []


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int


class Dog(BaseModel):
    kind: Literal["dog"]
    tricks: list[str]


class Everything(Result):
    """What pydantic can make of a type, for schemas that are hard to keep plain."""

    tree: Tree
    twice: tuple[Tree, Tree]
    pair: tuple[int, str] = (1, "")
    pet: Annotated[Cat | Dog, Field(discriminator="kind")]
    colour: Colour = Colour.RED
    grade: Grade = Grade.GOOD
    yes: Literal[True] = True
    word: Literal["only"] = "only"
    mixed: Literal["a", 1, None] = "a"
    price: Decimal = Decimal(1)
    number: UUID
    day: date
    moment: datetime
    span: timedelta
    raw: bytes = b""
    anything: Any = None
    json_value: JsonValue = None
    lists: list[list[Any]] = []
    bare: list = []  # type: ignore[type-arg]
    several: set[Colour] = set()
    by_day: dict[date, list[int]] = {}
    short: Annotated[int, Field(gt=0, lt=10, multiple_of=3)] = 3
    few: Annotated[list[str], Field(min_length=1, max_length=3)] = ["a"]
    example: Annotated[str, Field(examples=["such"], pattern="^y")] = "y"
    either: int | str | list[dict[str, Any]] | None = None


@operation("POST /api/everything", read_only=True)
async def take_everything(context: Context, given: Everything, both: Everything | None = None) -> Everything:
    """Take everything."""
    return given


class Plugin:
    """A plugin with an operation of hard types."""

    @hookimpl
    def register_operations(self) -> list[Any]:
        return [take_everything]


pytestmark = pytest.mark.teammcp(install={"hard": Plugin()})


@pytest.fixture
def installed_plugins() -> Collection[str] | None:
    return None  # all of them


def test_every_schema_keeps_to_the_rules_of_every_provider(server: Server) -> None:
    tools = [described(each) for each in server.registry if each.tool]
    assert len(tools) > 130
    wrong = {tool.name: broken(tool.input_schema, INPUTS) for tool in tools}
    assert {name: found for name, found in wrong.items() if found} == {}
    wrong = {tool.name: broken(tool.output_schema or {}, OUTPUTS) for tool in tools}
    assert {name: found for name, found in wrong.items() if found} == {}


def test_every_schema_can_be_made_strict_but_for_objects_of_the_callers_own(server: Server) -> None:
    def is_free(node: Node) -> bool:
        return node.schema.get("type") == "object" and ("additionalProperties" in node.schema or not names_in(node))

    free = {
        each.name
        for each in server.registry
        if each.tool and any(is_free(node) for node in nodes(described(each).input_schema) if not node.is_root)
    }
    assert free - {"take_everything"} == FREE


def test_every_tool_has_a_name_and_a_description_that_every_provider_takes(server: Server) -> None:
    for each in server.registry:
        if each.tool:  # programs put the server's name before it, and 64 characters is the limit of most
            assert re.fullmatch(r"[a-z][a-z0-9_]{0,39}", each.name)
            assert 0 < len(each.description) <= 1024


def test_every_schema_is_one_by_both_drafts_that_are_about(server: Server) -> None:
    for each in server.registry:
        if each.tool:
            for schema in (described(each).input_schema, described(each).output_schema):
                Draft7Validator.check_schema(schema)
                Draft202012Validator.check_schema(schema)


GIVEN: dict[str, Any] = {
    "tree": {"name": "a", "children": [{"name": "b", "children": [{"name": "c"}]}]},
    "twice": [{"name": "a"}, {"name": "b"}],
    "pet": {"kind": "dog", "tricks": ["sit"]},
    "number": "6fa459ea-ee8a-3ca4-894e-db77e160355e",
    "day": "2026-02-01",
    "moment": "2026-02-01T10:00:00Z",
    "span": "P1D",
    "colour": "",
    "anything": {"a": [[[[[[2]]]]]]},
    "json_value": [{"b": 1}],
    "by_day": {"2026-02-01": [1]},
    "either": [{"a": 1}],
}


def test_what_a_schema_says_is_true(server: Server) -> None:
    found = server.registry.get("take_everything")
    taken = found.check({"given": GIVEN, "both": GIVEN})
    schema = input_schema(found.arguments, idempotent=True)
    for draft in (Draft7Validator, Draft202012Validator):
        draft(schema).validate({"given": GIVEN, "both": GIVEN})
        assert not draft(schema).is_valid({"given": {**GIVEN, "twice": ["a"]}})
        assert not draft(schema).is_valid({"given": {**GIVEN, "word": "another"}})
        result = taken.given.model_dump(mode="json", by_alias=True)  # type: ignore[attr-defined]
        for anything in ([[[[1, {"a": [[[[[[2]]]]]]}]]], None], [], {}, "", None, 1.5, True):
            draft(output_schema(Everything, deferrable=False)).validate({**result, "anything": anything})
        assert not draft(output_schema(Everything, deferrable=False)).is_valid({**result, "pair": [[], 1]})


def test_the_rules_find_what_they_are_for() -> None:
    assert broken({"type": "object", "properties": {}}, INPUTS) == []
    for part in (
        {"enum": ["a", ""], "type": "string"},
        {"enum": [1], "type": "integer"},
        {"anyOf": [{"type": "object"}, {"type": "array"}]},
        {"type": ["string", "null"]},
        {"const": "a", "type": "string"},
        {"$ref": "#/$defs/X"},
        {"type": "string", "format": "uuid"},
        {"type": "array", "prefixItems": [{"type": "string"}], "items": {"type": "string"}},
        {},
    ):
        assert broken({"type": "object", "properties": {"x": part}}, INPUTS), part
