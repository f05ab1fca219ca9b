"""Public shapes of credentials: all but their values."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, RootModel, SecretStr

from teammcp import Author, Line, Result, Timestamp, Words, quote

from .kinds import KindName

LONGEST = 8192


def _name(text: str) -> str:
    if not text or not all(character.isalnum() or character in "-_." for character in text):
        raise ValueError("must consist of letters, digits and - _ .")
    return text


CredentialName = Annotated[Line, Field(min_length=1, max_length=64), AfterValidator(_name)]
VariableName = Annotated[str, Field(pattern="^[A-Za-z_][A-Za-z0-9_]{0,63}$")]
Secret = Annotated[SecretStr, Field(max_length=LONGEST)]
BaseUrl = Annotated[Line, Field(max_length=500, pattern="^(https?://.+)?$")]
ModelName = Annotated[Line, Field(max_length=200)]
Remark = Annotated[Line, Field(max_length=200)]


class Credential(Result):
    """A credential: which variables it gives, and who uses it. Their values are shown to nobody."""

    name: str
    kind: KindName
    note: Words
    variables: list[str]
    made_by: Author
    made_at: Timestamp
    changed_at: Timestamp
    used_by: list[str] = Field(description="The agents that use it")

    def text(self) -> str:
        note = f" — {quote(self.note)}" if self.note else ""
        return f"{self.name} ({self.kind}): {', '.join(self.variables)}{note}"


class CredentialList(RootModel[list[Credential]]):
    """All credentials, by name."""

    def text(self) -> str:
        """One line each."""
        return "\n".join(each.text() for each in self.root) or "(none; programs use the login of the machine's user)"
