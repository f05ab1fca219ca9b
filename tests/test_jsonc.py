"""JSON files of people, changed in place: what is not changed stays to the last byte."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teammcp.joining.jsonc import DEEPEST, Document

KEYS = st.sampled_from(["a", "b", "//", "é", 'q"', "ours"])
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-9, 9)
    | st.sampled_from(["", "x // y", "/* z */", "\u2028", "}", ",", "\\"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)
SPACE = st.sampled_from(["", " ", "\n", "\r\n", "\t", "\n  ", " // note\n", '/* {"a": [ */', " /**/ "])


@st.composite
def written(draw: st.DrawFn, value: Any) -> str:
    """A value as somebody may have written it down."""

    def write(value: Any) -> str:
        if isinstance(value, dict | list):
            pairs = list(value.items()) if isinstance(value, dict) else [(None, item) for item in value]
            opening, closing = "{}" if isinstance(value, dict) else "[]"
            parts = []
            for key, item in pairs:
                name = "" if key is None else f"{json.dumps(key)}{draw(SPACE)}:{draw(SPACE)}"
                parts.append(f"{draw(SPACE)}{name}{write(item)}{draw(SPACE)}")
            comma = "," if parts and draw(st.booleans()) else ""
            return f"{opening}{','.join(parts)}{comma}{draw(SPACE)}{closing}"
        return json.dumps(value, ensure_ascii=draw(st.booleans()))

    return f"{draw(SPACE)}{write(value)}{draw(SPACE)}"


def is_within(few: str, many: str) -> bool:
    """Whether all characters of a text are in another, in the same order."""
    rest = iter(many)
    return all(character in rest for character in few)


@given(st.data(), st.dictionaries(KEYS, VALUES, max_size=4), VALUES)
def test_what_is_put_in_is_there_and_all_else_stays(data: st.DataObject, value: dict[str, Any], new: Any) -> None:
    text = data.draw(written(value))
    document = Document(text, comments=True)
    assert document.value == value
    document.set(["new", "deep"], new)
    assert document.value == {**value, "new": {"deep": new}}
    assert is_within("".join(text.split()), document.text)  # space before a closing brace may go
    assert document.remove(["new"])
    assert document.value == value
    kept = "".join(text.split()).replace(",", "")
    assert "".join(document.text.split()).replace(",", "") == kept


@given(st.data(), st.lists(VALUES, max_size=4), VALUES)
def test_lists_grow_and_shrink_in_place(data: st.DataObject, value: list[Any], new: Any) -> None:
    text = data.draw(written({"list": value}))
    document = Document(text, comments=True)
    document.append(["list"], new)
    assert document.value == {"list": [*value, new]}
    for at in reversed(range(len(value) + 1)):
        assert document.remove(["list", at])
        assert document.value == {"list": [*value, new][:at]}


@given(st.data(), st.dictionaries(KEYS, VALUES, min_size=1, max_size=4), VALUES)
def test_a_value_is_replaced_in_its_place(data: st.DataObject, value: dict[str, Any], new: Any) -> None:
    text = data.draw(written(value))
    key = data.draw(st.sampled_from(sorted(value)))
    document = Document(text, comments=True)
    node = document.find([key])
    assert node is not None
    before, after = text[: node.start], text[node.end :]
    document.set([key], new)
    assert document.value == {**value, key: new}
    assert (document.text[: len(before)], document.text[len(document.text) - len(after) :]) == (before, after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("{}", '{\n  "k": {\n    "a": 1\n  }\n}'),
        ('{\n\t"x": 1\n}\n', '{\n\t"x": 1,\n\t"k": {\n\t\t"a": 1\n\t}\n}\n'),
        ('{\r\n    "x": 1\r\n}', '{\r\n    "x": 1,\r\n    "k": {\r\n        "a": 1\r\n    }\r\n}'),
        ('{"x": 1}', '{"x": 1, "k": {"a": 1}}'),
        ('{\n  "x": 1 // mine\n}', '{\n  "x": 1, // mine\n  "k": {\n    "a": 1\n  }\n}'),
        ('{\n  "x": 1, // mine\n}', '{\n  "x": 1, // mine\n  "k": {\n    "a": 1\n  },\n}'),
        ('{\n  // none yet\n}', '{\n  // none yet\n  "k": {\n    "a": 1\n  }\n}'),
    ],
)  # fmt: skip
def test_what_is_added_is_written_as_the_file_is(before: str, after: str) -> None:
    document = Document(before, comments=True)
    document.set(["k"], {"a": 1})
    assert document.text == after
    document.remove(["k"])
    if json.dumps(document.value) != "{}":
        assert document.text == before


@pytest.mark.parametrize(
    "text", ["", "{", "{} x", '{"a" 1}', '{"a": 1 "b": 2}', "[1 2]", "{'a': 1}", '"\t"', "/* ", "[" * 9999, "NaN", "01"]
)
def test_what_is_no_json_is_told_where(text: str) -> None:
    with pytest.raises(ValueError, match=f"line 1, column|{DEEPEST} levels"):
        Document(text, comments=True)


@pytest.mark.parametrize("text", ["// a\n{}", "{} /* b */", '{"a": 1,}', "[1,]"])
def test_comments_and_last_commas_are_taken_where_the_program_takes_them(text: str) -> None:
    Document(text, comments=True)
    with pytest.raises(ValueError, match="line 1"):
        Document(text)


def test_of_a_key_that_is_there_twice_the_last_counts_and_all_go() -> None:
    document = Document('{"a": 1, "a": 2, "b": 3}')
    document.set(["a"], 4)
    assert document.text == '{"a": 1, "a": 4, "b": 3}'
    document.remove(["a"])
    assert document.text == '{"b": 3}'
