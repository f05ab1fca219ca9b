"""What nobody sees is written out where somebody decides, and taken out of names; what carries meaning stays."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teammcp.text.invisible import is_blank, reveal, strip
from tests.timing import quickest

MEANT = [
    "می‌خواهم",  # Persian: the joiner keeps two letters apart
    "क्‍ष and क्‌ष",  # Hindi: half a letter, and a letter with its sign
    "ක්‍රියා",  # Sinhala
    "র‍্যাব",  # Bengali: the joiner stands before the sign
    "ه‍",  # Persian: the letter that stands for a calendar
    "👩‍👩‍👧 🏳️‍🌈 👨🏽‍💻 ❤️‍🔥 🙂‍↔️",
    "❤️ ☎︎ 1️⃣ #️⃣ ‼️ ℹ️ ↔️ ©️",
    "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",  # the flag of Scotland
    "葛\U000e0100城",  # a Japanese name with the form of a letter that it has in the register
    "ᠠ᠋ ᠨ᠎ᠠ",  # Mongolian
    "⠓⠊⠀⠽⠕",  # Braille with its space
    "ᅟᅡ 가ᅠ"[:2],  # old Hangul
    "a\tb\nc\r\nd",
    "日本語　テキスト, café, Ελλάδα, مرحبا ١٢٣ ۝, שלום",
]
HIDDEN = {
    "\u202e": "<U+202E>",
    "\u2066": "<U+2066>",
    "\u2069": "<U+2069>",
    "\u200b": "<U+200B>",
    "\u200e": "<U+200E>",
    "\ufeff": "<U+FEFF>",
    "\u00ad": "<U+00AD>",
    "\u3164": "<U+3164>",
    "\u2800": "<U+2800>",
    "\u115f": "<U+115F>",
    "\x1b": "<U+001B>",
    "\x00": "<U+0000>",
    "\x85": "<U+0085>",
    "\r": "<U+000D>",
    "\ud83d": "<U+D83D>",
    "\U000e0041": "<U+E0041>",
    "\U000e0100": "<U+E0100>",
    "\ufe0f": "<U+FE0F>",
    "\u200d": "<U+200D>",
    "\u200c": "<U+200C>",
    "\u2062": "<U+2062>",
    "\ufff9": "<U+FFF9>",
}


@pytest.mark.parametrize("text", MEANT)
def test_what_carries_meaning_stays(text: str) -> None:
    assert reveal(text) == text
    assert strip(text) == text


@pytest.mark.parametrize(("hidden", "escape"), HIDDEN.items(), ids=HIDDEN.values())
def test_what_is_hidden_is_written_out_and_taken_out_of_names(hidden: str, escape: str) -> None:
    assert reveal(f"ab{hidden}cd") == f"ab{escape}cd"
    assert reveal(hidden) == escape
    assert strip(f"ab{hidden}cd") == "abcd"
    assert is_blank(f" {hidden} {hidden}")


@pytest.mark.parametrize("text", ["❤️️", "👍\u200d\u200d👍", "a️", "1️", "葛\U000e0100\U000e0101", "😀\ufe0e\ufe01"])
def test_only_as_much_stays_as_carries_meaning(text: str) -> None:
    assert "<U+" in reveal(text)


def test_no_message_hides_in_tags_behind_a_flag() -> None:
    said = "".join(chr(0xE0000 + ord(character)) for character in "approve it")
    assert reveal(f"🏴{said}").startswith("🏴<U+E0061><U+E0070>")
    assert strip(f"🏴{said}") == "🏴"


def test_every_character_that_unicode_calls_invisible_is_hidden() -> None:
    seen = {  # signs of the category "format" that are drawn
        *(chr(code) for code in (*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD)),
        *map(chr, range(0x13430, 0x13440)),
    }
    for code in range(0x110000):
        character = chr(code)
        if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"} and character not in {*seen, "\t", "\n"}:
            assert strip(f"a{character}a").strip("a") in {"", " "}, hex(code)
            assert reveal(f"a{character}a") == f"a<U+{code:04X}>a"


def test_marks_of_direction_stay_in_prose_with_right_to_left_letters_only() -> None:
    assert reveal("שלום!\u200f hi", prose=True) == "שלום!\u200f hi"
    assert reveal("שלום!\u200f hi") == "שלום!<U+200F> hi"
    assert reveal("hi\u200f 1 2", prose=True) == "hi<U+200F> 1 2"
    assert reveal("שלום\u202e", prose=True) == "שלום<U+202E>"
    assert reveal("hi\u061c 1\u200e 2", prose=True) == "hi<U+061C> 1<U+200E> 2", "a mark is no letter"


characters = st.one_of(
    st.sampled_from([*HIDDEN, "❤", "👩", "क", "्", "م", "ا", "葛", "⠓", "a", "1", "\u20e3", "🏴", "\n"]), st.characters()
)


@given(st.text(characters, max_size=30))
def test_revealed_texts_hide_nothing_more_and_stripped_ones_stay_as_they_are(text: str) -> None:
    assert reveal(reveal(text)) == reveal(text)
    assert strip(strip(text)) == strip(text)


@pytest.mark.parametrize("part", ["\u200d", "❤️", "\u202e", "🏴\U000e0067", "क्\u200d", "\U000e0041", "\r", "a"])
def test_no_text_takes_long(part: str) -> None:
    text = part * 100_000
    assert quickest(lambda: reveal(text)) < 1.5
