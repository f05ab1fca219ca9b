"""The one loop of every helper: wait until the server says to ring, look whether the program lives, ring, report.

A server that is away is waited for in silence. Nothing is said to anybody but the server: nobody reads what a helper
prints.
"""

from __future__ import annotations

import json
import queue
import threading
import time
import uuid
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import Any, Literal, NoReturn, Protocol

from ..net.transport import Connection

WAIT = 50
"""Seconds of one wait: less than proxies keep a silent connection."""
MARGIN = 10.0
"""Seconds that its answer may take beyond that."""
QUICK = 5.0
"""Seconds for all other calls."""
LOOK = 1.0
"""Seconds between two looks at the program."""
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
REFUSED = {401, 403}
NOT_UNDERSTOOD = {400, 422}
REPORTED = 300
"""Characters of what a helper says of a line."""

Doing = Literal["", "idle", "busy", "waiting"]
"""``waiting`` is before a dialog that only a person may answer."""


class Session(Protocol):
    """A session of a program, and how it is rung.

    Attributes:
        name: by which the server tells it from others: ``claude:4711``.
        way: how the line gets in; one of `teammcp.features.wakes.models.Way`.
        carries: whether the line brings the messages themselves, since the program has no hook for that.
        once: whether the helper ends with its first ring.
    """

    name: str
    way: str
    carries: bool
    once: bool

    def lives(self) -> bool:
        """Whether the program still runs this session. Asked every second."""

    def doing(self) -> Doing:
        """What the program says of itself; empty if nothing. Asked every second."""

    def ring(self, line: str) -> str:
        """Put a line into the session; empty, or why that was in vain, in words for a person.

        With `carries` it returns empty only when the program has shown that it has the line.
        """


class End(Enum):
    """Why a helper has ended."""

    GONE = "the program is gone"
    REFUSED = "the key is refused"
    RUNG = "it rings once only"
    STOPPED = "it was stopped"


@dataclass(frozen=True)
class Ring:
    """What the server says: a line, or nothing if it is empty."""

    number: str = ""
    line: str = ""
    message_ids: Sequence[int] = ()


class Asker:
    """The calls of one helper.

    Args:
        base: the server's address.
        key: the agent's.
        session: see `Session`.
    """

    def __init__(self, base: str, key: str, session: Session) -> None:
        self._base, self._session = base, session
        self._waiting = Connection(base, WAIT + MARGIN)
        self._headers = {
            "Authorization": f"Bearer {key}",
            "Content-Type": "application/json",
            "TeamMCP-Reader": f"wake:{uuid.uuid4().hex}",
        }

    def wait(self, rung: str, failure: str, doing: Doing) -> Ring | int | None:
        """The next ring; the status of a refusal; None if no server answers. ``doing`` as in `tell`, if it is news."""
        session = self._session
        said = {"session": session.name, "way": session.way, "carries": session.carries}
        body = {**said, "rung": rung, "failure": _sayable(failure), "doing": doing, "timeout": WAIT}
        answer = self._waiting.post("/api/wakes/wait", json.dumps(body).encode(), self._headers)
        if answer is None:
            return None
        return _ring(answer.text) if answer.status == 200 else answer.status

    def tell(self, doing: Doing) -> bool:
        """Say what the program says of itself; whether that was heard."""
        return self._say("/api/wakes/doing", {"session": self._session.name, "doing": doing})

    def confirm(self, message_ids: Sequence[int]) -> None:
        """Say that messages have arrived; what is not heard of comes again."""
        self._say("/api/received", {"message_ids": [*message_ids]})

    def end(self) -> None:
        """Say that the program has ended."""
        self._say("/api/wakes/end", {"session": self._session.name})

    def _say(self, path: str, body: dict[str, Any]) -> bool:
        answer = Connection(self._base, QUICK).post(path, json.dumps(body).encode(), self._headers)
        return answer is not None and answer.status == 200


