"""The screen: what programs write is shown as a terminal shows it, in whatever pieces it comes."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from teammcp_claude_launcher.screen import Emulator, ansi, svg

TEXTS = ["中文", "e\u0301", "👩\u200d🔬", "⚠\ufe0f ok", "\r\n", "\t", "\b", "lqk", "\x0e", "\x0f"]
ESCAPES = [
    "7",
    "8",
    "D",
    "M",
    "E",
    "c",
    "H",
    "#8",
    "(0",
    "(B",
    "=",
    "]0;title\x07",
    "]11;?\x1b\\",
    "_G=2;A\x1b\\",
    "^x",
    "",
]
CSI = st.builds(
    lambda prefix, numbers, between, more, final: f"\x1b[{prefix}{between.join(map(str, numbers))}{more}{final}",
    st.sampled_from(["", "?", ">", "=", "<"]),
    st.lists(st.integers(0, 60) | st.sampled_from([1049, 47, 2004, 6, 7, 25, 9999]), max_size=4),
    st.sampled_from([";", ":"]),
    st.sampled_from(["", " ", "$", "!"]),
    st.sampled_from("ABCDEFGHJKLMPSTXbcdfghlmnrsu@`t"),
)
WRITTEN = st.lists(
    st.one_of(
        st.text(st.characters(codec="utf-8"), max_size=12).map(str.encode),
        st.binary(max_size=6),
        st.sampled_from(TEXTS).map(str.encode),
        st.sampled_from(ESCAPES).map(lambda each: b"\x1b" + each.encode()),
        CSI.map(str.encode),
    ),
    max_size=25,
)
"""What programs write, and what they should not."""


def shown(data: bytes, columns: int = 20, rows: int = 5) -> Emulator:
    screen = Emulator(columns, rows)
    screen.feed(data)
    return screen


def look(screen: Emulator) -> object:
    cells = [
        [(cell.column, cell.char) for cell in screen.cells(screen.buffer.get(row, {}))] for row in range(screen.rows)
    ]
    return cells, screen.cursor.x, screen.cursor.y, screen.cursor.hidden, screen.is_alternate


@given(WRITTEN, st.data())
def test_pieces_of_any_size_show_the_same_as_the_whole(written: list[bytes], data: st.DataObject) -> None:
    whole = b"".join(written)
    screen, start = Emulator(20, 5), 0
    while start < len(whole):
        end = start + data.draw(st.integers(1, 7))
        screen.feed(whole[start:end])
        start = end
    assert look(screen) == look(shown(whole))
    assert screen.unfinished == shown(whole).unfinished


@pytest.mark.parametrize(
    "pieces",
    [(b"\x1b]", b"\xe0\x1b[", b"X"), (b"\x1b\x1b[", b"$", b"A ", b"A"), (b"\x1b[1", b"\x1b[$A", b"A")],
    ids=["a title with half a character", "an escape before another", "a sequence that is broken off"],
)
def test_what_is_broken_off_is_not_drawn_however_it_comes(pieces: tuple[bytes, ...]) -> None:
    screen = Emulator(20, 5)
    for piece in pieces:
        screen.feed(piece)
    assert look(screen) == look(shown(b"".join(pieces)))


@given(WRITTEN)
def test_whatever_is_written_can_be_shown_at_any_size(written: list[bytes]) -> None:
    screen = shown(b"".join(written))
    for columns, rows in ((7, 3), (30, 9), (1, 1), (20, 5)):
        screen.resize(rows, columns)
        lines = screen.text().split("\n")
        assert len(lines) <= rows
        ElementTree.fromstring(svg(screen))  # noqa: S314 - our own
        screen.feed(b"\x1b[mgoes on")


@given(WRITTEN)
def test_another_terminal_that_is_sent_the_screen_shows_the_same_and_goes_on_alike(written: list[bytes]) -> None:
    first = shown(b"".join(written) + b"\x1b[?5l\x1b[m")
    second = shown(b"left over\x1b[?1049h\x1b[5;9Hfrom before\x1b[31;7m" + ansi(first))
    assert second.text() == first.text()
    assert look(second)[1:] == look(first)[1:]  # type: ignore[index]
    rest = "\r\n中 more\x1b[?1049l\x1b[2;2Hend".encode()
    first.feed(rest)
    second.feed(rest)
    assert second.text() == first.text()


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("\x1b[>1u\x1b[?4m\x1b[>4;2mok", "ok"),  # raise TypeError in pyte
        ("a\r\nb\r\nc\x1b[1Sd", "b\nc\n d"),
        ("a\r\nb\x1b[1T", "\na\nb"),
        ("-\x1b[4b|", "-----|"),
        ("\x1b[4:3;38:2::1:2:3mok\x1b[4:0m", "ok"),
        ("\x1b[!p\x1b[2 q\x1b[1$r\x1b[3;4;5;6Hok", "ok"),
        ("\x1b]0;title\x07\x1bP+q544e\x1b\\\x1b_G;AAA\x1b\\\x1b]52;c;QUFB\x1b\\ok", "ok"),
        ("⚠\ufe0f 👩\u200d🔬 ok", "⚠ 👩🔬 ok"),
        ("e\u0301", "é"),
        ("\x1b(0lqk\x1b(B lqk", "┌─┐ lqk"),
        ("\x0elqk\x0f lqk", "┌─┐ lqk"),
        ("shell\x1b[?1049h\x1b[Hfull\x1b[?1049l", "shell"),
        ("shell\x1b[?1049h\x1b[Hfull", "full"),
        ("123456789012345678 中", "123456789012345678\n中"),
        ("中\x1b[1;2Hx", " x"),
        ("中\x1b[1;1Hx", "x"),
        ("kept\x1b[3J", "kept"),
        ("wide\x1b[?3h\x1b[?3;25h", "wide"),
        ("\x1b7a\x1b8b\x1b8c", "c"),
    ],
)
def test_what_programs_of_today_write_is_shown(written: str, text: str) -> None:
    screen = shown(written.encode())
    assert screen.text() == text
    assert (screen.columns, screen.rows) == (20, 5)


def test_questions_are_answered() -> None:
    replies: list[str] = []
    screen = Emulator(20, 5, replies.append)
    screen.feed(b"ab\x1b[6n\x1b[c\x1b[5n\x1b[>c\x1b[?6n")
    assert replies == ["\x1b[1;3R", "\x1b[?6c", "\x1b[0n"]


def test_a_string_without_an_end_is_not_kept() -> None:
    screen = shown(b"\x1b]52;c;" + b"A" * 70_000)
    assert screen.unfinished == b"\x1b]"
    for _ in range(30):
        screen.feed(b"A" * 10_000)
    assert len(screen.unfinished) < 70_000
    screen.feed(b"\x07ok")
    assert screen.text() == "ok"


def test_saved_cursors_do_not_pile_up() -> None:
    assert len(shown(b"\x1b7" * 1000).savepoints) == 1


def test_a_smaller_screen_keeps_what_is_around_the_cursor() -> None:
    screen = shown(b"1\r\n2\r\n3\r\n4\r\n> ")
    screen.resize(3, 20)
    assert screen.text() == "3\n4\n>"
    screen = shown(b"top\r\n> ")
    screen.resize(3, 20)
    assert screen.text() == "top\n>"


def test_a_picture_is_small_and_needs_nothing_from_elsewhere() -> None:
    screen = Emulator(120, 36)
    screen.feed(
        "".join(f"\x1b[{31 + row % 7}mline {row} <&> \x1b[1;7m中文\x1b[m tail\r\n" for row in range(36)).encode()
    )
    picture = svg(screen)
    assert len(picture) < 20_000
    assert "http" not in picture.replace("http://www.w3.org/2000/svg", "")
    assert "style=" not in picture
    assert "<style" not in picture
    tree = ElementTree.fromstring(picture)  # noqa: S314 - our own
    texts = [each.text for each in tree.iter("{http://www.w3.org/2000/svg}text")]
    assert "line 34 <&> " in texts
    assert "中文" in texts
