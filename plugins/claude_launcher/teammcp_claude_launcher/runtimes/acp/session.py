"""A session of a program that speaks the protocol: turns go in, what becomes of them is told."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Sequence
from typing import Any

from acp import RequestError, connect_to_agent, text_block
from pydantic import ValidationError

from teammcp import Child, Listener, Turn, TurnEnd

from ..programs import LAST_WORDS, SHOWN, ProgramSession
from .dialects import Dialect
from .hearing import Hearing
from .transport import JsonLines

ENDING = 2.0
"""Seconds within which a program that has closed its output is expected to end."""

PARTING = 0.5
"""Seconds within which a program reads the last that is written to it."""

_ENDS = {
    "cancelled": TurnEnd("interrupted"),
    "max_tokens": TurnEnd("failed", "The answer was longer than the model may write."),
    "max_turn_requests": TurnEnd("failed", "The turn needed more requests to the model than the program allows."),
    "refusal": TurnEnd("failed", "The model refused to go on."),
}


class AcpSession(ProgramSession):
    """One program, and the connection to it.

    Args:
        child: the program.
        listener: is told what it does.
        model: that it was told to use; empty for its own choice.
        dialect: in which it tells it.
        needs_signal: the end of its input is not enough for it to end.

    Attributes:
        hearing: what hears it.
        connection: what asks it.
        id: of the conversation, once there is one.
        preface: what comes before the next turn.
    """

    def __init__(self, child: Child, listener: Listener, model: str, dialect: Dialect, *, needs_signal: bool) -> None:
        super().__init__(child)
        self._needs_signal = needs_signal
        self.hearing = Hearing(listener, model, dialect)
        self._lines = JsonLines(child)
        self.connection = connect_to_agent(self.hearing, self._lines)  # type: ignore[arg-type]
        self.id = ""
        self.preface = ""
        self._running: set[asyncio.Task[None]] = set()

    async def send(self, turn: Turn) -> None:
        """Write a turn; what becomes of it is told to the listener."""
        if self.child.returncode is not None or self._lines.over:
            raise BrokenPipeError("The program has ended.")
        self.hearing.written(turn.id)
        preface, self.preface = self.preface, ""
        work = asyncio.create_task(self._work(turn, [text_block(text) for text in (preface, turn.text) if text]))
        self._running.add(work)
        work.add_done_callback(self._running.discard)
        await asyncio.sleep(0)  # so that it is written before anything else is

    async def interrupt(self) -> None:
        """Break off the running turn."""
        if self._running:
            await self.connection.cancel(session_id=self.id)
            await self.hearing.drop_questions(PARTING)

    async def close(self) -> None:
        """Break off the running turn, which is not to be finished now, and close its input, at which it ends."""
        with contextlib.suppress(ConnectionError, TimeoutError):
            async with asyncio.timeout(PARTING):
                await self.interrupt()
        self.child.close_input()
        if self._needs_signal and self.child.returncode is None:
            os.killpg(self.pid, signal.SIGTERM)  # its process group: the program may be behind a script

    async def wait(self) -> int:
        """Wait until the program has ended and what it wrote was heard."""
        code = await super().wait()
        await self.hearing.drop_questions(0)
        await self._lines.wait_over(LAST_WORDS)
        await self.connection.close()
        return code

    def last_output(self) -> str:
        """The last of what it wrote that was no message."""
        return "\n".join([*self._lines.strays, self.child.errors.text()]).strip()[-SHOWN:]

    async def has_ended(self) -> bool:
        """Whether a program that says nothing more has ended, or is about to."""
        try:
            async with asyncio.timeout(ENDING):
                await self.child.wait()
        except TimeoutError:
            return False
        return True

    async def _work(self, turn: Turn, blocks: Sequence[Any]) -> None:
        """Write a turn, wait for the answer, which comes when it is over, and tell that."""
        try:
            response = await self.connection.prompt(session_id=self.id, prompt=[*blocks])
        except ConnectionError:
            if not await self.has_ended():  # what cannot be heard is of no use; the runner sees that it has ended
                await self.child.stop()
        except RequestError as error:
            self.hearing.ended(turn.id, TurnEnd("failed", reason(error)))
        except ValidationError:
            self.hearing.ended(turn.id, TurnEnd("failed", "The program answered what is not in the protocol."))
        else:
            self.hearing.spent(response)
            self.hearing.ended(turn.id, _ENDS.get(response.stop_reason, TurnEnd("done")))


def reason(error: RequestError) -> str:
    """Why a program refuses something, in its own words."""
    data = error.data if isinstance(error.data, dict) else {}
    details = data.get("details") or data.get("message")
    return f"{error}: {details}" if details and str(details) not in str(error) else str(error)