def _sayable(text: str) -> str:
    """Without halves of characters, as names of files may have: no server takes those."""
    return text.encode("utf-8", "replace").decode()[:REPORTED]


def _ring(text: str) -> Ring | None:
    try:
        found = json.loads(text)
        ids = [int(message["id"]) for message in found.get("messages", ())]
        return Ring(str(found["number"]), str(found["line"]), ids)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


Answer = Ring | int | None
"""What comes of a wait: see `Asker.wait`."""


class Ended(Exception):
    """A helper has come to its end, for a reason."""

    def __init__(self, why: End) -> None:
        super().__init__(why.value)
        self.why = why


class Helper:
    """Rings one session for one member, until the program is gone, the key is refused, or it is stopped.

    Args:
        session: the session.
        asker: how the server is asked.
    """

    def __init__(self, session: Session, asker: Asker) -> None:
        self._session, self._asker = session, asker
        self._heard: queue.SimpleQueue[Answer | End] = queue.SimpleQueue()
        self._away = False
        self._last: Doing = ""
        self._told: Doing = ""

    def stop(self) -> None:
        """End it soon, from another thread; the program goes on without it."""
        self._heard.put(End.STOPPED)

    def run(self) -> End:
        """Ring whenever the server says so; why that came to its end."""
        try:
            self._run()
        except Ended as ended:
            if ended.why is End.GONE:
                self._asker.end()
            return ended.why

    def _run(self) -> NoReturn:
        rung = failure = ""
        pause = FIRST_PAUSE
        while True:
            self._look()
            self._ask(rung, failure)
            answer = self._hear()
            if isinstance(answer, int) and answer in REFUSED:
                raise Ended(End.REFUSED)
            self._away = not isinstance(answer, Ring)
            if not isinstance(answer, Ring):
                self._told = ""
                if answer in NOT_UNDERSTOOD:  # said again, it would keep this one deaf for ever
                    rung = failure = ""
                self._rest(pause)
                pause = min(2 * pause, LONGEST_PAUSE)
                continue
            pause, rung, failure = FIRST_PAUSE, answer.number or rung, ""
            if answer.line:
                failure = self._ring(answer)

    def _ring(self, ring: Ring) -> str:
        """Put its line into the session; why that was in vain, or empty."""
        self._look()
        try:
            failure = self._session.ring(ring.line)
        except Ended:
            raise
        except Exception as error:  # noqa: BLE001 - a program that answers as none did before; its senders are told
            failure = f"its helper does not understand what the program answers ({type(error).__name__})"
        if self._session.once:
            raise Ended(End.RUNG)
        if ring.message_ids and not failure:
            self._asker.confirm(ring.message_ids)
        return failure

    def _ask(self, rung: str, failure: str) -> None:
        """Wait for a ring, on a thread of its own: the program is watched meanwhile."""
        doing = self._session.doing() if self._away else ""  # a server that was started anew knows nothing of it

        def wait() -> None:
            self._heard.put(self._asker.wait(rung, failure, doing))

        threading.Thread(target=wait, name="wake", daemon=True).start()

    def _hear(self) -> Answer:
        """What comes of the wait; the program is looked at every second until then."""
        while True:
            try:
                heard = self._heard.get(timeout=LOOK)
            except queue.Empty:
                self._look()
                self._follow()
                continue
            if isinstance(heard, End):
                raise Ended(heard)
            return heard

    def _rest(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            with suppress(queue.Empty):
                if self._heard.get(timeout=min(left, LOOK)) is End.STOPPED:
                    raise Ended(End.STOPPED)
            self._look()

    def _follow(self) -> None:
        """Tell what the program does when that has changed, and stayed so for two looks: its hooks are quicker."""
        doing, before = self._session.doing(), self._last
        self._last = doing
        if doing and doing == before and doing != self._told and self._asker.tell(doing):
            self._told = doing

    def _look(self) -> None:
        if not self._session.lives():
            raise Ended(End.GONE)
