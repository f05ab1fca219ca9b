"""Public shapes of findings."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from teammcp import LARGEST_ID, Author, Line, NotBlank, Result, Text, Timestamp, Words, quote, rfc3339

from .addressing import Tag, Tags, normal

MAX_BODY = 20_000
SHORT = 12
"""Digits of a content id in a text for a model; get_knowledge takes them for the whole."""

__all__ = ["MAX_BODY", "SHORT", "Body", "ContentId", "FindingTags", "Id", "Reason", "Tag", "Title"]


Title = Annotated[Line, AfterValidator(normal), Field(max_length=200), NotBlank]
Body = Annotated[Text, AfterValidator(normal), Field(max_length=MAX_BODY), NotBlank]
FindingTags = Annotated[Tags, Field(max_length=20)]
Reason = Annotated[Text, Field(max_length=2000)]
Id = Annotated[int, Field(ge=1, le=LARGEST_ID)]
ContentId = Annotated[str, Field(min_length=8, max_length=64, pattern=r"^[0-9a-fA-F]+$"), AfterValidator(str.lower)]
"""A content id, or its first eight digits or more."""


class Posted(Result):
    """What became of a post. ``deduped``: the finding was known already, and has one contributor more, or as many."""

    content_id: str
    event_id: int | None
    """The event that tells of it; null if there was nothing new to tell."""
    deduped: bool
    revived: bool
    contributor_count: int

    def text(self) -> str:
        what = "Brought back" if self.revived else "Known already" if self.deduped else "Posted"
        by = "one contributor" if self.contributor_count == 1 else f"{self.contributor_count} contributors"
        return f"{what}: {self.content_id[:SHORT]} ({by})"


class Changed(Result):
    """A finding that was retracted or revived; without ``changed`` it was so before."""

    ok: bool = True
    content_id: str
    retracted: bool
    changed: bool
    event_id: int | None

    def text(self) -> str:
        state = "retracted" if self.retracted else "valid"
        return f"{self.content_id[:SHORT]} is {state}{'' if self.changed else ', as before'}"


class Contributor(Result):
    """Who posted a finding, and when first."""

    agent: Author
    at: Timestamp


class FindingEntry(Result):
    """One line of a finding's history. Where it came from is left out where the reader may not look."""

    action: Literal["posted", "retracted", "revived"]
    agent: Author
    at: Timestamp
    reason: Words
    task_id: int | None
    message_id: int | None

    def text(self) -> str:
        source = f" from task {self.task_id}" if self.task_id else ""
        source += f" from message {self.message_id}" if self.message_id else ""
        return f"{self.action} by {self.agent}{source}{f': {quote(self.reason)}' if self.reason else ''}"


class Finding(Result):
    """One finding with all that is known about it. A retracted one says so."""

    content_id: str
    title: Words
    body: Words
    tags: list[Words]
    first_author: Author
    contributor_count: int
    contributors: list[Contributor]
    """The first of them."""
    retracted: bool
    posted_at: Timestamp
    updated_at: Timestamp
    history: list[FindingEntry]
    """The latest entries, newest first."""

    def text(self) -> str:
        names = ", ".join(each.agent for each in self.contributors)
        head = f"[{self.content_id[:SHORT]}] {names}, {rfc3339(self.posted_at)[:16]}:"
        why = [f"RETRACTED: {self.history[0].text()}"] if self.retracted and self.history else []
        return "\n".join([f"{head} {quote(self.title)}{_hashes(self.tags)}", *why, f"Body: {quote(self.body)}"])


class FoundFinding(Result):
    """A finding in a list. ``highlights`` are start and end of what matched, in ``snippet``."""

    content_id: str
    title: Words
    snippet: Words
    highlights: list[tuple[int, int]]
    tags: list[Words]
    first_author: Author
    contributor_count: int
    posted_at: Timestamp
    body: Words | None = None

    def text(self) -> str:
        others = f" +{self.contributor_count - 1}" if self.contributor_count > 1 else ""
        head = f"[{self.content_id[:SHORT]}] {self.first_author}{others}, {rfc3339(self.posted_at)[:16]}:"
        body = self.snippet if self.body is None else self.body
        return f"{head} {quote(self.title)}{_hashes(self.tags)}\n  {quote(body)}"


class Findings(Result):
    """Findings that are not retracted. ``next`` is the cursor of the following page, null on the last."""

    results: list[FoundFinding]
    next: str | None

    def text(self) -> str:
        lines = [each.text() for each in self.results] or ["Nothing was found."]
        more = [f"(more: cursor={self.next})"] if self.next else []
        return "\n".join([*lines, *more])


class TagCount(Result):
    """A tag, and how many findings have it."""

    tag: Words
    findings: int


class TagList(Result):
    """The tags of findings, those of most first."""

    tags: list[TagCount]

    def text(self) -> str:
        return ", ".join(f"{quote(each.tag)} ({each.findings})" for each in self.tags) or "(no tags)"


def _hashes(tags: list[str]) -> str:
    return "".join(f" #{quote(tag)}" for tag in tags)
