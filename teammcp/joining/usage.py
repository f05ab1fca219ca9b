"""Telling the server what a session has used since it was told last.

How far that is, is kept in a small file for each session. What is to be told is written down there before it is sent,
with a key under which the server takes it once: a report that is lost, or whose answer is, is sent again as it was.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any

from platformdirs import user_state_path

from .transcripts import READERS, Memory, Usage

BEGINS, ENDS = "SessionStart", ("Stop", "SessionEnd")
"""The hooks at which the counting begins, and at which it is told."""
AT_ONCE = 32 * 1024 * 1024
"""Bytes of a transcript that are read by one hook; the next one goes on."""
KEPT_DAYS = 60
TRANSIENT = {401, 408, 429}
"""Refusals that say nothing against the report itself."""

Send = Callable[[dict[str, Any]], int | None]
"""Posts a report; the status of the answer, or None without one."""


@dataclass
class Session:
    """What is known of a session's transcripts, and the reports that are on their way.

    Attributes:
        file: where this is kept.
        since: when the counting began.
        memories: what is remembered of each file, by its name.
    """

    file: Path
    since: str
    memories: dict[str, Memory] = field(default_factory=dict)
    reports: list[dict[str, Any]] = field(default_factory=list)

    def keep(self) -> None:
        """Write it down, whole or not at all."""
        self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        memories = {name: memory.data() for name, memory in self.memories.items()}
        new = self.file.with_suffix(f".{os.getpid()}")
        new.write_text(json.dumps({"since": self.since, "memories": memories, "reports": self.reports}), "utf-8")
        new.replace(self.file)


def follow(program: str, event: dict[str, Any], send: Send) -> None:
    """Begin to count at a session's start, and tell what was used when it, or a turn of it, ends.

    Args:
        program: ``claude`` or ``codex``; of others no transcript is read.
        event: what the program says of its event.
        send: see `Send`.
    """
    transcript = event.get("transcript_path")
    if program not in READERS or not transcript or event.get("agent_id"):  # a helper's are read with its agent's
        return
    path = Path(transcript)
    name = blake2b(f"{program} {path}".encode(), digest_size=16).hexdigest()
    session, happens = _kept(_folder() / f"{name}.json"), event.get("hook_event_name")
    if session is None:
        _begin(_folder() / f"{name}.json", program, path)
    elif happens in ENDS:
        if not session.reports:
            _read(session, program, path)
        _report(session, send)
    if happens == BEGINS:
        _clear(_folder())


def _begin(file: Path, program: str, transcript: Path) -> None:
    """Count from here on: what was used before is not this session's to tell."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    session = Session(file, now)
    for each in _files(transcript):
        memory = session.memories[each.name] = Memory(now, max(0, each.stat().st_size - AT_ONCE))
        READERS[program](_new_lines(each, memory), memory, {})
    session.keep()


def _read(session: Session, program: str, transcript: Path) -> None:
    """Read what is new, and make reports of it."""
    usage: Usage = {}
    before = sorted((name, memory.read) for name, memory in session.memories.items())
    key = blake2b(f"{session.file.name} {session.since} {before}".encode(), digest_size=16).hexdigest()
    for file in _files(transcript):
        memory = session.memories.setdefault(file.name, Memory(session.since))
        READERS[program](_new_lines(file, memory), memory, usage)
    used = [(model, each) for model, each in usage.items() if each]
    session.reports = [
        {**asdict(each), "model": model, "idem_key": f"usage-{key}-{number}"}
        for number, (model, each) in enumerate(used)
    ]
    session.keep()


def _new_lines(file: Path, memory: Memory) -> list[bytes]:
    """The whole lines behind what is read."""
    with file.open("rb") as opened:
        opened.seek(memory.read)
        found = opened.read(AT_ONCE)
    end = found.rfind(b"\n") + 1
    memory.read += end
    return found[:end].splitlines()


def _report(session: Session, send: Send) -> None:
    while session.reports:
        status = send(session.reports[0])
        if status is None or status >= 500 or status in TRANSIENT:
            return
        del session.reports[0]
        session.keep()


def _files(transcript: Path) -> Iterator[Path]:
    """The session's own transcript, and those that Claude Code keeps for its helpers."""
    if transcript.exists():
        yield transcript
    yield from sorted((transcript.with_suffix("") / "subagents").glob("*.jsonl"))


def _folder() -> Path:
    return user_state_path("teammcp") / "usage"


def _kept(file: Path) -> Session | None:
    try:
        data = json.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return None
    memories = {name: Memory.of(memory) for name, memory in data["memories"].items()}
    return Session(file, data["since"], memories, data["reports"])


def _clear(folder: Path) -> None:
    """Remove what is kept of sessions that nobody has gone on with for long."""
    for file in folder.iterdir():
        if file.stat().st_mtime < time.time() - KEPT_DAYS * 86_400:
            file.unlink(missing_ok=True)
