"""What a runner and its server say to each other over the runner's WebSocket: JSON texts, one frame each.

    runner                                   server
    hello (its journal, its programs)   →
                                        ←    welcome (up to where its journal is stored)
    report, report, …                   →
                                        ←    stored, stored, …
    settled (runs that live)            →         what else was thought to live has ended: `lost`
                                        ←    orders (all homes on this machine; again at every change)
    ask begin …                         ↔    ask stop, screen, keys …: each is answered once

The runner reports what stands in its journal until the server says that it is stored; numbers make a repeated report
harmless. Orders say what should be, so that a lost one matters as little. A question that is cut off has no answer, and
the asker asks again; ``begin`` bears a request of the asker's, so that the second gets the first one's run.

Binary frames belong to terminals: four bytes with the number of the watch, the highest first, then what the program
has written. Frames with keys in them are never logged.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from .entries import Entry

PROTOCOL = 1
REVOKED = 4401
"""The code with which a runner's connection is closed whose machine's key works no more."""
COPY = 4410
"""The code with which a runner's connection is closed because another one has the same key, and works."""
LARGEST = 1024 * 1024
"""Characters of a frame of the runner's, bytes of a binary one."""
LARGEST_OF_SERVER = 64 * 1024 * 1024
"""Bytes of a frame of the server's: orders for all agents of a machine are one."""
BATCH = 100
"""Journal entries in one report, fewer where they would make a larger frame."""
KEEP_ALIVE = 5.0
"""Seconds between two pings; a connection on which nothing came for three times as long is dead."""
Number = Annotated[int, Field(ge=0, lt=2**63)]
"""Of a line, a run, a question: such as a database takes."""

Policy = Literal["ask", "allow", "deny"]
Answers = Literal["reply", "output"]
"""What becomes of what an agent says at the end of a turn: sent where the message came from, or kept as its output."""
Workspace = Literal["own", "folder", "worktree"]


FoundInRepository = Literal["no_repository", "no_commit", "commit", "no_file", "unreadable", "lines", "no_lines"]
"""What is found where a repository is looked into. ``unreadable``: git does not say, or it is no text of a file."""


class Frame(BaseModel):
    """The base of all frames."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class FoundRuntime(Frame):
    """A runtime on a machine: its program, or why it is not there."""

    name: str
    title: str
    program: str = ""
    version: str = ""
    missing: str = ""


class Hello(Frame):
    """The first frame of a runner.

    Attributes:
        protocol: `PROTOCOL` of the runner's program.
        installation: the same after a restart of the runner, another one in a copy of its folder: see
            `runner.identity`.
        place: where that folder lies, for people.
        journal: the id of its journal, whose numbers begin anew with a new one.
        version, platform: of the program, of the machine.
        runtimes: what is installed there.
    """

    kind: Literal["hello"] = "hello"
    protocol: int
    installation: Annotated[str, Field(min_length=1, max_length=100)]
    place: Annotated[str, Field(max_length=200)]
    journal: str
    version: str
    platform: str
    runtimes: list[FoundRuntime]


class JournalEntry(Frame):
    """One line of a runner's journal. ``seq`` grows by one; ``at``: UTC milliseconds by the machine's clock."""

    seq: Number
    run: Number
    at: Number
    entry: Entry


class Report(Frame):
    """Lines of the journal, in their order."""

    kind: Literal["report"] = "report"
    entries: list[JournalEntry]


class Settled(Frame):
    """All that the journal held is reported; these runs live."""

    kind: Literal["settled"] = "settled"
    runs: list[Number]


class Found(Frame):
    """The programs of the machine have changed."""

    kind: Literal["found"] = "found"
    runtimes: list[FoundRuntime]


class Limits(Frame):
    """What a run of an agent may use. 0 stands for no limit, but for seconds, which are always counted."""

    idle_seconds: float
    quiet_seconds: float
    sign_seconds: float
    stop_seconds: float
    memory_mb: int
    restarts: int
    cost_usd: float
    tokens: int


class Home(Frame):
    """What a runner has to know of an agent that lives on its machine.

    Attributes:
        agent: its name.
        key: its key, with which the runner takes its messages and its program calls the team's tools. Not written to
            a file. Empty for one that is not to run, and where its key or its credential is at fault: ``held`` says
            how.
        runtime, options, model: what it runs.
        workspace, folder: where: a folder of its own, an existing one, or a worktree of the repository in it.
        wide: whether the folder may be one that holds far more than a project, such as ``/`` or the user's home.
        environment: variables of its credential.
        guide: who it is.
        policy, answers, limits: see there.
        wanted: whether it is to run.
        held: why nothing is begun nevertheless, and what runs is to end; empty if nothing keeps it.
        started: how often somebody has asked for it to begin at once; a run is to begin for each number that is new.
        started_by: who did last, the cause of that run.
        renewed: a run that was begun for a smaller number than this one ends as ``restarted``.
        conversation: the one to go on with.
        task: the one that its run works on in its turn, as far as the server knows; the runner knows it better where
            the turn's messages are about one.
        version: another one after every change.
    """

    agent: str
    key: str = Field(repr=False)
    runtime: str
    options: dict[str, Any]
    model: str
    workspace: Workspace
    folder: str
    wide: bool = False
    environment: dict[str, str] = Field(repr=False)
    guide: str
    policy: Policy
    answers: Answers
    limits: Limits
    wanted: bool
    held: str
    started: int = 0
    started_by: str = ""
    renewed: int = 0
    conversation: str | None
    task: int | None = None
    version: int


class Orders(Frame):
    """All homes on this machine, as they should be. An agent that is not among them does not live here."""

    kind: Literal["orders"] = "orders"
    team: str
    homes: list[Home]
    paused: str = ""
    spent: dict[int, str] = {}
    """Tasks on which no agent may work, and why: a turn about one is ended, and none is begun."""
    at_once: int
    gone_seconds: float | None
    """Seconds without the server after which the runner ends everything and itself; None for never."""


class Welcome(Frame):
    """The journal is stored up to this number."""

    kind: Literal["welcome"] = "welcome"
    stored: Number


class Stored(Frame):
    """The same, after a report."""

    kind: Literal["stored"] = "stored"
    seq: Number


class Begin(Frame):
    """A runner asks for a run. ``request``: of its own, the same for the same run. The answer's data: ``run``, and
    ``unfinished``, the ids of messages in whose turn the agent has left another machine."""

    kind: Literal["begin"] = "begin"
    agent: str
    cause: str
    request: str
    resumes: bool


class UsedTools(Frame):
    """A runner asks whether the agent's program has asked for the team's tools by MCP, or used one, in this run. The
    answer's data: ``used``, null where the server cannot know, since it was away meanwhile."""

    kind: Literal["used_tools"] = "used_tools"
    run: Number


