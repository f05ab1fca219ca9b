"""Field types that the shapes of several features share."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable
from typing import Annotated, Any, Literal, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, ValidationInfo, WithJsonSchema

from ..clock import rfc3339
from ..members.directory import fold
from ..storage import LARGEST_ID
from ..text.invisible import is_blank, strip
from .times import Edge, read_time, zone_of_writer

T = TypeVar("T")

METADATA_LIMIT = 16 * 1024
METADATA_DEPTH = 8
YEAR_1, YEAR_10000 = -62_135_596_800_000, 253_402_300_800_000
"""Between these, in milliseconds, are the times that can be written down."""


def _moment(edge: Edge) -> Any:
    """The type of a time, of which a date alone means one edge of the day."""

    def read(value: Any, info: ValidationInfo) -> Any:
        return read_time(value, zone_of_writer(info.context), edge) if isinstance(value, str) else value

    return Annotated[
        int,
        BeforeValidator(read),
        Field(ge=YEAR_1, lt=YEAR_10000),
        PlainSerializer(rfc3339, return_type=str, when_used="json-unless-none"),
        WithJsonSchema({"type": "string", "format": "date-time"}),
    ]


Timestamp = _moment("start")
"""UTC milliseconds inside, RFC 3339 with ``Z`` outside. As an argument it is what `read_time` reads; a
date alone is the beginning of that day."""

Deadline = _moment("end")
"""As `Timestamp`, for a time until which something holds; a date alone is the end of that day."""

Until = _moment("next")
"""As `Timestamp`, for the end of a span that is not part of it; a date alone is the beginning of the next day."""


def _clean(text: str) -> str:
    if "\x00" in text:
        raise ValueError("must not contain NUL characters")
    return text


def _no_controls(text: str) -> str:
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in text):
        raise ValueError("must not contain control characters or line breaks")
    return strip(text).strip()


def _not_blank(text: str) -> str:
    if is_blank(text):
        raise ValueError("must not be empty")
    return text


Text = Annotated[str, AfterValidator(_clean)]
"""Text of any number of lines."""

Line = Annotated[str, AfterValidator(_no_controls)]
"""Text of one line, trimmed, without what nobody sees."""

NotBlank = AfterValidator(_not_blank)
"""For texts in which there is to be something to see: ``Annotated[Text, NotBlank]``."""


def _token(text: str) -> str:
    text = unicodedata.normalize("NFC", text.strip()).casefold()
    if not 1 <= len(text) <= 64 or not all(is_name_character(character) or character in ":/+#" for character in text):
        raise ValueError("must have 1 to 64 letters, digits and _ . - : / + #, without spaces")
    return text


Token = Annotated[str, AfterValidator(_token)]
"""One word of the team's own choosing, such as a label or a capability: case makes no difference."""


def _time_zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ValueError, OSError, ZoneInfoNotFoundError):
        raise ValueError("must be the IANA name of a time zone, such as Europe/Berlin or UTC") from None


TimeZone = Annotated[str, Field(max_length=64), AfterValidator(_time_zone)]
"""The IANA name of a time zone."""


def json_within(size: int, depth: int) -> Callable[[T], T]:
    """A check for field types: a value is JSON of at most ``size`` bytes, nested at most ``depth`` levels deep."""

    def check(value: T) -> T:
        if _depth(value) > depth:
            raise ValueError(f"must not be nested more than {depth} levels deep")
        try:
            found = len(json.dumps(value, ensure_ascii=False, allow_nan=False).encode())
        except UnicodeEncodeError:
            raise ValueError("must not hold halves of surrogate pairs") from None
        if found > size:
            raise ValueError(f"must not be larger than {size // 1024} KiB as JSON")
        return value

    return check


def _depth(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max(map(_depth, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(_depth, value), default=0)
    return 0


Metadata = Annotated[dict[str, Any], AfterValidator(json_within(METADATA_LIMIT, METADATA_DEPTH))]
"""A JSON object of the caller's own."""

Limit = Annotated[int, Field(ge=1, le=200)]

Id = Annotated[int, Field(ge=1, le=LARGEST_ID)]
"""The number of something: every client can count as far as that."""

NoneOrId = Annotated[int, Field(ge=0, le=LARGEST_ID)]
"""An id, or 0 for none."""

Priority = Literal["urgent", "high", "medium", "low"]
PRIORITIES: tuple[Priority, ...] = ("urgent", "high", "medium", "low")
"""The most pressing first: a priority of work is kept as its place here."""

FencingToken = Annotated[int, Field(ge=1, le=LARGEST_ID)]
"""The number of a claim, greater than those of all claims before it: with an old one nothing can be changed."""

LeaseSeconds = Annotated[int, Field(ge=5, le=86_400)]
Attempts = Annotated[int, Field(ge=1, le=100)]


def is_name_character(character: str) -> bool:
    """Letters, marks and digits of any script, and ``_ . -``."""
    return unicodedata.category(character)[0] in "LMN" or character in "_.-"


IGNORABLE = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")
"""Letters and marks that are shown as nothing (Unicode's Default_Ignorable_Code_Point)."""
ALIKE = {"LATIN", "GREEK", "CYRILLIC"}
"""Alphabets that share the look of many letters."""
RESERVED = {"all", "here", "everyone", "channel", "me", "system", "team"}


def _name(text: str) -> str:
    text = unicodedata.normalize("NFC", text.strip())
    if not 1 <= len(text) <= 64:
        raise ValueError("must have 1 to 64 characters")
    if not all(map(is_name_character, text)) or IGNORABLE.search(text) or text[0] in "_.-" or text[-1] == ".":
        raise ValueError(
            "must consist of letters and digits of any script and _ . - , start with a letter or digit "
            "and not end with a full stop"
        )
    return text


def _agent_name(text: str) -> str:
    text = _name(text)
    folded = fold(text)
    if folded in RESERVED:
        raise ValueError(f"'{text}' is reserved; choose another name")
    if len(ALIKE & {unicodedata.name(character, "").split(" ")[0] for character in folded}) > 1:
        raise ValueError("must not mix Latin, Greek and Cyrillic letters, which look alike")
    return text


AgentName = Annotated[str, AfterValidator(_agent_name)]
"""The name of an agent that is to be."""

ChannelName = Annotated[str, AfterValidator(_name)]
"""The id of a group or topic channel that is to be."""
