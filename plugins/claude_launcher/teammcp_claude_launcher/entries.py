"""What happens in a run, as its runner writes it down, reports it, and the server keeps it and shows it.

Each is an *entry*: a kind and data of the shape here. The runner cuts long texts before it writes them down, so an
entry is never larger than `LARGEST`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, field_validator

from .sentences import SHOWS_NO_SIGN

LARGEST = 48 * 1024
"""Characters of an entry as JSON."""

RunState = Literal["starting", "idle", "working", "waiting", "ended"]
"""``idle``: the program runs and has nothing to do. ``waiting``: it has asked for a permission."""

EndReason = Literal[
    "stopped",
    "asleep",
    "finished",
    "restarted",
    "crashed",
    "not_started",
    "hung",
    "over_memory",
    "over_limit",
    "over_task_limit",
    "runner_ended",
    "runner_killed",
    "revoked",
    "server_gone",
    "lost",
]
"""Why a run has ended; `runs.ends` has what it means and what to do."""

FAILURES: frozenset[EndReason] = frozenset({"crashed", "not_started", "hung", "over_memory"})
"""Ends after which a program is started again, a little later each time, up to a limit."""
FAILURE_SECONDS = 300
"""Failures within this time count together against the limit."""
GIVEN_UP: frozenset[EndReason] = frozenset({"over_limit", "over_task_limit", "revoked"})
"""Ends after which nobody goes on with the turn that was running; nor does anybody once the agent was told to stop."""

NO_SIGN = SHOWS_NO_SIGN()
"""The reason of a `State` whose program is not ready in time, or has shown nothing since a turn was written."""


Whole = Annotated[int, Field(ge=-(2**63), lt=2**63)]
"""A number that a database takes."""


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    @field_validator("*")
    @classmethod
    def _without_nul(cls, value: Any) -> Any:
        """Programs write what they like; a database takes no NUL."""
        return value.replace("\x00", "\ufffd") if isinstance(value, str) else value


class Started(_Entry):
    """The program runs."""

    kind: Literal["started"] = "started"
    pid: Whole = 0
    program: str = ""
    version: str = ""
    folder: str = ""


class Conversation(_Entry):
    """The conversation has this id; ``resumed``: the program has shown that it goes on with it."""

    kind: Literal["conversation"] = "conversation"
    id: str
    resumed: bool


class State(_Entry):
    """The run's state has changed. Whoever has sent ``message_ids`` is told that nothing shows of work on them."""

    kind: Literal["state"] = "state"
    state: RunState
    reason: str = ""
    message_ids: list[Whole] = []


class TurnWritten(_Entry):
    """A turn was written to the program: these messages, or none where the runner itself has something to say."""

    kind: Literal["turn"] = "turn"
    turn: str
    message_ids: list[Whole] = []
    text: str = ""


class TakenUp(_Entry):
    """The program has shown that it has the turn."""

    kind: Literal["taken"] = "taken"
    turn: str


class Said(_Entry):
    """The program says something."""

    kind: Literal["text"] = "text"
    text: str


class Thought(_Entry):
    """It thinks something."""

    kind: Literal["thought"] = "thought"
    text: str


class Change(_Entry):
    """A change of a file; ``before`` is None for a new one."""

    path: str
    before: str | None
    after: str


class Tool(_Entry):
    """It uses a tool, or something has come of that: told again with the same id."""

    kind: Literal["tool"] = "tool"
    id: str
    name: str
    status: Literal["running", "done", "failed"]
    title: str = ""
    input: dict[str, Any] = {}
    output: str = ""
    changes: list[Change] = []


class Step(_Entry):
    """A step of a plan."""

    text: str
    status: Literal["pending", "doing", "done"]


class Plan(_Entry):
    """It has a plan, or has gone on in it."""

    kind: Literal["plan"] = "plan"
    steps: list[Step]


class Asked(_Entry):
    """It asks whether it may use a tool."""

    kind: Literal["question"] = "question"
    id: str
    tool: str
    input: dict[str, Any] = {}


class Answered(_Entry):
    """The answer to that; ``by`` is how it came about: ``policy``, ``approvals``, ``no answer``."""

    kind: Literal["answer"] = "answer"
    id: str
    allowed: bool
    message: str = ""
    by: str = ""


class Used(_Entry):
    """It has used so much more. ``task``: the one that the messages of its turn are about, if they are about one."""

    kind: Literal["usage"] = "usage"
    tokens_in: Whole = 0
    tokens_out: Whole = 0
    cost_usd: float = 0.0
    model: str = ""
    task: Whole | None = None


class TeamTools(_Entry):
    """Whether it has come for the team's tools, by MCP: it had not when a turn was over, or it has since."""

    kind: Literal["team_tools"] = "team_tools"
    used: bool


class Noted(_Entry):
    """Something that whoever looks at the run should know."""

    kind: Literal["note"] = "note"
    text: str


class TurnOver(_Entry):
    """The running turn, with all that joined it, is over; ``answer`` is what it says at its end."""

    kind: Literal["turn_ended"] = "turn_ended"
    outcome: Literal["done", "interrupted", "failed"]
    detail: str = ""
    answer: str = ""


class Ended(_Entry):
    """The run is over."""

    kind: Literal["ended"] = "ended"
    reason: EndReason
    detail: str = ""
    exit_code: Whole | None = None
    last_output: str = ""


class Withheld(_Entry):
    """Something that the reader may not see; no runner reports it."""

    kind: Literal["withheld"] = "withheld"


Entry = Annotated[
    Started
    | Conversation
    | State
    | TurnWritten
    | TakenUp
    | Said
    | Thought
    | Tool
    | Plan
    | Asked
    | Answered
    | Used
    | TeamTools
    | Noted
    | TurnOver
    | Ended,
    Field(discriminator="kind"),
]
ENTRY: TypeAdapter[Entry] = TypeAdapter(Entry)
SEEN: TypeAdapter[Entry | Withheld] = TypeAdapter(Entry | Withheld)
"""An entry as some reader sees it."""
