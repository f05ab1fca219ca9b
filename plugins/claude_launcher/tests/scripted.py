"""A runtime whose programs are puppets: objects in memory that do what a test says, or what their script says."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from pydantic import BaseModel, ConfigDict

from teammcp import (
    Capabilities,
    Family,
    InstalledProgram,
    Launch,
    Listener,
    Runtime,
    Session,
    StartFailed,
    Turn,
    TurnEnd,
    hookimpl,
)

ALL = Capabilities(mid_turn=True, receipt=True, permission=True, interrupt=True, resume=True, usage=True, tools=True)
TERM = -15


class PuppetFamily(Family):
    """The processes of a puppet: it alone."""

    def __init__(self, puppet: Puppet) -> None:
        super().__init__(lambda mark: False)
        self.used = 0
        self._puppet = puppet

    def memory(self) -> int:
        return self.used

    async def end(self, grace: float) -> list[str]:
        self._puppet.exit(TERM)
        return []


class Puppet(Session):
    """One run of a program.

    Attributes:
        launch: what it was started with.
        listener: who hears what it does.
        turns: those that were written to it.
        taken: the ids of those that it has taken up.
        is_stubborn: it neither ends nor breaks off a turn when it is asked to.
        is_asked_to_end: somebody has asked it to.
        interrupted: how often it was.
    """

    def __init__(self, launch: Launch, listener: Listener, script: Callable[[Puppet, Turn], None] | None) -> None:
        self.launch = launch
        self.listener = listener
        self.turns: list[Turn] = []
        self.taken: list[str] = []
        self.is_stubborn = False
        self.is_asked_to_end = False
        self.interrupted = 0
        self.pid = 4711
        self._script = script
        self._family = PuppetFamily(self)
        self._over: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    # -- what a test has it do -----------------------------------------------------------------------------------------

    @property
    def lives(self) -> bool:
        return not self._over.done()

    def take(self, number: int = -1) -> None:
        """Show that it has a turn."""
        self.taken.append(self.turns[number].id)
        self.listener.taken_up(self.taken[-1])

    def end_turn(self, answer: str = "", outcome: str = "done", detail: str = "") -> None:
        """Say something, and end the turn."""
        if answer:
            self.listener.text(answer)
        self.listener.turn_ended(TurnEnd(outcome, detail))  # type: ignore[arg-type]

    def exit(self, code: int = 0) -> None:
        """End."""
        if not self._over.done():
            self._over.set_result(code)

    def grow(self, size: int) -> None:
        """Have so many bytes in memory."""
        self._family.used = size

    # -- a session -----------------------------------------------------------------------------------------------------

    async def send(self, turn: Turn) -> None:
        if self._over.done():
            raise BrokenPipeError("The program has ended.")
        self.turns.append(turn)
        if self._script is not None:
            self._script(self, turn)

    async def interrupt(self) -> None:
        self.interrupted += 1
        if not self.is_stubborn:
            self.listener.turn_ended(TurnEnd("interrupted"))

    async def close(self) -> None:
        self.is_asked_to_end = True
        if not self.is_stubborn:
            self.exit()

    async def wait(self) -> int:
        return await asyncio.shield(self._over)

    def last_output(self) -> str:
        return "the last line"

    def family(self) -> Family:
        return self._family


class Options(BaseModel):
    """There is nothing to be set."""

    model_config = ConfigDict(extra="forbid")


class Puppets(Runtime):
    """The runtime.

    Attributes:
        sessions: all that were started, oldest first.
        script: what a new one does with a turn; None for what the test says.
        refuses: why none can be started.
        resumes: whether an earlier conversation is found again.
        is_ready: set while programs are ready as soon as they are started.
    """

    title, description = "Puppet", "Does what a test says."
    Options = Options

    def __init__(self, capabilities: Capabilities = ALL, name: str = "puppet") -> None:
        self.name = name  # type: ignore[misc]
        self.capabilities = capabilities  # type: ignore[misc]
        self.sessions: list[Puppet] = []
        self.script: Callable[[Puppet, Turn], None] | None = None
        self.refuses = ""
        self.resumes = True
        self.is_ready = asyncio.Event()
        self.is_ready.set()

    async def find(self, options: BaseModel, path: str) -> InstalledProgram:
        return InstalledProgram("/bin/puppet", "1.0")

    async def start(self, launch: Launch, listener: Listener) -> Session:
        await self.is_ready.wait()
        if self.refuses:
            raise StartFailed(self.refuses)
        puppet = Puppet(launch, listener, self.script)
        self.sessions.append(puppet)
        if self.capabilities.resume:
            resumed = launch.conversation is not None and self.resumes
            listener.conversation(
                launch.conversation if resumed and launch.conversation else f"talk-{len(self.sessions)}",
                resumed=resumed,
            )
        return puppet

    @property
    def last(self) -> Puppet:
        return self.sessions[-1]

    @property
    def alive(self) -> list[Puppet]:
        return [session for session in self.sessions if session.lives]


class PuppetPlugin:
    """Makes such runtimes known to a server, which never starts one."""

    @hookimpl
    def register_runtimes(self) -> list[Runtime]:
        return [Puppets(), Puppets(name="quiet")]


def echo(puppet: Puppet, turn: Turn) -> None:
    """A script: take each turn up, answer, and end it."""
    puppet.listener.taken_up(turn.id)
    puppet.end_turn(f"heard: {len(turn.text)}")
