"""How a session begins: the program says what it can do, and begins a conversation or goes on with an earlier one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from acp import PROTOCOL_VERSION, RequestError
from acp.schema import (
    ClientCapabilities,
    EnvVarAuthMethod,
    HttpHeader,
    HttpMcpServer,
    Implementation,
    InitializeResponse,
    LoadSessionResponse,
    NewSessionResponse,
    ResumeSessionResponse,
    SessionConfigOptionSelect,
)

from teammcp import Launch, Listener, StartFailed

from .session import AcpSession

AUTHENTICATION_REQUIRED = -32000

Opened = NewSessionResponse | LoadSessionResponse | ResumeSessionResponse


async def open_conversation(
    session: AcpSession, launch: Launch, listener: Listener, mode: str, meta: Mapping[str, Any]
) -> bool:
    """Begin a conversation, or go on with the one that the launch names; whether it goes on.

    Args:
        mode: of the session; empty for the program's own.
        meta: what this program is told beside the protocol.

    Raises:
        StartFailed: the program cannot do what is asked of it.
        RequestError: it refuses.
        ConnectionError: it has ended.
    """
    opening = _Opening(session, launch, meta)
    opened, resumed = await opening.open()
    listener.conversation(session.id, resumed=resumed)
    await opening.choose_mode(opened, mode)
    if launch.model and not await opening.choose_model(opened):
        listener.note("This program does not let its model be chosen by the protocol; it uses its own.")
    return resumed


class _Opening:
    def __init__(self, session: AcpSession, launch: Launch, meta: Mapping[str, Any]) -> None:
        self._session = session
        self._connection = session.connection
        self._launch = launch
        self._meta = meta
        self._program: InitializeResponse

    async def open(self) -> tuple[Opened, bool]:
        """What the program says of the conversation, and whether it is the earlier one."""
        self._program = await self._connection.initialize(
            protocol_version=PROTOCOL_VERSION,
            client_capabilities=ClientCapabilities(),
            client_info=Implementation(name="teammcp", version="1"),
        )
        conversation = self._launch.conversation
        if conversation is not None and (found := await self._go_on(conversation)) is not None:
            self._session.id = conversation
            return found, True
        begun = await self._begin()
        self._session.id = begun.session_id
        return begun, False

    async def _begin(self) -> NewSessionResponse:
        place = self._place()
        try:
            return await self._connection.new_session(**place)
        except RequestError as error:
            if error.code != AUTHENTICATION_REQUIRED:
                raise
            await self._authenticate()
        return await self._connection.new_session(**place)

    async def _go_on(self, conversation: str) -> Opened | None:
        """Go on with an earlier conversation; None if the program does not show that it has it.

        It shows it by telling it again. Some answer that they have loaded what they do not know, and some resume
        without an error what they do not have.
        """
        capabilities = self._program.agent_capabilities
        if capabilities is None:
            return None
        place = {**self._place(), "session_id": conversation}
        hearing = self._session.hearing
        hearing.replay(True)
        try:
            if capabilities.load_session:
                loaded = await self._connection.load_session(**place)
                return loaded if hearing.replayed else None
            if capabilities.session_capabilities and capabilities.session_capabilities.resume is not None:
                return await self._connection.resume_session(**place)
        except RequestError:
            return None  # it is gone, or the program cannot do it after all
        finally:
            hearing.replay(False)
        return None

    async def _authenticate(self) -> None:
        """Let the program use the key that it has in its environment. Nobody is here to log in otherwise."""
        methods = self._program.auth_methods or []
        for method in methods:
            if isinstance(method, EnvVarAuthMethod) and all(
                self._launch.environment.get(variable.name) for variable in method.vars
            ):
                await self._connection.authenticate(method_id=method.id)
                return
        ways = ", ".join(method.name for method in methods)
        raise StartFailed(
            "The program is not logged in. Log in with it once on this machine, as the runner's user, or give the "
            f"agent a credential with a key. It offers: {ways or 'nothing'}."
        )

    def _place(self) -> dict[str, Any]:
        """Where the conversation takes place, and with which tools."""
        return {"cwd": str(self._launch.folder), "mcp_servers": self._servers(), **self._meta}

    def _servers(self) -> list[HttpMcpServer]:
        mcp = self._launch.mcp
        if mcp is None:
            return []
        capabilities = self._program.agent_capabilities
        if not (capabilities and capabilities.mcp_capabilities and capabilities.mcp_capabilities.http):
            raise StartFailed("This program takes no tools over HTTP, so it cannot use the team's: update it.")
        key = self._launch.environment[mcp.key_variable]
        header = HttpHeader(name="Authorization", value=f"Bearer {key}")
        return [HttpMcpServer(type="http", name=mcp.name, url=mcp.url, headers=[header])]

    async def choose_mode(self, opened: Opened, mode: str) -> None:
        """Set the session's mode."""
        if not mode:
            return
        offered = [one.id for one in opened.modes.available_modes] if opened.modes else []
        if mode not in offered:
            raise StartFailed(f"mode: the program has no '{mode}'. It has: {', '.join(offered) or 'none'}.")
        await self._connection.set_session_mode(mode_id=mode, session_id=self._session.id)

    async def choose_model(self, opened: Opened) -> bool:
        """Set the model; whether the program offers a choice."""
        for option in opened.config_options or []:
            if isinstance(option, SessionConfigOptionSelect) and option.category == "model":
                await self._connection.set_config_option(
                    config_id=option.id, session_id=self._session.id, value=self._launch.model
                )
                return True
        return False
