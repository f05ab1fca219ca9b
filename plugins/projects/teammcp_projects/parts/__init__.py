"""Kinds of parts of messages that speak of code: diffs, snippets, and references to places, commits, pull requests."""

from __future__ import annotations

from teammcp import MessagePart

from .diffs import Diff
from .keeping import Kept, as_kept, fitting, given_again, of_messages, stored, told_again
from .references import Commit, PullRequest, Reference
from .snippets import Snippet

KINDS: list[type[MessagePart]] = [Diff, Snippet, Reference, Commit, PullRequest]

__all__ = [
    "KINDS",
    "Commit",
    "Diff",
    "Kept",
    "PullRequest",
    "Reference",
    "Snippet",
    "as_kept",
    "fitting",
    "given_again",
    "of_messages",
    "stored",
    "told_again",
]
