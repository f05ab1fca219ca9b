"""What a finding is called: the same content the same, whatever its form; other content something else."""

from __future__ import annotations

import hashlib
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from teammcp_knowledge.findings.addressing import content_id

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)
WORDS = st.text(st.sampled_from("abcäéñ한글café数据 "), min_size=1, max_size=20)
TAGS = st.lists(st.text(st.sampled_from("abÄéc"), min_size=1, max_size=6), max_size=5)


def test_the_address_is_that_of_the_canonical_json() -> None:
    canonical = '{"body":"3100 är vår\\n","tags":["net","ports"],"title":"Ports"}'
    expected = hashlib.sha256(canonical.encode()).hexdigest()
    assert content_id("Ports", "3100 är vår\n", [" Ports", "net", "NET "]) == expected


@given(TEXT, TEXT, TAGS)
def test_the_form_of_characters_makes_no_difference(title: str, body: str, tags: list[str]) -> None:
    forms = {
        content_id(*(unicodedata.normalize(form, text) for text in (title, body)), tags) for form in ("NFC", "NFD")
    }
    assert len(forms) == 1


@given(st.lists(WORDS, min_size=1, max_size=5))
def test_line_ends_make_no_difference(lines: list[str]) -> None:
    assert len({content_id("t", end.join(lines), []) for end in ("\n", "\r\n", "\r")}) == 1


@given(TAGS)
def test_tags_are_a_set_in_small_letters(tags: list[str]) -> None:
    changed = [f" {tag.upper()} " for tag in [*reversed(tags), *tags]]
    assert content_id("t", "b", changed) == content_id("t", "b", tags)


@given(st.tuples(WORDS, WORDS, TAGS), st.tuples(WORDS, WORDS, TAGS))
def test_other_content_has_another_address(
    first: tuple[str, str, list[str]], second: tuple[str, str, list[str]]
) -> None:
    same = (*first[:2], {tag.lower() for tag in first[2]}) == (*second[:2], {tag.lower() for tag in second[2]})
    assert (content_id(*first) == content_id(*second)) is same


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("a", "bc", []), ("ab", "c", [])),
        (("a", "b", ["c"]), ("a", "b c", [])),
        (("a", "b", []), ("a", "b ", [])),
        (("a", "b\n", []), ("a", "b", [])),
        (("a", "B", []), ("a", "b", [])),
    ],
)
def test_nothing_runs_together_and_nothing_is_trimmed(
    first: tuple[str, str, list[str]], second: tuple[str, str, list[str]]
) -> None:
    assert content_id(*first) != content_id(*second)
