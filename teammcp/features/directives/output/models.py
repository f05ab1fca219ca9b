"""Public shapes of agents' output."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from ....arguments.fields import Text, Timestamp
from ....clock import rfc3339
from ....operations import Result
from ....storage import LARGEST_ID
from ....text.untrusted import Author, Words, fence, quote

OutputText = Annotated[Text, Field(min_length=1, max_length=16 * 1024)]
OutputKind = Literal["output", "error"]
OutputSeq = Annotated[int, Field(ge=0, le=LARGEST_ID)]


class Appended(Result):
    """Output that was taken. ``seq`` counts the agent's chunks."""

    seq: int
    redacted: bool = Field(description="Whether a secret was taken out")


class Chunk(BaseModel):
    """A piece of what an agent put out."""

    model_config = ConfigDict(extra="forbid")

    seq: int
    kind: OutputKind
    directive_id: int | None
    text: Words
    at: Timestamp


class Output(Result):
    """What an agent put out, oldest first. Go on with ``since_seq`` = the last ``seq``; ``head_seq`` is the newest."""

    agent: Author
    chunks: list[Chunk]
    head_seq: int

    def text(self) -> str:
        if not self.chunks:
            return "(no output)"
        text, last = fence((_line(chunk) for chunk in self.chunks), f"output of {self.agent}"), self.chunks[-1].seq
        return text if last >= self.head_seq else f"{text}\n(more: since_seq={last})"


class AgentErrors(Result):
    """What went wrong for an agent, the last first."""

    agent: Author
    errors: list[Chunk]

    def text(self) -> str:
        if not self.errors:
            return "(no errors)"
        return fence((_line(chunk) for chunk in self.errors), f"errors of {self.agent}")


def _line(chunk: Chunk) -> str:
    kind = " (error)" if chunk.kind == "error" else ""
    return f"[{chunk.seq}] {rfc3339(chunk.at)[:16]}{kind}: {quote(chunk.text)}"
