"""Waking Claude Code: by the inbox socket of its session, or, where it has none, by a hook that ends with 2.

Both ways need a process of Claude Code's own tree: a session that bypasses permissions holds what any other one writes.
So nothing here goes into the background. Claude Code answers nothing on its socket, good or bad; that a line has
arrived is shown by its hook ``UserPromptSubmit``, and by nothing before it.
"""

from __future__ import annotations

import errno
import json
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..text.marking import mark
from .claude_files import LOCK_OUT, config_folder, locked_out, record_of, records
from .life import Process
from .loop import Doing

SOCKET, TOKEN = "CLAUDE_CODE_MESSAGING_SOCKET", "CLAUDE_CODE_MESSAGING_TOKEN"
WRITE_SECONDS = 5.0
LOCKED_OUT = {
    LOCK_OUT["refuse"]: mark("it refuses lines from outside, as crossSessionInbound in its settings says"),
    LOCK_OUT["hold"]: mark(
        "it holds lines from outside back, until a person lets them through, "
        "as crossSessionInbound in its settings says"
    ),
}
"""What its settings do to lines -> what senders read of that."""


@dataclass(frozen=True)
class Place:
    """Where a session of Claude Code is.

    Attributes:
        process: its program.
        inbox: the path of its inbox socket; empty if it has none.
        token: for that.
        config: the folder with Claude Code's settings and records.
        project: the folder of the session's project; None if that is not known.
    """

    process: Process
    inbox: str
    token: str
    config: Path
    project: Path | None


def find(environment: Mapping[str, str]) -> Place | None:
    """The session whose hook has this environment.

    None where nobody is to be woken: with ``-p`` and in the SDK, whose caller decides what they do.
    """
    number = environment.get("CLAUDE_PID", "")
    if not _is_attended(environment) or not number.isdecimal():
        return None
    process = Process.of(int(number))
    return None if process is None else _place(environment, process)


def find_by_inbox(environment: Mapping[str, str]) -> Place | None:
    """The session whose MCP server has this environment, in which its process has no number.

    None where nobody is to be woken, or the session has not said yet that it is there.
    """
    inbox = environment.get(SOCKET)
    if not _is_attended(environment) or not inbox:
        return None
    own = (record for record in records(config_folder(environment)) if record.inbox == inbox)
    return next((_place(environment, record.process) for record in own), None)


def _is_attended(environment: Mapping[str, str]) -> bool:
    return environment.get("CLAUDE_CODE_ENTRYPOINT") == "cli"


def _place(environment: Mapping[str, str], process: Process) -> Place:
    project = environment.get("CLAUDE_PROJECT_DIR")
    return Place(
        process,
        environment.get(SOCKET, ""),
        environment.get(TOKEN, ""),
        config_folder(environment),
        Path(project) if project else None,
    )


class ClaudeSession:
    """What both ways share."""

    way: str
    carries = False
    once = False

    def __init__(self, place: Place) -> None:
        self._place = place
        self.name = f"claude:{place.process.pid}"

    def lives(self) -> bool:
        """Whether Claude Code still runs."""
        return self._place.process.lives()

    def doing(self) -> Doing:
        """What its record says."""
        record = record_of(self._place.config, self._place.process.pid)
        return "" if record is None else record.doing


class InboxSession(ClaudeSession):
    """A session that is rung by its inbox socket."""

    way = "inbox_socket"

    def ring(self, line: str) -> str:
        """Write the line; why it could not be written or will not be shown, or empty."""
        try:
            write(self._place.inbox, self._place.token, line)
        except FileNotFoundError:
            return mark("its inbox socket is gone; start Claude Code again")
        except ConnectionRefusedError:
            return mark("nobody listens at its inbox socket; start Claude Code again")
        except PermissionError:
            return mark("its inbox socket belongs to another user")
        except TimeoutError:
            return mark("its inbox did not take the line in time")
        except OSError as error:
            return f"its inbox did not take the line: {error.strerror or type(error).__name__}"
        return self._locked_out()

    def _locked_out(self) -> str:
        """Claude Code says nothing of a line that it does not let in; its settings do.

        Senders read this: where on the machine those are is for the doctor to say.
        """
        found = locked_out(self._place.config, self._place.project)
        return "" if found is None else LOCKED_OUT[found[1]]


def write(path: str, token: str, line: str) -> None:
    """Write a line into an inbox socket; when it returns, the other side has read it to its end.

    Raises:
        OSError: that was not possible, or took longer than `WRITE_SECONDS`.
    """
    said = [
        {"type": "auth", "token": token},
        {"type": "user", "message": {"role": "user", "content": line}},
    ]
    family = getattr(socket, "AF_UNIX", None)
    if family is None:
        raise OSError(errno.EAFNOSUPPORT, "this Python has no such sockets")
    with socket.socket(family) as inbox:
        inbox.settimeout(WRITE_SECONDS)
        inbox.connect(path)
        inbox.sendall("".join(f"{json.dumps(each)}\n" for each in said).encode())
        inbox.shutdown(socket.SHUT_WR)
        inbox.recv(1)


class RewakeSession(ClaudeSession):
    """A session that is rung by a hook that ends with 2 and says the line on standard error."""

    way = "rewake"
    once = True

    def ring(self, line: str) -> str:
        """Say the line."""
        print(line, file=sys.stderr, flush=True)  # noqa: T201 - this is how the hook speaks
        return ""
