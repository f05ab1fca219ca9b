"""What the agent knows of a conversation, in a file, so that a later process can go on with it."""

from __future__ import annotations

import json
import os
import re
import uuid
from dataclasses import asdict, dataclass, field
from pathlib import Path

from .letters import Letter

KEPT = 200
"""Things said that are kept, and messages that are remembered."""
FOLDER = "EXAMPLE_AGENT_FOLDER"
"""The environment variable that names the folder of the files; without it nothing is kept."""
_ID = re.compile(r"[0-9a-f-]{36}")


@dataclass
class Errand:
    """Questions to somebody, one after the other, and who wants to know.

    Attributes:
        whom: who is asked.
        message: the id of the question that waits for an answer.
        rest: questions that come after it.
        answers: what was answered.
        channel, reply_to: where the answers go.
    """

    whom: str
    message: int
    rest: list[str]
    answers: list[str]
    channel: str
    reply_to: int


@dataclass
class Memory:
    """One conversation.

    Attributes:
        said: who said what, ``user`` or ``agent``, in order.
        notes: what it was asked to remember.
        errands: questions that were passed on and are not answered yet.
        answered: how often it has answered each other agent since a person wrote.
        open: messages that it is dealing with.
        dealt: the ids of messages that it has dealt with.
        turns: how many it has had.
    """

    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    said: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    errands: list[Errand] = field(default_factory=list)
    answered: dict[str, int] = field(default_factory=dict)
    open: list[Letter] = field(default_factory=list)
    dealt: list[int] = field(default_factory=list)
    turns: int = 0

    def save(self) -> None:
        """Write it to its file."""
        if (folder := os.environ.get(FOLDER)) is None:
            return
        self.said, self.dealt = self.said[-KEPT:], self.dealt[-KEPT:]
        file = Path(folder) / f"{self.id}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_suffix(".new")
        draft.write_text(json.dumps(asdict(self), ensure_ascii=False), "utf-8")
        draft.replace(file)

    @classmethod
    def load(cls, id: str) -> Memory | None:
        """The conversation with this id; None if there is none."""
        folder = os.environ.get(FOLDER)
        if folder is None or not _ID.fullmatch(id):
            return None
        try:
            kept = json.loads((Path(folder) / f"{id}.json").read_text("utf-8"))
        except FileNotFoundError:
            return None
        errands = [Errand(**errand) for errand in kept.pop("errands")]
        said = [(who, text) for who, text in kept.pop("said")]
        begun = [Letter(**letter) for letter in kept.pop("open", [])]
        return cls(**kept, errands=errands, said=said, open=begun)
