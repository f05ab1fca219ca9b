"""Run any program that answers on its standard output what it reads on its standard input, once a turn."""

from pydantic import BaseModel

from teammcp import (
    Capabilities,
    Child,
    Family,
    InstalledProgram,
    Launch,
    Listener,
    Runtime,
    Session,
    Turn,
    TurnEnd,
    hookimpl,
)


class Options(BaseModel):
    """Nothing can be set."""


class Echo(Session):
    """One ``cat``, for one turn."""

    def __init__(self, child: Child, listener: Listener) -> None:
        self.pid = child.pid
        self._child = child
        self._listener = listener

    async def send(self, turn: Turn) -> None:
        await self._child.write(turn.text.encode())
        self._child.close_input()

    async def close(self) -> None:
        self._child.close_input()

    async def wait(self) -> int:
        code = await self._child.wait()
        self._listener.text(self._child.output.text())
        self._listener.turn_ended(TurnEnd("done"))
        return code

    def last_output(self) -> str:
        return self._child.output.text()

    def family(self) -> Family:
        return self._child.family


class EchoRuntime(Runtime):
    """Gives back what it is given."""

    name = "echo"
    title = "Echo"
    description = "Answers with what it is told; for trying things out."
    capabilities = Capabilities(lasting=False)
    Options = Options

    async def find(self, options: BaseModel, path: str) -> InstalledProgram:
        return InstalledProgram("cat")

    async def start(self, launch: Launch, listener: Listener) -> Session:
        child = await launch.children.spawn(["cat"], environment=launch.environment, folder=launch.folder)
        return Echo(child, listener)


@hookimpl
def register_runtimes() -> list[Runtime]:
    return [EchoRuntime()]
