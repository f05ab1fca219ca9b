"""Keys: named by people, sent by terminals, read from browsers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from teammcp_claude_launcher.screen import KeyName, read_keys, sequence_of, typed
from teammcp_claude_launcher.screen.keys import NAMED

NAME: TypeAdapter[str] = TypeAdapter(KeyName)


SPELT = {"Enter": "enter", "return": "enter", "ESC": "escape", "Ctrl+C": "ctrl-c", "page_up": "page-up", "是": "是"}


@pytest.mark.parametrize(("given_name", "name"), SPELT.items())
def test_keys_go_by_the_names_that_people_use(given_name: str, name: str) -> None:
    assert NAME.validate_python(given_name) == name


@pytest.mark.parametrize("name", ["", "entre", "\x1b", "ctrl-", "rm -rf", "\n", "x" * 1000])
def test_what_is_no_key_is_refused_with_those_that_are(name: str) -> None:
    with pytest.raises(ValidationError, match="ctrl-a … ctrl-z"):
        NAME.validate_python(name)


@given(st.lists(st.sampled_from(sorted(set(NAMED) - {"space", "ctrl-i", "ctrl-m"})), min_size=1))
def test_what_a_terminal_sends_for_a_key_is_read_as_that_key(names: list[str]) -> None:
    for application in (False, True):
        for name in names:
            assert list(read_keys(sequence_of(name, application=application))) == [("", [name])]


@pytest.mark.parametrize(
    ("data", "steps"),
    [
        ("ls\r", [("ls", ["enter"])]),
        ("\x1b[A\x1b[A\r你好", [("", ["up", "up", "enter"]), ("你好", [])]),
        ("\x1b[200~a\rb\x1b[201~", [("a\nb", [])]),
        ("\x1b[<0;10;10M\x1b[I\x1b[?1;2c\x1b[12;1R", []),  # mouse, focus, answers: no keys
        ("a\x03", [("a", ["ctrl-c"])]),
        ("\x1b", [("", ["escape"])]),
        ("\x1bb", [("", ["alt-b"])]),
    ],
)
def test_what_a_browser_sends_becomes_texts_and_names(data: str, steps: list[object]) -> None:
    assert list(read_keys(data)) == steps


@given(st.text())
def test_a_text_presses_no_keys(text: str) -> None:
    assert not [each for each in typed(text) if each != "\n" and (each < " " or "\x7f" <= each <= "\x9f")]


def test_a_text_keeps_what_people_write() -> None:
    assert typed("全角　空格 👩\u200d🔬\r\nnext\tline\x1b[A") == "全角　空格 👩\u200d🔬\nnext    line[A"
