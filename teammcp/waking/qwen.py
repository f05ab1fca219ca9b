"""Waking Qwen Code: by the socket that each of its sessions has for others on the machine.

Its contract is "Cross-Session Protocol" in its documentation. A line from there fires no hook at which the messages
could be brought, so the line brings them. That Qwen Code has queued a line it says by a receipt to a socket of ours;
that its model is shown the line is another matter, and seen in the session's transcript, which is written as the turn
begins. Only that counts as arrived.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..text.marking import mark
from .life import Process
from .loop import Doing

SOCKET, TOKEN, CHATS = "QWEN_CODE_MESSAGING_SOCKET", "QWEN_CODE_MESSAGING_TOKEN", "QWEN_CODE_PROJECT_DIR"
ATTENDED = "tui"
"""The kind of a session before which a person sits; who starts others decides what they do."""
WRITE_SECONDS = 5.0
RECEIPT_SECONDS = 10.0
"""For the first receipt; without one the line was not taken."""
TURN_SECONDS = 50.0
"""For the turn: a line that came while Qwen Code was at work waits for the end of that."""
LOOK = 0.1
LARGEST = 1 << 20
"""Bytes of what is read of a receipt, or of a record."""

FAILURES = {
    "held": mark("Qwen Code holds the line until its user releases it with /peers"),
    "denied": mark("the user of Qwen Code has turned the line away"),
    "refused": mark("Qwen Code refuses lines of other programs: see agents.crossSessionInbound in its settings"),
    "expired": mark("Qwen Code has let the line expire unread"),
    "misaddressed": mark("Qwen Code has begun another session meanwhile"),
    "dropped": mark("Qwen Code gets too many lines at once"),
}
"""Receipt -> what is said of it; after the others but the first nothing more comes of the line."""
NO_TURN = mark("Qwen Code has queued the line, and shows no turn that was begun with it")


@dataclass(frozen=True)
class Place:
    """Where Qwen Code is.

    Attributes:
        process: its program.
        sessions: the folder of the records of all its sessions.
        inbox: the path of its socket.
        token: for that, as its own children have it.
        chats: the folder of its transcripts.
    """

    process: Process
    sessions: Path
    inbox: str
    token: str = field(repr=False)
    chats: Path

    def session(self) -> str | None:
        """The session that it runs now, which may be another one than before; None if it says of none."""
        found = next(_records(self.sessions, self.inbox), {}).get("sessionId")
        return found if isinstance(found, str) else None


def find(environment: Mapping[str, str]) -> Place | None:
    """The Qwen Code whose hook has this environment; None where nobody is to be woken."""
    inbox, token, chats = (environment.get(name, "") for name in (SOCKET, TOKEN, CHATS))
    if not (inbox and token and chats):
        return None
    home = environment.get("QWEN_HOME") or os.path.join(os.path.expanduser("~"), ".qwen")
    sessions = Path(home, "sessions")
    record = next(_records(sessions, inbox), None)
    if record is None or record.get("kind", ATTENDED) != ATTENDED or not isinstance(record.get("pid"), int):
        return None
    process = Process.of(record["pid"])
    return None if process is None else Place(process, sessions, inbox, token, Path(chats, "chats"))


def _records(sessions: Path, inbox: str) -> Iterator[Mapping[str, Any]]:
    """The records of sessions with this socket."""
    for file in sorted(sessions.glob("*.json")):
        with suppress(OSError, ValueError):
            with file.open("rb") as opened:
                record = json.loads(opened.read(LARGEST))
            if isinstance(record, dict) and record.get("ipcPath") == inbox:
                yield record


class QwenSession:
    """What Qwen Code runs, whichever of its sessions that is."""

    way = "qwen_socket"
    carries = True
    once = False

    def __init__(self, place: Place) -> None:
        self._place = place
        self.name = f"qwen:{place.process.pid}"

    def lives(self) -> bool:
        """Whether Qwen Code still runs."""
        return self._place.process.lives()

    def doing(self) -> Doing:
        """It says nothing of that but by its hooks."""
        return ""

    def ring(self, line: str) -> str:
        """Put the line into the session it runs now, and wait until that has it; why that was in vain, or empty."""
        session = self._place.session()
        if session is None:
            return mark("Qwen Code says of no session that it runs; start it again")
        transcript = Transcript(self._place.chats / f"{session}.jsonl", line)
        try:
            with Inbox() as inbox:
                number = self._send(inbox, session, line)
                return self._outcome(inbox, number, session, transcript)
        except (FileNotFoundError, ConnectionRefusedError):
            return mark("nobody listens at the socket of Qwen Code; start it again")
        except OSError as error:
            return f"Qwen Code did not take the line: {error.strerror or type(error).__name__}"

    def _send(self, inbox: Inbox, session: str, line: str) -> str:
        number = str(uuid.uuid4())
        frame = {
            "msgV": 1,
            "msgId": number,
            "type": "user",
            "from": inbox.path,
            "replyToken": inbox.token,
            "fromName": "teammcp",
            "toSessionId": session,
            "message": {"role": "user", "content": line},
        }
        said = [{"msgV": 1, "type": "auth", "token": self._place.token}, frame]
        with socket.socket(socket.AF_UNIX) as peer:
            peer.settimeout(WRITE_SECONDS)
            peer.connect(self._place.inbox)
            peer.sendall("".join(f"{json.dumps(each)}\n" for each in said).encode())
            peer.shutdown(socket.SHUT_WR)
        return number

    def _outcome(self, inbox: Inbox, number: str, session: str, transcript: Transcript) -> str:
        """What becomes of a line: empty once the transcript of the session has it."""
        began, status = time.monotonic(), ""
        while not transcript.has_it():
            waited = time.monotonic() - began
            if not self.lives():
                return mark("Qwen Code has ended")
            if self._place.session() != session:  # which has taken with it what it had queued
                return "" if transcript.has_it() else FAILURES["misaddressed"]
            if not status and waited >= RECEIPT_SECONDS:
                return mark("Qwen Code gave no receipt for the line")
            if waited >= TURN_SECONDS:
                return FAILURES.get(status, NO_TURN)
            status = inbox.status_of(number, LOOK) or status
            if status in FAILURES and status != "held":
                return "" if transcript.has_it() else FAILURES[status]
        return ""


class Transcript:
    """The transcript of a session, of which a line is to be the next that its model is shown.

    Args:
        path: of the file; there may be none yet.
        line: its first line tells it from all others.
    """

    def __init__(self, path: Path, line: str) -> None:
        self._path = path
        self._sought = json.dumps(line.splitlines()[0], ensure_ascii=False)[1:-1].encode()
        self._from = path.stat().st_size if path.exists() else 0

    def has_it(self) -> bool:
        """Whether the line has been written there since."""
        with suppress(OSError), self._path.open("rb") as opened:
            opened.seek(self._from)
            return self._sought in opened.read()
        return False


class Inbox:
    """A socket of our own, to which the receipts come. Use it in a ``with`` block."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="teammcp-")  # for this user alone
        self.path = os.path.join(self._folder.name, "inbox")
        self.token = secrets.token_hex(32)
        self._listener = socket.socket(socket.AF_UNIX)

    def __enter__(self) -> Inbox:
        self._listener.bind(self.path)
        self._listener.listen(8)
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()
        self._folder.cleanup()

    def status_of(self, number: str, seconds: float) -> str:
        """The next receipt for a line, if one comes in this time; others mean nothing."""
        self._listener.settimeout(seconds)
        try:
            peer, _ = self._listener.accept()
        except TimeoutError:
            return ""
        with peer, suppress(OSError, ValueError):
            peer.settimeout(WRITE_SECONDS)
            said = [json.loads(each) for each in _read(peer.recv).splitlines()]
            if any(_is_auth(each, self.token) for each in said[:1]):
                return next((str(each.get("status", "")) for each in said if _is_for(each, number)), "")
        return ""


def _read(recv: Callable[[int], bytes]) -> bytes:
    data = b""
    while len(data) < LARGEST and (part := recv(65536)):
        data += part
    return data


def _is_auth(said: Any, token: str) -> bool:
    return isinstance(said, dict) and said.get("type") == "auth" and said.get("token") == token


def _is_for(said: Any, number: str) -> bool:
    return isinstance(said, dict) and said.get("origMsgId") == number