class Stop(Frame):
    """End an agent's program now; ``reason`` as in `entries.EndReason`."""

    kind: Literal["stop"] = "stop"
    agent: str
    reason: str
    detail: str = ""


class Interrupt(Frame):
    """Break off the agent's turn."""

    kind: Literal["interrupt"] = "interrupt"
    agent: str


class Screen(Frame):
    """Give the agent's screen, as a text or a picture. The answer's data: ``screen``, ``columns``, ``rows``."""

    kind: Literal["screen"] = "screen"
    agent: str
    form: Literal["text", "svg"]


class Keys(Frame):
    """Type into the agent's terminal."""

    kind: Literal["keys"] = "keys"
    agent: str
    text: str = Field("", repr=False)
    names: list[str] = []


class Resize(Frame):
    """Give the agent's terminal another size."""

    kind: Literal["resize"] = "resize"
    agent: str
    columns: int
    rows: int


class Process(Frame):
    """Tell of the agent's processes. The answer's data: ``processes``: pid, name, memory, started_at of each."""

    kind: Literal["process"] = "process"
    agent: str


class Retire(Frame):
    """The agent no longer lives here: end it, and tidy its workspace where nothing is lost by that."""

    kind: Literal["retire"] = "retire"
    agent: str


class Ping(Frame):
    """Say that you are there."""

    kind: Literal["ping"] = "ping"


class LookIntoRepository(Frame):
    """Say whether a commit is in the repository of a folder, and a file at it, and whether some of its lines are as
    somebody says. Of what stands there the answer tells nothing else. The answer's data: ``found``, ``same``.

    Attributes:
        folder: in which the repository is.
        commit: the beginning of its hash, or all of it.
        path: of the file, from the folder or from the root of the repository; empty asks for the commit alone.
        first, last: the numbers of the lines.
        digest: SHA-256 of the lines as they are said to be, joined by line feeds; empty asks whether they are there.
    """

    kind: Literal["look_into_repository"] = "look_into_repository"
    folder: Annotated[str, Field(min_length=1, max_length=4096)]
    commit: Annotated[str, Field(pattern="^[0-9a-f]{7,64}$")]
    path: Annotated[str, Field(max_length=4096)] = ""
    first: Number = 1
    last: Number = 1
    digest: Annotated[str, Field(pattern="^([0-9a-f]{64})?$")] = ""


class Watch(Frame):
    """Send what the agent's terminal shows from now on in binary frames of this number, its screen first."""

    kind: Literal["watch"] = "watch"
    agent: str
    watch: int


class Unwatch(Frame):
    """Enough of that."""

    kind: Literal["unwatch"] = "unwatch"
    watch: int


Question = Annotated[
    Begin
    | UsedTools
    | Stop
    | Interrupt
    | Screen
    | Keys
    | Resize
    | Process
    | Retire
    | Ping
    | LookIntoRepository
    | Watch
    | Unwatch,
    Field(discriminator="kind"),
]


class Ask(Frame):
    """A question to the other side. ``id`` is the asker's own."""

    kind: Literal["ask"] = "ask"
    id: Number
    question: Question


class Answer(Frame):
    """The answer to it: data, or an error's code and sentence."""

    kind: Literal["answer"] = "answer"
    id: Number
    data: dict[str, Any] = {}
    error: str = ""
    detail: str = ""


FromRunner = Annotated[Hello | Report | Settled | Found | Ask | Answer, Field(discriminator="kind")]
FromServer = Annotated[Welcome | Stored | Orders | Ask | Answer, Field(discriminator="kind")]
FROM_RUNNER: TypeAdapter[FromRunner] = TypeAdapter(FromRunner)
FROM_SERVER: TypeAdapter[FromServer] = TypeAdapter(FromServer)
