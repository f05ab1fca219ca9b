"""Hostile JSON at every operation: halves of emoji, nesting without an end, and JSON that stands in a text."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from typing import Annotated, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, JsonValue, SecretStr

from teammcp import InvalidInput, Server
from teammcp.arguments.checking import checked
from teammcp.operations import Operation
from teammcp.testing import TestTeam
from teammcp.text.wellformed import HALF, MAX_DEPTH, flaw, read_json, whole_json

HALVES = ["\ud83d", "an emoji cut in the middle: \ud83d", "\ude00\ud83d", "\ud83d\ud83d\ude00"]


@pytest.fixture
def installed_plugins() -> Collection[str] | None:
    return None  # all of them


def nested(levels: int, kind: type = list) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value] if kind is list else {"a": value}
    return value


# -- halves and depth --------------------------------------------------------------------------------------------------

texts = st.text(st.characters(codec=None))  # halves too
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


@given(values)
def test_json_with_halves_becomes_the_same_without(value: Any) -> None:
    mended = read_json(whole_json(json.dumps(value).encode()))
    # UTF-16 knows the pairs; Python puts U+FFFD for what is none.
    whole = json.dumps(value, ensure_ascii=False).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    assert mended == json.loads(whole)
    assert flaw(mended) is None


@given(st.lists(st.sampled_from(["\\", "u", "d83d", "\\ud83d", "\\ude00", '"', "x", "\\uD83D"])).map("".join))
def test_what_only_looks_like_a_half_stays_as_it_is(text: str) -> None:
    assert json.loads(whole_json(json.dumps(text).encode())) == text


def test_every_operation_refuses_halves_and_endless_nesting_and_names_the_field(server: Server) -> None:
    hostile = [
        *((half, HALF) for half in HALVES),
        ([HALVES[0]], HALF),
        ({HALVES[0]: 1}, HALF),
        ({"a": {"b": [HALVES[0]]}}, HALF),
        (nested(2_000), "levels"),
        (nested(2_000, dict), "levels"),
        (nested(MAX_DEPTH), "levels"),
        (float("nan"), "finite"),
    ]
    for operation in server.registry:
        for name, field in operation.arguments.model_fields.items():
            for value, message in hostile:
                for strict in (False, True):
                    with pytest.raises(InvalidInput, match=message) as caught:
                        operation.check({field.alias or name: value}, strict=strict)
                    [error] = caught.value.data["errors"]
                    assert error["field"].startswith(field.alias or name)
        with pytest.raises(InvalidInput, match=HALF):
            operation.check({HALVES[0]: 1})


@pytest.mark.parametrize("path", ["/api/call/send_message", "/api/call/set_state", "/api/hooks/claude"])
async def test_rest_says_what_is_wrong_with_deep_json(team: TestTeam, path: str) -> None:
    for levels in (MAX_DEPTH + 1, 200, 2_000, 100_000):
        for opening, closing in ("[]", ('{"a":', "}")):
            body = b'{"value": ' + opening.encode() * levels + b"1" + closing.encode() * levels + b"}"
            answer = await team.owner.http.post(path, content=body, headers={"Content-Type": "application/json"})
            assert (answer.status_code, answer.json()["error"]) == (400, "invalid_json")


async def test_the_event_of_a_program_is_taken_with_half_an_emoji_in_it(team: TestTeam) -> None:
    bob = await team.agent("bob")
    await team.owner.call("send_dm", recipient="bob", content="psst")
    event = {"hook_event_name": "UserPromptSubmit", "session_id": "s", "cwd": "/x", "prompt": "\ud83d", "\ud83d": 1}
    for program in ("claude", "codex"):
        answer = await bob.http.post(
            f"/api/hooks/{program}", content=json.dumps(event), headers={"Content-Type": "application/json"}
        )
        assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    "typed",
    ['"\\ud83d"', '{"\\ud83d": 1}', "[NaN]", "[1e999]", *(json.dumps(nested(levels)) for levels in (20, 40, 900))],
)
async def test_a_page_says_what_is_wrong_with_json_that_cannot_be_kept(team: TestTeam, typed: str) -> None:
    await team.owner.log_in()
    answer = await team.owner.submit("/state/new", project_id="p", field="f", value=typed)
    assert answer.status_code == 400
    assert "value" in answer.text


# -- JSON in a text ----------------------------------------------------------------------------------------------------


def places(schema: dict[str, Any], top: dict[str, Any]) -> set[str]:
    """What a schema allows: names of JSON types."""
    if "$ref" in schema:
        return places(top["$defs"][schema["$ref"].rpartition("/")[2]], top)
    if "anyOf" in schema:
        return set().union(*(places(part, top) for part in schema["anyOf"]))
    return {schema["type"]} if "type" in schema else {"string", "array", "object"}


def sample(schema: dict[str, Any], top: dict[str, Any]) -> Any:
    """A value that a schema allows."""
    if "$ref" in schema:
        return sample(top["$defs"][schema["$ref"].rpartition("/")[2]], top)
    if "anyOf" in schema:
        return sample(schema["anyOf"][0], top)
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("type") == "array":
        return [sample(schema["items"], top)] if "items" in schema else ["a"]
    if schema.get("type") == "object":
        wanted = schema.get("required", [])
        return {name: sample(part, top) for name, part in schema.get("properties", {}).items() if name in wanted}
    if schema.get("format") == "date-time":
        return "2030-01-01T00:00:00Z"
    return {"integer": 1, "number": 1, "boolean": True, "null": None}.get(schema.get("type", ""), "abc")


def fields_of(operation: Operation) -> Iterator[tuple[str, set[str], Any, dict[str, Any]]]:
    """Each field's name, the JSON types that it allows, a value, and what else the operation needs."""
    top = operation.arguments.model_json_schema()
    required = {name: sample(top["properties"][name], top) for name in top.get("required", ())}
    for name, schema in top.get("properties", {}).items():
        yield name, places(schema, top), sample(schema, top), required


