"""One folding for index, query, highlight and order: what differs only in its writing is the same."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from teammcp.text.folding import fold_text, segments, words

SAME = [
    ("Straße", "STRASSE"),
    ("Łódź", "lodz"),
    ("Ёлка", "елка"),
    ("ΟΔΟΣ", "οδός"),
    ("Ὀδυσσεύς", "οδυσσευσ"),
    ("שָׁלוֹם", "שלום"),
    ("مُحَمَّد", "محمد"),
    ("أحمد", "احمد"),
    ("محـــمد", "محمد"),
    ("می‌خواهم", "میخواهم"),
    ("İstanbul", "ISTANBUL"),
    ("ısı", "ISI"),
    ("Đà Nẵng", "da nang"),
    ("Smørrebrød", "smorrebrod"),
    ("Ærø", "AERO"),
    ("ﬁle", "FILE"),
    ("ｇｏ", "Go"),
    ("ﾃｽﾄ", "テスト"),
    ("ｶﾞ", "ガ"),
    ("\u1100\u1161", "가"),
    ("co\u00adop", "coop"),
    ("cafe\u0301", "café"),
    ("й", "Й"),
]
OTHER = [("केला", "किला"), ("мой", "мои"), ("が", "か"), ("가", "나"), ("น้ำ", "นำ"), ("กา", "กิ"), ("কলা", "কিলা")]
TEXTS = st.text(
    st.characters(exclude_categories=["Cs"])
    | st.characters(min_codepoint=0x300, max_codepoint=0x36F)
    | st.characters(min_codepoint=0x900, max_codepoint=0xDFF)
    | st.characters(min_codepoint=0x1100, max_codepoint=0x11FF),
    max_size=12,
)


@pytest.mark.parametrize(("one", "other"), SAME)
def test_what_differs_in_its_writing_alone_is_the_same(one: str, other: str) -> None:
    assert fold_text(one) == fold_text(other)


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_what_is_another_letter_stays_one(one: str, other: str) -> None:
    assert fold_text(one) != fold_text(other)
    assert words().findall(fold_text(one)) == [fold_text(one)], "a mark ends no word"


@settings(max_examples=500)
@given(TEXTS)
def test_folding_twice_is_folding_once_and_every_part_knows_where_it_was(text: str) -> None:
    folded = fold_text(text)
    assert fold_text(folded) == folded
    parts = list(segments(text))
    assert "".join(part for part, _, _ in parts) == folded
    assert "".join(text[start:end] for _, start, end in parts) == text
