"""Runtimes: ways to run one kind of program as an agent. Contribute them with the hook ``register_runtimes``.

A runtime lives in a *runner*, a process of its own on the machine of its agents, and not in the server. The runner
starts a session of the runtime for each *run* of an agent's program, gives it *turns* to write to the program, hears
from it what the program does, and ends it with everything that it has started. What a program cannot do, its
runtime does not declare: nothing is guessed and nothing claimed.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol

from pydantic import BaseModel, ConfigDict

from .machine.children import Children, Family
from .members.directory import Agent

Policy = Literal["ask", "allow", "deny"]
"""What becomes of a permission question: a person is asked, or all are allowed, or all are denied."""
Outcome = Literal["done", "interrupted", "failed"]
"""How a turn ended."""


@dataclass(frozen=True)
class Capabilities:
    """What programs of a runtime can do. The runner relies on it, and the test kit checks it.

    Attributes:
        mid_turn: a turn that is sent while another is running joins it.
        receipt: the program itself shows that it has taken a turn up. Without it the first sign of work counts, such
            as output.
        permission: it asks before it uses a tool, and can be answered.
        interrupt: a running turn can be broken off, and the session goes on.
        resume: a later session can go on with the conversation of an earlier one.
        usage: it tells what it uses, in tokens or dollars.
        tools: it is given the team's tools, by MCP.
        terminal: it has a screen that can be looked at, and takes keys.
        lasting: it waits for the next turn. Otherwise it ends with each turn, and a new run begins for the next one.
    """

    mid_turn: bool = False
    receipt: bool = False
    permission: bool = False
    interrupt: bool = False
    resume: bool = False
    usage: bool = False
    tools: bool = False
    terminal: bool = False
    lasting: bool = True


class NotInstalled(Exception):
    """The program of a runtime is not on this machine. The text says how to install it."""


class StartFailed(Exception):
    """A session could not be started. The text says why and what to do."""


@dataclass(frozen=True)
class InstalledProgram:
    """A program of a runtime that was found on a machine.

    Attributes:
        path: where it is.
        version: as it says itself, or its package; empty if that is not known.
    """

    path: str
    version: str = ""


@dataclass(frozen=True)
class McpServer:
    """The team's MCP server, as a program is to reach it.

    Attributes:
        name: under which the program knows its tools.
        url: its address.
        key_variable: the environment variable that holds the agent's key, for the header ``Authorization: Bearer …``.
            Write the variable's name into files and command lines, never the key.
    """

    name: str
    url: str
    key_variable: str


@dataclass(frozen=True)
class Launch:
    """What a session is started with.

    Attributes:
        agent: the agent's name.
        run: the number of the run.
        folder: the program's working folder.
        private: a folder of the runner's for this agent, which only its user may open: for configuration that the
            program is given instead of what stands in the user's files.
        environment: all that the program is to have; the agent's key and those of its credential are in it.
        options: the checked options, of the model `Runtime.Options`.
        model: the model to use; empty for the program's own choice.
        guide: who the agent is and how its team works, for the program's system prompt where it takes one.
        conversation: the one to go on with; None for a new one.
        policy: of permission questions. The runner answers by it; a runtime may need it for the program's own mode.
        mcp: the team's tools; None if the agent is to have none.
        children: starts programs that the runner can end with all that they start, whatever becomes of the runner.
    """

    agent: str
    run: int
    folder: Path
    private: Path
    environment: Mapping[str, str]
    options: BaseModel
    model: str
    guide: str
    conversation: str | None
    policy: Policy
    mcp: McpServer | None
    children: Children


@dataclass(frozen=True)
class Turn:
    """Something to work on.

    Attributes:
        id: a UUID; it is told with what becomes of the turn.
        text: what the program is to read, complete: origin and fences are in it.
    """

    id: str
    text: str


@dataclass(frozen=True)
class FileChange:
    """What a tool changes in a file, as far as the program tells. ``before`` is None for a new file."""

    path: str
    before: str | None
    after: str


@dataclass(frozen=True)
class ToolUse:
    """A tool that the program uses. It is told again with the same id when something of it changes.

    Attributes:
        id: the program's own.
        name: of the tool.
        status: how far it is.
        title: what it is about in a line: a command, a path.
        input: its arguments, as far as they are known.
        output: what it gave, as text.
        changes: of files.
    """

    id: str
    name: str
    status: Literal["running", "done", "failed"]
    title: str = ""
    input: Mapping[str, Any] = field(default_factory=dict)
    output: str = ""
    changes: Sequence[FileChange] = ()


@dataclass(frozen=True)
class PermissionQuestion:
    """The program asks whether it may use a tool.

    Attributes:
        id: the program's own.
        tool: the tool's name.
        input: with what.
        tool_use: the id of the `ToolUse` that it is about; empty if it is not known.
    """

    id: str
    tool: str
    input: Mapping[str, Any]
    tool_use: str = ""


@dataclass(frozen=True)
class PermissionAnswer:
    """The answer to a permission question; ``message`` says why not."""

    allowed: bool
    message: str = ""


@dataclass(frozen=True)
class TokenUsage:
    """What was used since the session's last such report: tokens, US dollars (0 if unknown), and the model's name."""

    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: float = 0.0
    model: str = ""


@dataclass(frozen=True)
class TurnEnd:
    """How the running turn, with all that joined it, has ended; ``detail`` says why it failed."""

    outcome: Outcome
    detail: str = ""


class Listener(Protocol):
    """Hears what a session does. All but `ask` return at once; they are called in the event loop, in order."""

    def conversation(self, id: str, *, resumed: bool) -> None:
        """The conversation has this id; ``resumed``: the program has shown that it goes on with an earlier one.

        Told before `Runtime.start` returns. Whoever asked to go on and hears ``resumed=False`` has a new conversation,
        in which nothing is known.
        """

    def taken_up(self, turn: str) -> None:
        """The program has this turn: see ``receipt`` in `Capabilities`. Told once, before the turn can end."""

    def text(self, text: str) -> None:
        """It says something: a whole paragraph or more, not single tokens."""

    def thought(self, text: str) -> None:
        """It thinks something."""

    def tool(self, use: ToolUse) -> None:
        """It uses a tool, or something has come of that."""

    def plan(self, steps: Sequence[tuple[str, Literal["pending", "doing", "done"]]]) -> None:
        """It has a plan, or has gone on in it."""

    def usage(self, usage: TokenUsage) -> None:
        """It has used something."""

    def note(self, text: str) -> None:
        """Something that whoever looks at the run should know: a retry, a server of tools that does not answer."""

    async def ask(self, question: PermissionQuestion) -> PermissionAnswer:
        """It asks for a permission. Cancelled when the session ends."""

    def turn_ended(self, end: TurnEnd) -> None:
        """The running turn is over, with all turns that were taken up meanwhile.

        One that was sent, but not taken up, is not over: it is the program's next. A program that ends in the midst
        of a turn has not ended the turn: nothing is told, and `Session.wait` returns.
        """


class TerminalScreen(ABC):
    """The screen of a session that has one.

    Attributes:
        columns, rows: its size now.
    """

    columns: int
    rows: int

    @abstractmethod
    def text(self) -> str:
        """What is on the screen, a line each, without blanks at their ends."""

    @abstractmethod
    def svg(self) -> str:
        """A picture of it."""

    @abstractmethod
    def ansi(self) -> bytes:
        """What a terminal has to be sent to show the same."""

    @abstractmethod
    async def keys(self, text: str, names: Sequence[str] = ()) -> None:
        """Type a text, then press keys by their names: ``enter``, ``tab``, ``escape``, ``up``, ``ctrl-c`` …

        Raises:
            BrokenPipeError: the program has ended, or does not read.
        """

    @abstractmethod
    def resize(self, columns: int, rows: int) -> None:
        """Give the screen another size."""

    @abstractmethod
    def watch(self) -> Any:
        """An async context manager; it gives an async iterator over the bytes that the program writes from now on."""


class Session(ABC):
    """One run of a program. Made by `Runtime.start`.

    Attributes:
        terminal: its screen, where the runtime has the capability ``terminal``.
        pid: the number of its process, to be shown; 0 while there is none.
    """

    terminal: TerminalScreen | None = None
    pid: int = 0

    @property
    def written(self) -> int:
        """Bytes that the program has written so far, whatever they mean. One that writes nothing may hang."""
        return 0

    @abstractmethod
    async def send(self, turn: Turn) -> None:
        """Write a turn to the program. While another is running only where ``mid_turn`` is declared.

        Raises:
            BrokenPipeError: the program has ended.
        """

    async def interrupt(self) -> None:
        """Break off the running turn: ``turn_ended`` follows. Does nothing if no turn is running."""
        raise NotImplementedError

    @abstractmethod
    async def close(self) -> None:
        """Ask the program to end by itself, and return at once. The runner waits, and ends what is left."""

    @abstractmethod
    async def wait(self) -> int:
        """Wait until the program has ended and its listener has heard all that it wrote.

        Returns:
            Its return code; less than 0 if a signal has ended it.
        """

    @abstractmethod
    def last_output(self) -> str:
        """The end of what it wrote, standard error as well, for whoever wonders why it ended."""

    @abstractmethod
    def family(self) -> Family:
        """All its processes."""


class Runtime(ABC):
    """A way to run one kind of program."""

    name: ClassVar[str]
    """One word, under which agents name it."""
    title: ClassVar[str]
    """For people."""
    description: ClassVar[str]
    """For people, one sentence: which programs, and what has to be installed."""
    capabilities: ClassVar[Capabilities]
    Options: ClassVar[type[BaseModel]]
    """What can be set of it for an agent. Every field has a default, a title and a description, so that a page can
    ask for it."""

    @abstractmethod
    async def find(self, options: BaseModel, path: str) -> InstalledProgram:
        """Look for the program on this machine.

        Args:
            options: of `Options`.
            path: the folders in which to look, as in ``PATH``.

        Raises:
            NotInstalled: it is not there; the text says how to install it.
        """

    @abstractmethod
    async def start(self, launch: Launch, listener: Listener) -> Session:
        """Start the program. It returns when turns can be sent.

        Raises:
            NotInstalled, StartFailed: why not.
        """

    def fork(self, options: BaseModel, conversation: str) -> Sequence[str]:
        """The command that goes on, for a person at a terminal in its folder, from a copy of a conversation.

        The conversation itself stays as it is. Empty: the program cannot; that holds where this is left out.

        Args:
            options: of `Options`.
            conversation: its id, as `Listener.conversation` was told.
        """
        return ()


class AgentStart(BaseModel):
    """A run that is about to begin, for the hook ``before_agent_start``.

    Attributes:
        agent: whose.
        machine: on which.
        runtime: by which.
        cause: who or what starts it: the name of a member, ``message``, ``restart``.
        resumes: whether it goes on with an earlier conversation.
    """

    model_config = ConfigDict(frozen=True)

    agent: str
    machine: str
    runtime: str
    cause: str
    resumes: bool = False


@dataclass(frozen=True)
class AgentRun:
    """A run, for the hooks that tell of it.

    Attributes:
        id: its number.
        agent: whose program it is.
        machine, runtime: where and by what it runs.
        reason: why it has ended, in one word; empty while it has not.
        detail: the same in a sentence.
        exit_code: of the program, where it has ended by itself.
    """

    id: int
    agent: Agent
    machine: str
    runtime: str
    reason: str = ""
    detail: str = ""
    exit_code: int | None = None
