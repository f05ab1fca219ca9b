"""Public shapes of conversations: of what agents that were started to answer are asked."""

from __future__ import annotations

from pydantic import Field

from teammcp import Author, Result, Timestamp, Words, quote, rfc3339


class Started(Result):
    """Who answers a lane."""

    agent: str


class Ended(Result):
    """Who answered a lane that is forgotten; null if nobody was started for it."""

    agent: str | None


class Conversation(Result):
    """What one project, or one member, asks another project, and the agent that answers just that.

    ``asking``: the project that asks, or ``@`` and a member that works in none.
    """

    project: str
    asking: str
    agent: Author
    status: str = Field(description="How the agent stands: busy, idle, away …")
    question: int | None = Field(description="What it has to answer now")
    renews: bool = Field(description="A new conversation begins with the next question")
    last_asked_at: Timestamp | None

    def text(self) -> str:
        now = f", answers question {self.question}" if self.question else ""
        anew = ", begins anew with the next question" if self.renews else ""
        last = f", last asked {rfc3339(self.last_asked_at)[:16]}" if self.last_asked_at else ""
        return f"{self.project} asked by {self.asking}: {self.agent}, {self.status}{now}{anew}{last}"


class Conversations(Result):
    """Conversations by who asks. ``next`` is the ``after`` of the following page, null on the last."""

    conversations: list[Conversation]
    next: str | None

    def text(self) -> str:
        more = [f"(more: after={self.next})"] if self.next else []
        return "\n".join([*(each.text() for each in self.conversations), *more]) or "(nobody was started to answer)"


class Fork(Result):
    """How somebody goes on from a conversation in a session of his own; the conversation itself stays as it is.

    ``command`` is for a shell in ``folder`` on ``machine``, for the user whose runner has that machine.
    """

    project: str
    asking: str
    agent: Author
    machine: Words
    folder: Words
    command: Words

    def text(self) -> str:
        return f"On {quote(self.machine)}, in {quote(self.folder)}: {quote(self.command)}"
