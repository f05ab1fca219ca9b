"""Public shapes of projects."""

from __future__ import annotations

import posixpath
import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from teammcp import (
    LARGEST_ID,
    OTHERS,
    AnyWords,
    Author,
    Line,
    NotBlank,
    Result,
    Text,
    Timestamp,
    Words,
    json_within,
    quote,
)

from ..bounds import MOST_PUBLISHED

MOST_PROJECTS = 500
MOST_OWNERS = 20
MOST_FOLDERS = 20
MOST_AGENTS = 50
MOST_ASKERS = 100
EVERYBODY = "*"
"""In an argument, the asker that stands for everybody."""


def _absolute(text: str) -> str:
    windows = re.match(r"[A-Za-z]:[\\/]", text)
    if not text.startswith("/") and windows is None:
        raise ValueError("must be an absolute path, such as /home/ada/backend")
    if ".." in re.split(r"[\\/]" if windows else "/", text):
        raise ValueError("must not contain .. as a part")
    if windows is not None:
        return text if len(text) == len(windows[0]) else text.rstrip("\\/")
    return "/" + posixpath.normpath(text).lstrip("/")


Description = Annotated[Text, Field(max_length=2000), OTHERS]
Path = Annotated[Line, Field(max_length=1024), AfterValidator(_absolute), OTHERS]
Word = Annotated[Line, Field(max_length=64)]
AtOnce = Annotated[int, Field(ge=1, le=50)]
Asker = Annotated[Line, Field(min_length=1, max_length=65)]
"""The name of a project, or ``@`` and that of a member."""
Version = Annotated[int, Field(ge=1, le=LARGEST_ID)]


Model = Annotated[Line, Field(max_length=200)]
Options = Annotated[dict[str, Any], AfterValidator(json_within(16 * 1024, 8)), OTHERS]
"""Of a runtime, as list_runtimes of the launcher describes them."""
Changes = Literal["ask", "allow", "deny"]
"""What becomes of it when an agent that was started to answer is to change something: a person is asked, yes, or no."""


class Publication(BaseModel):
    """Something that a project offers others."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["api", "package", "event", "schema", "other"]
    name: Annotated[Line, Field(max_length=200), NotBlank, OTHERS]
    version: Annotated[Line, Field(max_length=64), OTHERS] = ""
    description: Annotated[Line, Field(max_length=500), OTHERS] = ""

    def text(self) -> str:
        """It in one line."""
        words = " ".join(quote(word) for word in (self.name, self.version) if word)
        return f"{self.kind} {words}" + (f": {quote(self.description)}" if self.description else "")


class ProjectFolder(BaseModel):
    """Where a project lies: a folder, and the machine that has it."""

    model_config = ConfigDict(extra="forbid")

    machine: Annotated[Line, Field(max_length=64, description="Empty: the server's own"), OTHERS] = ""
    folder: Path

    def text(self) -> str:
        """It in one line."""
        return quote(f"{self.folder} on {self.machine}" if self.machine else self.folder)


Publishes = Annotated[list[Publication], Field(max_length=MOST_PUBLISHED)]
Folders = Annotated[list[ProjectFolder], Field(max_length=MOST_FOLDERS)]


class ProjectAgent(Result):
    """A member that works in a project. ``answers``: whether others' questions to the project may go to it."""

    name: str
    answers: bool


class ProjectLine(Result):
    """A project in a list. ``agents``: how many work in it. ``may_ask``: whether the reader may ask it something."""

    name: str
    description: Words
    publishes: list[Publication]
    folders: list[ProjectFolder]
    owners: list[str]
    agents: int
    may_ask: bool

    def text(self) -> str:
        about = f": {quote(self.description)}" if self.description else ""
        offers = "".join(f"\n  {each.text()}" for each in self.publishes)
        return f"{self.name}{about}{'' if self.may_ask else ' (you may not ask it)'}{offers}"


class ProjectList(Result):
    """Projects by name. ``next`` is the ``after`` of the following page, null on the last."""

    projects: list[ProjectLine]
    next: str | None

    def text(self) -> str:
        more = [f"(more: after={self.next})"] if self.next else []
        return "\n".join([*(each.text() for each in self.projects), *more]) or "(no projects)"


class Project(Result):
    """A code base of the team.

    ``askers`` are the projects, and as ``@name`` the members, that may ask it something; null: everybody may. ``role``,
    ``runtime`` and ``options`` are those of an agent that is started to answer in the first of the ``folders``;
    ``changes``: what becomes of it when that is to change something; ``credential``, the name of one, and ``model``:
    those that it is given; ``chosen_by``: by whose right it is started.
    ``at_once``: how many questions it answers at a time. Each change of these facts gives it its next ``version``.
    ``warning``, after such a change: what may keep agents from being started for now.
    """

    name: str
    description: Words
    publishes: list[Publication]
    owners: list[str]
    folders: list[ProjectFolder]
    agents: list[ProjectAgent]
    role: Words
    runtime: Words
    options: AnyWords
    changes: Changes
    credential: Words
    model: Words
    chosen_by: Author | None
    at_once: int
    askers: list[str] | None
    created_by: Author
    created_at: Timestamp
    updated_at: Timestamp
    version: int
    warning: Words = ""

    def text(self) -> str:
        agents = [each.name if each.answers else f"{each.name} (does not answer)" for each in self.agents]
        facts = {
            "publishes": [each.text() for each in self.publishes],
            "folders": [each.text() for each in self.folders],
            "owners": self.owners,
            "agents": agents,
            "may be asked by": ["everybody"] if self.askers is None else self.askers or ["nobody"],
            "role": [quote(self.role)] if self.role else [],
            "runtime": [f"{quote(self.runtime)}, changes: {self.changes}"] if self.runtime else [],
            "credential": [quote(self.credential)] if self.credential else [],
            "model": [quote(self.model)] if self.model else [],
        }
        head = f"{self.name}, version {self.version}, added by {self.created_by}"
        about = [f"description: {quote(self.description)}"] if self.description else []
        lines = [f"{name}: {'; '.join(values)}" for name, values in facts.items() if values]
        warning = [f"warning: {quote(self.warning)}"] if self.warning else []
        return "\n".join([head, *about, *lines, f"answers at once: {self.at_once}", *warning])


class ProjectGone(Result):
    """A project that was removed."""

    project: str