def test_lists_and_objects_are_taken_as_json_text_wherever_they_are_wanted(server: Server) -> None:
    found = set()
    for operation in server.registry:
        for name, allowed, value, required in fields_of(operation):
            if "string" in allowed or not allowed & {"array", "object"}:
                continue
            try:
                plain = operation.check({**required, name: value})
            except InvalidInput:
                continue  # no sample that fits; the others do
            for text in (json.dumps(value), f" {json.dumps(value, indent=1)}\n"):
                assert operation.check({**required, name: text}) == plain, (operation.name, name)
            with pytest.raises(InvalidInput):
                operation.check({**required, name: json.dumps(value)}, strict=True)
            found.add(f"{operation.name}.{name}")
    assert {"ack_inbox.items", "send_message.mentions", "send_message.metadata", "create_task.labels"} < found
    assert len(found) > 25


def test_a_text_is_never_taken_for_json(server: Server) -> None:
    count = 0
    for operation in server.registry:
        for name, allowed, _, required in fields_of(operation):
            for text in ('["a"]', '{"a": 1}'):
                if "string" not in allowed:
                    continue
                try:
                    found = operation.check({**required, name: text})
                except InvalidInput:
                    continue  # a name, a time, a word out of a list
                key = next(key for key, field in operation.arguments.model_fields.items() if name in {key, field.alias})
                taken = getattr(found, key)
                taken = taken.get_secret_value() if isinstance(taken, SecretStr) else taken
                assert taken == text, (operation.name, name)
                count += 1
    assert count > 100


class Item(BaseModel):
    n: int
    tags: list[str] = []


class Wanting(BaseModel):
    items: list[Item] = []
    by_name: dict[str, Item] = {}
    either: int | list[int] = 0
    text_or_list: Annotated[str, Field(max_length=12)] | list[str] = ""
    maybe: list[int] | None = None
    anything: JsonValue = None


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ({"items": '[{"n": 1, "tags": ["a"]}]'}, {"items": [{"n": 1, "tags": ["a"]}]}),
        ({"items": ['{"n": "1"}', {"n": 2, "tags": '["b"]'}]}, {"items": [{"n": 1}, {"n": 2, "tags": ["b"]}]}),
        ({"items": '["{\\"n\\": 1, \\"tags\\": \\"[\\\\\\"c\\\\\\"]\\"}"]'}, {"items": [{"n": 1, "tags": ["c"]}]}),
        ({"by_name": {"x": '{"n": 1}'}}, {"by_name": {"x": {"n": 1}}}),
        ({"by_name": '{"x": {"n": 1}}'}, {"by_name": {"x": {"n": 1}}}),
        ({"either": "5"}, {"either": 5}),
        ({"either": "[5]"}, {"either": [5]}),
        ({"text_or_list": '["a"]'}, {"text_or_list": '["a"]'}),
        ({"maybe": "[]"}, {"maybe": []}),
        ({"anything": '{"a": [1]}'}, {"anything": '{"a": [1]}'}),
        ({"anything": "[1"}, {"anything": "[1"}),
        ({"items": '[{"n": 1, "tags": ["\\ud83d"]}]'}, {"items": [{"n": 1, "tags": ["\ufffd"]}]}),
    ],
)
def test_json_in_a_text_is_taken_at_any_level(given: dict[str, Any], meant: dict[str, Any]) -> None:
    before = json.dumps(given)
    assert checked(Wanting, given, strict=False) == Wanting.model_validate(meant)
    assert json.dumps(given) == before  # the caller's own is not touched


@pytest.mark.parametrize(
    "given",
    [
        {"items": "[1"},
        {"items": '{"n": 1}'},
        {"items": "bob"},
        {"items": "null"},
        {"items": '"[]"'},
        {"items": "[" * 200 + "]" * 200},
        {"by_name": "[]"},
        {"either": "[a]"},
        {"text_or_list": '["a long text that is no list"]'},
    ],
)
def test_what_is_no_json_of_the_kind_that_is_wanted_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as caught:
        checked(Wanting, given, strict=False)
    assert caught.value.data["errors"][0]["field"].startswith(next(iter(given)))
