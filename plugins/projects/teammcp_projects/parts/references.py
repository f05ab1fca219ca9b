"""References to what is in a repository, or at its host: a place in a file, a commit, a pull request."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator

from teammcp import LARGEST_ID, MessagePart, excerpt

from .fields import CommitHash, FilePath, LineNumber, ProjectWord, Title, WebAddress, short, where


class Reference(MessagePart, kind="reference", template="projects/parts/reference.html"):
    """A place in a file of a project: its path, a line or several, and at which commit."""

    project: ProjectWord
    path: FilePath
    line: LineNumber
    last_line: Annotated[LineNumber | None, Field(validate_default=True)] = None
    commit: CommitHash | None = None

    @field_validator("last_line")
    @classmethod
    def _not_before_the_first(cls, last_line: int | None, info: ValidationInfo) -> int | None:
        if last_line is not None and last_line < info.data.get("line", 1):
            raise ValueError("must not be before line")
        return last_line

    @property
    def place(self) -> str:
        """The path and the lines, as people write them."""
        end = f"-{self.last_line}" if self.last_line not in {None, self.line} else ""
        return f"{self.path}:{self.line}{end}"

    def text(self, room: int) -> str:
        return excerpt(f"{self.place}{where(self.project, self.commit)}", room)


class Commit(MessagePart, kind="commit", template="projects/parts/commit.html"):
    """A commit: its hash, and the project (which is checked) or the address of the repository it is in."""

    commit: CommitHash
    project: ProjectWord | None = None
    repository: Annotated[WebAddress | None, Field(validate_default=True)] = None
    subject: Title = ""

    @field_validator("repository")
    @classmethod
    def _somewhere(cls, repository: str | None, info: ValidationInfo) -> str | None:
        if repository is None and "project" in info.data and info.data["project"] is None:
            raise ValueError("give the address of the repository, or the name of the project")
        return repository

    @property
    def shown_hash(self) -> str:
        """The hash as pages show it."""
        return short(self.commit)

    def text(self, room: int) -> str:
        subject = f": {self.subject}" if self.subject else ""
        return excerpt(f"{short(self.commit)} in {self.project or self.repository}{subject}", room)


class PullRequest(MessagePart, kind="pull_request", template="projects/parts/pull_request.html"):
    """A pull request: its address, or its number and the project; and its title. It is not checked."""

    project: ProjectWord | None = None
    number: Annotated[int, Field(ge=1, le=LARGEST_ID)] | None = None
    url: Annotated[WebAddress | None, Field(validate_default=True)] = None
    title: Title = ""

    @field_validator("url")
    @classmethod
    def _somewhere(cls, url: str | None, info: ValidationInfo) -> str | None:
        known = info.data.keys() >= {"project", "number"}
        if url is None and known and None in {info.data["project"], info.data["number"]}:
            raise ValueError("give the address, or project and number")
        return url

    def text(self, room: int) -> str:
        number = f"#{self.number}" if self.number else ""
        of_project = f"{self.project}{number}" if self.project else number
        named = " ".join(word for word in (of_project, self.url or "") if word)
        return excerpt(f"{named}: {self.title}" if self.title else named, room)
