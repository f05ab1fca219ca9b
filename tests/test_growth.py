"""Whatever reads others' text takes time that grows about as the text does."""

from __future__ import annotations

import importlib
import pkgutil
import re
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import TypeAdapter

import teammcp
from teammcp import TeamError
from teammcp.arguments.fields import AgentName, ChannelName, Line, Timestamp, TimeZone, Token
from teammcp.features.messages import quoted_block, quoted_line
from teammcp.features.messages.search import parse as parse_query
from teammcp.features.schedules.timing import kind_of, parse_rule
from teammcp.joining import jsonc
from teammcp.markdown import is_long, plain
from teammcp.mcp import frames
from teammcp.server.cron import parse_cron
from teammcp.text.invisible import is_blank, reveal, strip
from teammcp.text.snippets import highlights, snippet
from teammcp.text.terms import parse_terms
from teammcp.text.unspaced import pairs, spread
from teammcp.text.untrusted import quote
from teammcp.web import values

WORDS = """ab a. a- a: eyJ- sk- https:// a= -- key: -----BEGIN Bearer AKIA ghp_ x@ .. 0- 1, */ a://"""
PARTS = [
    *"a A0 _.-:/+#@\\\"'`*?[]{}()<>=&%$|,;~^!\t\n",
    *WORDS.split(),
    *("ab ", ". ", "key: ", "-----BEGIN ", "Bearer ", "好", "好 ", " \n", "\u0301", "\u200d", "e\u0301"),
]


AT_ONE_PLACE = {frames._ID_FIRST, jsonc._REST_OF_LINE, jsonc._END_OF_LINE}
"""Expressions that nobody looks for: they are matched where something begins or ends."""


def patterns() -> Iterator[Any]:
    """Every regular expression that a module of the server keeps."""
    for module in pkgutil.walk_packages(teammcp.__path__, "teammcp."):
        if module.name.endswith("__main__") or ".scaffold." in module.name or module.name.endswith(".worker"):
            continue
        loaded = importlib.import_module(module.name)
        for name, value in vars(loaded).items():
            for number, each in enumerate(value if isinstance(value, (list, tuple)) else [value]):
                if isinstance(each, re.Pattern):
                    yield pytest.param(each, id=f"{module.name.removeprefix('teammcp.')}.{name}[{number}]")


def grows_evenly(read: Callable[[str], Any], part: str) -> None:
    """An exponential reader shows itself with few characters, a quadratic one with many."""
    for length in (24, 48, 96):
        assert _seconds(read, (part * length)[:length]) < 0.5, f"{part!r} * {length}"
    few, many = (_seconds(read, (part * length)[:length]) for length in (2_500, 10_000))
    assert many < max(few, 0.005) * 10, f"{part!r}: {few} s for 2,500 characters, {many} s for 10,000"


def _seconds(read: Callable[[str], Any], text: str) -> float:
    before = time.process_time()
    for end in ("", " !", "\x00"):
        with suppress(ValueError, TeamError, RecursionError):  # a text that is refused takes time as well
            read(text + end)
    return time.process_time() - before


@pytest.mark.parametrize("pattern", list(patterns()))
def test_no_regular_expression_takes_long(pattern: re.Pattern[Any]) -> None:
    def read(text: str) -> None:
        given = text.encode() if isinstance(pattern.pattern, bytes) else text
        pattern.match(given)
        pattern.fullmatch(given)
        if pattern not in AT_ONE_PLACE:
            sum(1 for _ in pattern.finditer(given))

    for part in PARTS:
        grows_evenly(read, part)


READERS: dict[str, Callable[[str], Any]] = {
    **{
        name: TypeAdapter(annotation).validate_python
        for name, annotation in {
            "an agent's name": AgentName,
            "a channel's name": ChannelName,
            "a line": Line,
            "a token": Token,
            "a time zone": TimeZone,
            "a time": Timestamp,
        }.items()
    },
    "what a model sees": quote,
    "a line of the server's": quoted_line,
    "a block of the server's": quoted_block,
    "what is invisible": lambda text: (reveal(text), strip(text), is_blank(text)),
    "a preview": lambda text: (plain(text), is_long(text)),
    "a value": values.parse,
    "a rule of a schedule": lambda text: (kind_of(text), parse_cron(text)),
    "an interval": lambda text: parse_rule("every", text, ZoneInfo("UTC"), None, 0),
    "a query": parse_query,
    "what is indexed": lambda text: (spread(text), pairs(text)),
    "what was found": lambda text: (highlights(text, parse_terms("a 好")), snippet(text, parse_terms("a 好"))),
}


@pytest.mark.parametrize("reader", READERS)
def test_nothing_that_reads_text_takes_long(reader: str) -> None:
    for part in PARTS:
        grows_evenly(READERS[reader], part)
