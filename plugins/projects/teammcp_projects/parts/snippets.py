"""Snippets of code."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from teammcp import Line, MessagePart, Text

from .fields import Code, CommitHash, FilePath, LineNumber, ProjectWord, lines_within, where

LONGEST = 50_000
MOST_ON_PAGE = 200
"""Lines of a snippet that stand under a message; the part's own page has all."""


class Snippet(MessagePart, kind="snippet", template="projects/parts/snippet.html"):
    """Some lines of a file as they are: its path in the repository, the number of the first line, and the code.

    With ``project`` and ``commit`` it is checked against the repository.
    """

    path: FilePath
    code: Annotated[Text, Code, Field(max_length=LONGEST)]
    first_line: LineNumber = 1
    language: Annotated[Line, Field(max_length=30)] = ""
    project: ProjectWord | None = None
    commit: CommitHash | None = None

    @property
    def lines(self) -> list[str]:
        """The code line by line."""
        return code_lines(self.code)

    @property
    def last_line(self) -> int:
        """The number of its last line."""
        return self.first_line + len(self.lines) - 1

    def numbered(self, *, whole: bool) -> list[tuple[int, str]]:
        """Its lines with their numbers, as pages show them."""
        lines = self.lines if whole else self.lines[:MOST_ON_PAGE]
        return [*enumerate(lines, self.first_line)]

    def left_out(self, *, whole: bool) -> int:
        """How many lines `numbered` leaves out."""
        return 0 if whole else max(0, len(self.lines) - MOST_ON_PAGE)

    def text(self, room: int) -> str:
        head = f"{self.path}:{self.first_line}-{self.last_line}{where(self.project, self.commit)}"
        return "\n".join([head, *lines_within(self.lines, room - len(head) - 1)])


def code_lines(code: str) -> list[str]:
    """A text line by line, as git and editors count them."""
    lines = [line.removesuffix("\r") for line in code.split("\n")]
    return lines[:-1] if len(lines) > 1 and not lines[-1] else lines
