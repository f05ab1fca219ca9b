"""Unified diffs of one or more files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError, field_validator
from unidiff.errors import UnidiffParseError
from unidiff.patch import Hunk, PatchedFile, PatchSet

from teammcp import OTHERS, MessagePart, NotBlank, Text
from teammcp.web import values

from .fields import CommitHash, FilePath, ProjectWord, lines_within, where

LONGEST = 100_000
MOST_FILES = 200
MOST_ON_PAGE = 200
"""Lines of a diff that stand under a message; the part's own page has all."""
_PATH: TypeAdapter[str] = TypeAdapter(FilePath)
_MARKS = {"added": "+", "removed": "-", "same": " ", "gap": ""}


@dataclass(frozen=True)
class DiffFile:
    """What a diff says of one file.

    Attributes:
        path: the file, from the root of its repository; its new name, if that changed.
        before: its former name, if that changed.
        change: ``added``, ``removed``, ``renamed``, ``binary`` or ``changed``.
        added, removed: how many lines are.
        lines: what changed, with a gap before each hunk.
    """

    path: str
    before: str | None
    change: str
    added: int
    removed: int
    lines: list[values.Line]

    def body(self) -> list[str]:
        """What changed, as a unified diff has it."""
        return [_MARKS[line.kind] + line.text for line in self.lines]

    def head(self) -> str:
        """It in one line, for models."""
        named = f"{self.before} → {self.path}" if self.before else self.path
        how = "" if self.change in {"changed", "renamed"} else f", {self.change}"
        return f"{named} (+{self.added} −{self.removed}{how})"


class Diff(MessagePart, kind="diff", template="projects/parts/diff.html"):
    """A change of one or more files as a unified diff, such as git diff writes it."""

    diff: Annotated[Text, Field(max_length=LONGEST), NotBlank, OTHERS]
    project: ProjectWord | None = None
    commit: CommitHash | None = None
    """The commit that it changes."""

    @field_validator("diff")
    @classmethod
    def _is_a_diff(cls, diff: str) -> str:
        read_diff(diff)
        return diff

    @cached_property
    def files(self) -> list[DiffFile]:
        """What it says of each file."""
        return read_diff(self.diff)

    @property
    def added(self) -> int:
        """How many lines are added."""
        return sum(file.added for file in self.files)

    @property
    def removed(self) -> int:
        """How many lines are removed."""
        return sum(file.removed for file in self.files)

    def shown(self, *, whole: bool) -> Iterator[tuple[DiffFile, list[values.Line]]]:
        """Its files, each with the lines that pages show of it."""
        left = LONGEST if whole else MOST_ON_PAGE
        for file in self.files:
            yield file, file.lines[:left]
            left -= len(file.lines[:left])

    def left_out(self, *, whole: bool) -> int:
        """How many lines `shown` leaves out."""
        return 0 if whole else max(0, sum(len(file.lines) for file in self.files) - MOST_ON_PAGE)

    def text(self, room: int) -> str:
        """Every file with its figures, and of each the same share of its lines; what one does not need others get."""
        count = f"{len(self.files)} {'file' if len(self.files) == 1 else 'files'}"
        head = f"{count}, +{self.added} −{self.removed}{where(self.project, self.commit)}"
        heads = [file.head() for file in self.files]
        left = room - sum(len(line) + 1 for line in [head, *heads])
        if left < 0:
            return "\n".join(lines_within([head, *heads], room, "… {} more files"))
        told = [head]
        for place, (file, line) in enumerate(zip(self.files, heads, strict=True)):
            body = lines_within(file.body(), left // (len(heads) - place))
            left -= sum(len(each) + 1 for each in body)
            told += [line, *body]
        return "\n".join(told)


def read_diff(text: str) -> list[DiffFile]:
    """The files of a unified diff.

    Raises:
        ValueError: it is none, has too many files, or the path of one is not to be taken.
    """
    if re.search(r"^(---|\+\+\+|@@) .*\r$", text, re.MULTILINE):  # written with the line ends of Windows throughout
        text = text.replace("\r\n", "\n")
    try:
        patch = PatchSet(text)
    except UnidiffParseError as error:
        raise ValueError(f"must be a unified diff, as git diff writes it: {str(error).strip()}") from None
    if not patch:
        raise ValueError("must be a unified diff, as git diff writes it: it has no file, with --- and +++ before it")
    if len(patch) > MOST_FILES:
        raise ValueError(f"must be of at most {MOST_FILES} files, not {len(patch)}; send the others in another message")
    return [_file(found) for found in patch]


def _file(found: PatchedFile) -> DiffFile:
    before, after = _name(found.source_file, "a/"), _name(found.target_file, "b/")
    path = after or before
    if path is None:
        raise ValueError("must name the file that it changes, not /dev/null twice")
    lines = [line for hunk in found for line in _lines(hunk)]
    moved = before if before and after and before != after else None
    return DiffFile(path, moved, _change(found, moved), found.added, found.removed, lines)


def _change(found: PatchedFile, moved: str | None) -> str:
    if found.is_binary_file:
        return "binary"
    if found.is_added_file:
        return "added"
    if found.is_removed_file:
        return "removed"
    return "renamed" if moved else "changed"


def _lines(hunk: Hunk) -> Iterator[values.Line]:
    about = f" {hunk.section_header}" if hunk.section_header else ""
    sides = f"-{hunk.source_start},{hunk.source_length} +{hunk.target_start},{hunk.target_length}"
    yield values.Line("gap", f"@@ {sides} @@{about}")
    for line in hunk:
        text = line.value.removesuffix("\n")
        if line.is_added:
            yield values.Line("added", text)
        elif line.is_removed:
            yield values.Line("removed", text)
        elif line.is_context:
            yield values.Line("same", text)
        else:  # there is no line end at the end of the file
            yield values.Line("gap", f"\\ {text.strip()}")


def _name(written: str, prefix: str) -> str | None:
    """The path of a file as a diff names it; None where there is no file.

    Raises:
        ValueError: it is not to be taken.
    """
    name = _unquoted(written)
    if name == "/dev/null":
        return None
    try:
        return _PATH.validate_python(name.removeprefix(prefix))
    except ValidationError as error:
        why = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise ValueError(f"the path of a file {why}") from None


def _unquoted(name: str) -> str:
    """A path without the quotation marks in which git puts one that has unusual characters.

    Source: https://git-scm.com/docs/git-config#Documentation/git-config.txt-corequotePath
    """
    if len(name) < 2 or not (name.startswith('"') and name.endswith('"')):
        return name
    try:
        plain = name[1:-1].encode("latin-1", "backslashreplace").decode("unicode_escape")
        return plain.encode("latin-1").decode("utf-8")
    except UnicodeError:
        raise ValueError(f"the path {name[:100]} is not written as git writes it") from None
