"""Agents' output on the page: as a terminal shows it, bounded, and never more than text."""

from __future__ import annotations

import re
import time
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teammcp.web import Terminal


def read(terminal: Terminal, piece: str) -> str:
    """What is to be read of a piece."""
    return unescape(re.sub("<[^>]*>", "", terminal.show(piece)))


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("\x1b[32mPASS\x1b[0m", "PASS"),
        ("\x1b[1;38;5;208mwarm\x1b[m", "warm"),
        ("\x1b[38;2;1;2;3mred\x1b[39m", "red"),
        ("\x9b31mred\x9b0m", "red"),
        ("10%\r20%\r100%", "100%"),
        ("long line\rshort", "shortline"),
        ("long line\r\x1b[Kshort", "short"),
        ("long line\x1b[2K\rshort", "short"),
        ("one\r\ntwo\r\n", "one\ntwo\n"),
        ("abc\b\bX", "aXc"),
        ("one\ntwo\x1b[1A\r\x1b[2Kdone", "done\ntwo"),
        ("a\x1b[3Cb", "a   b"),
        ("abc\x1b[1GX", "Xbc"),
        ("before\x1b[2J\x1b[Hafter", "before\nafter"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;https://example.com\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1bP1$r0m\x1b\\text", "text"),
        ("\x1b(B\x1b=text\x1b7\x1b8", "text"),
        ("\x1b[?25l\x1b[?2004htext\x1b[?25h", "text"),
        ("bell\x07 and null\x00", "bell and null"),
        ("\ttab", "\ttab"),
        ("hidden \u202e", "hidden <U+202E>"),
        ("请看\r好", "好看"),
    ],
)
def test_it_reads_as_in_a_terminal(text: str, seen: str) -> None:
    assert read(Terminal(), text) == seen


def test_a_sequence_may_be_cut_between_two_pieces() -> None:
    terminal = Terminal()
    assert terminal.show("one\x1b[3") == "one"
    assert terminal.show("2mtwo") == '<span class="ansi-green">two</span>'
    assert terminal.show("three\x1b[0m\x1b") == '<span class="ansi-green">three</span>'
    assert terminal.show("]0;title\x1b") == ""
    assert terminal.show("\\four") == "four"


def test_colours_are_classes() -> None:
    found = Terminal().show("\x1b[1;31mbad\x1b[22m <b>\x1b[0m \x1b[2mdim\x1b[0m \x1b[92mgood")
    assert found == (
        '<span class="ansi-red ansi-bold">bad</span><span class="ansi-red"> &lt;b&gt;</span> '
        '<span class="ansi-dim">dim</span> <span class="ansi-green">good</span>'
    )


PARTS = (
    r"\x1b [ ] \x9b \x90 \x07 \x1b\\ \r \n \b m K J A B C G H 2 1 99999999999 ; : ? <b> & x 字 \u202e \x00 38;5 \x1b[1A"
)
ODD = st.lists(
    st.sampled_from([part.encode("latin-1", "backslashreplace").decode("unicode_escape") for part in PARTS.split()])
).map("".join)


@given(st.lists(ODD, max_size=4))
def test_whatever_comes_is_text_and_bounded(pieces: list[str]) -> None:
    terminal = Terminal()
    for piece in pieces:
        found = terminal.show(piece)
        text = read(Terminal(), piece)
        assert not any(character < " " and character not in "\t\n" for character in found)
        assert "<b>" not in found
        assert len(text) <= 10 * len(piece) + 10


@pytest.mark.parametrize(
    "text",
    [
        "\x1b[9999Cx\n",
        "\x1b[1K\x1b[9999C",
        "x\r",
        "\x1b[",
        "\x1b]",
        "\x9b",
        "\x1b[A\n",
        "\x1b[31mx\x1b[0m",
        "\x1b[2J",
        "\x1b[1;",
        "\b",
    ],
)
def test_its_time_is_bounded(text: str) -> None:
    terminal, began = Terminal(), time.perf_counter()
    terminal.show((text * 16_384)[:16_384])
    assert time.perf_counter() - began < 2
