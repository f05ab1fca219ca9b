"""Code in colours, in a process that can be ended, within a time that is limited.

Pygments' lexers are thousands of regular expressions, and many of them can be made to run for ever with a hundred
characters; one match holds the interpreter's lock, so neither a thread nor a signal handler ends it. So a process of
its own does it (`worker`), one text at a time, and is ended with a text that takes too long. Such a text is shown
without colours, and is not tried again for a while.

The process starts with the first text and ends when none has come for a while. Those who wait for it stand in a line;
a page asks for one text after the other, so that pages take turns, and waits no longer than its budget for all of them:
what is not ready then is shown without colours, once.
"""

from __future__ import annotations

import json
import logging
import os
import queue
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError, Future, TimeoutError
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path

from markupsafe import Markup

from ...text.recent import Recent

LONGEST = 64_000
"""Characters of a text that is coloured."""
PAGE_SECONDS = 0.5
"""How long a page waits for all of its texts."""
ALONE_SECONDS = 10.0
"""How long anything else waits for one."""
WAITING = 3
"""How many may wait at once: they wait in threads that others need as well."""
STUCK_SECONDS = 15.0
"""After how long a process that does not answer is ended, should it not do so by itself."""
IDLE_SECONDS = 600.0
RETRY_SECONDS = 600.0
"""How long a text that took too long is not tried again. Not for ever: the machine may have been busy."""

log = logging.getLogger(__name__)

_LANGUAGE = re.compile(r"[\w+#.:-]{1,40}", re.ASCII)


@dataclass(frozen=True)
class Coloured:
    """What became of a text. ``html`` is None where it is to be shown as it is; ``final`` whether that stays so."""

    html: Markup | None
    final: bool


PLAIN = Coloured(None, final=True)
LATE = Coloured(None, final=False)


@dataclass
class _Budget:
    seconds: float


@dataclass(frozen=True)
class _Job:
    key: bytes
    language: str
    code: str
    answer: Future[Coloured] = field(default_factory=Future)


_budget: ContextVar[_Budget | None] = ContextVar("highlighting", default=None)


@contextmanager
def page_budget(seconds: float = PAGE_SECONDS) -> Iterator[None]:
    """Within this, all texts together are waited for so long at the most."""
    token = _budget.set(_Budget(seconds))
    try:
        yield
    finally:
        _budget.reset(token)


def highlight(code: str, language: str) -> Coloured:
    """Code as HTML, each part in a ``span`` with Pygments' class for it. Waits; not to be called in the event loop."""
    if not code or len(code) > LONGEST or not _LANGUAGE.fullmatch(language):
        return PLAIN
    return _highlighter.colour(code, language.lower())


class Highlighter:
    """The line of texts that wait, and the process at its other end."""

    def __init__(self) -> None:
        self._known: Recent[bytes] = Recent(8_000_000)
        self._too_slow: dict[bytes, float] = {}
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self.waiting = 0
        self.process: subprocess.Popen[bytes] | None = None

    def colour(self, code: str, language: str) -> Coloured:
        """See `highlight`."""
        key = blake2b(f"{language}\n{code}".encode(errors="surrogatepass"), digest_size=20).digest()
        known = self._known.get(key)
        if known is not None:
            return Coloured(Markup(known), final=True) if known else PLAIN  # noqa: S704 - Pygments escapes
        if self._too_slow.get(key, 0) > time.monotonic():
            return LATE
        budget = _budget.get() or _Budget(ALONE_SECONDS)
        job = _Job(key, language, code)
        if budget.seconds <= 0 or not self._queue(job):
            return LATE
        began = time.monotonic()
        try:
            return job.answer.result(budget.seconds)
        except (TimeoutError, CancelledError):
            job.answer.cancel()  # if it has begun it goes on, and is known the next time
            return LATE
        finally:
            budget.seconds -= time.monotonic() - began
            with self._lock:
                self.waiting -= 1

    def close(self) -> None:
        """End the process, until the next text comes."""
        with self._lock:
            thread = self._thread
            self._jobs.put(None)
        if thread is not None:
            thread.join()

    def _queue(self, job: _Job) -> bool:
        with self._lock:  # so that a job is never left to a thread that is about to end
            if self.waiting >= WAITING:
                return False
            self.waiting += 1
            self._jobs.put(job)
            if self._thread is None:
                self._thread = threading.Thread(target=self._serve, name="highlighting", daemon=True)
                self._thread.start()
            return True

    def _serve(self) -> None:
        """Do one job after the other, until none has come for a while."""
        while True:
            try:
                job = self._jobs.get(timeout=IDLE_SECONDS)
            except queue.Empty:
                job = None
            if job is None:
                with self._lock:
                    if self._jobs.empty():
                        self._end()
                        self._thread = None
                        return
            elif job.answer.set_running_or_notify_cancel():
                job.answer.set_result(self._do(job))

    def _do(self, job: _Job) -> Coloured:
        try:
            line = self._ask(job)
        except OSError as error:  # there is no process, or it was ended by somebody else
            log.warning("code is shown without colours: %s", error)
            self._end()
            return LATE
        if not line.endswith(b"\n"):
            self._end()
            self._remember_as_slow(job.key)
            return LATE
        html = json.loads(line)
        self._known.put(job.key, html or "")
        return Coloured(Markup(html), final=True) if html else PLAIN  # noqa: S704 - Pygments escapes

    def _ask(self, job: _Job) -> bytes:
        """The answer's line, which is not whole if the process ended."""
        if self.process is None or self.process.poll() is not None:
            self._end()
            self.process = _start()
        process = self.process
        assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018 - both are pipes
        stuck = threading.Timer(STUCK_SECONDS, process.kill)
        stuck.daemon = True
        stuck.start()
        try:
            process.stdin.write(json.dumps([job.language, job.code]).encode() + b"\n")
            process.stdin.flush()
            return process.stdout.readline()
        finally:
            stuck.cancel()

    def _end(self) -> None:
        process, self.process = self.process, None
        if process is None:
            return
        process.kill()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(OSError):  # what was not written yet cannot be any more
                    pipe.close()
        process.wait()

    def _remember_as_slow(self, key: bytes) -> None:
        now = time.monotonic()
        if len(self._too_slow) >= 10_000:
            self._too_slow = {key: until for key, until in self._too_slow.items() if until > now}
        if len(self._too_slow) >= 10_000:
            self._too_slow.clear()
        self._too_slow[key] = now + RETRY_SECONDS


def _start() -> subprocess.Popen[bytes]:
    # -P: the folder of the file that is run is no place to import from. The server's settings are not its business.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TEAMMCP_")}
    command = [sys.executable, "-P", str(Path(__file__).with_name("worker.py"))]
    return subprocess.Popen(  # noqa: S603 - fixed words
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
    )


_highlighter = Highlighter()
