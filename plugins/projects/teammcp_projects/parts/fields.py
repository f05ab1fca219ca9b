"""Types of fields that parts have in common."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from teammcp import OTHERS, Line, NotBlank

from ..bounds import ProjectName

LONGEST_PATH = 1024
LAST_LINE = 10_000_000


def relative(path: str) -> str:
    """A path of a file in a repository.

    Raises:
        ValueError: it is absolute, leads out of the repository, or is not written plainly.
    """
    parts = path.split("/")
    if path.startswith("/") or re.match(r"[A-Za-z]:[\\/]|\\", path):
        raise ValueError("must be relative to the repository, such as src/app.py")
    if any(part in {"", ".", ".."} for part in parts):
        raise ValueError("must not have empty parts, . or .. in it; write it as git ls-files does")
    if parts[0].lower() == ".git":
        raise ValueError("must be a file of the repository, and not of its .git")
    return path


def _web_address(text: str) -> str:
    try:
        found = urlsplit(text)
        host, _port = found.hostname, found.port
    except ValueError:
        raise ValueError("must be a whole address, such as https://example.com/pulls/7") from None
    if found.scheme not in {"http", "https"} or not host or re.search(r"\s", text):
        raise ValueError("must begin with http:// or https:// and name a host, without spaces")
    if found.username is not None or found.password is not None:
        raise ValueError("must not hold a user's name or a password")
    return text


FilePath = Annotated[Line, Field(min_length=1, max_length=LONGEST_PATH), AfterValidator(relative), OTHERS]
"""The path of a file in a repository, from its root."""
CommitHash = Annotated[
    str, Field(pattern=r"^[0-9a-fA-F]{7,64}$", description="7 to 64 hexadecimal digits"), AfterValidator(str.lower)
]
WebAddress = Annotated[Line, Field(max_length=2000), AfterValidator(_web_address), OTHERS]
LineNumber = Annotated[int, Field(ge=1, le=LAST_LINE)]
Title = Annotated[Line, Field(max_length=300), OTHERS]
ProjectWord = Annotated[ProjectName, OTHERS]
"""The name of a project, as its sender writes it: whether there is one is for the check to find."""
Code = Annotated[str, Field(min_length=1), NotBlank, OTHERS]


def where(project: str | None, commit: str | None) -> str:
    """Where something is, to stand behind it; empty if that is not said."""
    of_project = f" in {project}" if project else ""
    return f"{of_project} at {short(commit)}" if commit else of_project


def short(commit: str) -> str:
    """The beginning of a commit's hash, as people write it."""
    return commit[:10]


def lines_within(lines: Sequence[str], room: int, more: str = "… {} more lines") -> list[str]:
    """The first lines that fit into so many characters, line ends included, and how many are left out."""
    kept: list[str] = []
    left = room
    for place, line in enumerate(lines):
        rest = len(lines) - place - 1
        said = more.format(rest + 1)
        needed = len(line) + 1 + (len(more.format(rest)) + 1 if rest else 0)
        if needed > left:
            return [*kept, said] if len(said) <= left else kept
        kept.append(line)
        left -= len(line) + 1
    return kept
