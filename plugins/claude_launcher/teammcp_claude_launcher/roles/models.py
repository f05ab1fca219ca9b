"""Public shapes of roles and of assembled teams."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, RootModel

from teammcp import LARGEST_ID, AgentName, Author, Line, NotBlank, Result, Text, Timestamp, Words, quote

from ..homes import Credential, Folder, Guide, Model
from ..protocol import Workspace
from ..settings import Name


def _role_name(text: str) -> str:
    text = text.casefold()
    if not all(character.isalnum() or character in "-_" for character in text):
        raise ValueError("must consist of letters, digits and - _")
    return text


RoleName = Annotated[Line, Field(min_length=1, max_length=40), AfterValidator(_role_name)]
Title = Annotated[Line, Field(max_length=80), NotBlank]
Summary = Annotated[Line, Field(max_length=200), NotBlank]
Need = Annotated[Text, Field(max_length=4000), NotBlank]
Reason = Annotated[Line, Field(max_length=500), NotBlank]
Task = Annotated[Text, Field(max_length=8000)]
HandOver = Annotated[Text, Field(max_length=8000), NotBlank]
Dollars = Annotated[float, Field(gt=0, le=10**6, allow_inf_nan=False)]
AssemblyId = Annotated[int, Field(ge=1, le=LARGEST_ID)]
Status = Literal["proposed", "accepted", "declined", "retired"]


class RoleLine(Result):
    """A role, in a line."""

    name: str
    title: Words
    summary: Words
    shipped: bool = Field(description="Whether it comes with the launcher")
    changed: bool = Field(description="Whether the team has changed or added it")
    changed_by: Author | None = None
    changed_at: Timestamp | None = None

    def text(self) -> str:
        return f"{self.name}: {quote(self.title)}. {quote(self.summary)}"


class Role(RoleLine):
    """A role: who an agent of it is, and how it works."""

    guide: Words

    def text(self) -> str:
        return f"{super().text()}\n{quote(self.guide)}"


class RoleList(RootModel[list[RoleLine]]):
    """All roles, by name."""

    def text(self) -> str:
        """One line each."""
        return "\n".join(role.text() for role in self.root)


class MemberToBe(BaseModel):
    """Somebody that a need asks for: of a role, or described in words."""

    model_config = ConfigDict(extra="forbid")

    name: AgentName = Field(description="What it is to be called: a name that nobody has")
    role: RoleName | None = Field(None, description="One of list_roles")
    description: Annotated[Guide, Field(description="Who it is and how it works, in words: instead, or beside")] = ""
    reason: Reason = Field(description="Why the need asks for it")
    task: Task = Field("", description="What it is to do first; it gets this as a message from whoever says yes")
    runtime: Name = Field(description="What it runs; list_runtimes has them")
    machine: Name | None = Field(None, description="Where; by default the server's own machine")
    credential: Credential | None = Field(None, description="Whose keys of a model provider it gets")
    model: Model = ""
    workspace: Workspace = "own"
    folder: Folder = ""


class ProposedMember(Result):
    """A member of an assembled team."""

    name: str
    role: str | None
    description: Words
    reason: Words
    task: Words
    runtime: str
    machine: Words | None
    credential: str | None
    model: Words
    workspace: Workspace
    folder: Words
    there: bool = Field(description="Whether it was made and is there")


class Assembly(Result):
    """A team for a need: who, why, and at which cost at most. ``spent_usd`` is what its members used, of a month."""

    assembly_id: int
    need: Words
    members: list[ProposedMember]
    cost_usd: float
    spent_usd: float
    status: Status
    handover: Words
    proposed_by: Author
    proposed_at: Timestamp
    decided_by: Author | None
    decided_at: Timestamp | None
    retired_at: Timestamp | None

    def text(self) -> str:
        head = (
            f"assembly {self.assembly_id}, {self.status}: {quote(self.need)}\n"
            f"at most ${self.cost_usd:.2f}, used ${self.spent_usd:.2f}"
        )
        members = [f"- {each.name} ({each.role or 'described'}): {quote(each.reason)}" for each in self.members]
        return "\n".join([head, *members])


class AssemblyList(RootModel[list[Assembly]]):
    """Assembled teams, newest first."""

    def text(self) -> str:
        """Each with its members."""
        return "\n\n".join(each.text() for each in self.root) or "(none)"


class Assembled(Result):
    """What became of a need: a proposal that waits for a person's yes, or a lead who was asked for one."""

    proposal: Assembly | None = None
    asked: Author | None = Field(None, description="The lead who was asked")
