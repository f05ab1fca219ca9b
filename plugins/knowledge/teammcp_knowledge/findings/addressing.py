"""What a finding is called: by its content, so that the same finding is the same object whoever posts it.

The address is the SHA-256 of the canonical JSON of title, body and tags: keys sorted, no white space, nothing escaped
that need not be, UTF-8. Before that, text is put into Unicode's form NFC and line ends become single line feeds; tags
are trimmed, in small letters, each there once, sorted.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Iterable
from typing import Annotated

from pydantic import AfterValidator

from teammcp import Line

TAG_LENGTH = 64


def normal(text: str) -> str:
    """A text in the form in which it is kept and addressed."""
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))


def tag(text: str) -> str:
    """A tag in its one form.

    Raises:
        ValueError: it has no or too many characters, a comma, or one that is not shown.
    """
    text = unicodedata.normalize("NFC", text.strip().lower())
    if not 1 <= len(text) <= TAG_LENGTH or any(unicodedata.category(each)[0] == "C" or each in ",，" for each in text):
        raise ValueError(f"must have 1 to {TAG_LENGTH} characters, no comma and no line break")
    return text


def _tags(tags: list[str]) -> list[str]:
    return sorted(set(tags))


Tag = Annotated[Line, AfterValidator(tag)]
Tags = Annotated[list[Tag], AfterValidator(_tags)]
"""Tags in small letters, each once, sorted."""


def content_id(title: str, body: str, tags: Iterable[str]) -> str:
    """The address of a finding: 64 hexadecimal digits."""
    content = {"title": normal(title), "body": normal(body), "tags": _tags([tag(each) for each in tags])}
    canonical = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
