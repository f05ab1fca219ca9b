"""Public shapes of e-mail."""

from __future__ import annotations

from pydantic import Field

from teammcp import Result, Timestamp


class CodeSent(Result):
    """A code is on its way to an address."""

    address: str
    expires_at: Timestamp


class CodeKept(Result):
    """A code may be sent."""

    expires_at: Timestamp


class CodeChecked(Result):
    """Whether a code was the one that was sent, and to which address."""

    address: str | None


class Noted(Result):
    """How things stand is noted."""

    what: str


class EmailAddress(Result):
    """Where a member gets mail."""

    confirmed: str | None = Field(description="The address that mail goes to; null if there is none")
    waiting: str | None = Field(description="An address to which a code was sent; null if none waits for one")


class EmailStep(Result):
    """How one of the things that the server does with mail has gone lately."""

    what: str
    done_at: Timestamp | None = Field(description="When it last went well")
    failed_at: Timestamp | None
    error: str | None = Field(description="Why it went wrong, since it last went well")


class EmailRefusal(Result):
    """A mail that became no message."""

    received_at: Timestamp
    refused: str = Field(description="Why, without any word of it")


class EmailStatus(Result):
    """How e-mail stands."""

    host: str
    sender: str
    steps: list[EmailStep]
    refusals: list[EmailRefusal] = Field(description="The latest replies that became no message")
