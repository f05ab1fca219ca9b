"""One helper for each session: a program runs its hooks again and again, and each run begins one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from platformdirs import user_state_path

from .life import Process


@contextmanager
def only_one(program: str, process: Process, base: str, key: str) -> Iterator[bool]:
    """Hold the place of the one helper that wakes a program's process for a member.

    It is free again when its holder has ended, however that was.

    Args:
        program: its name, such as ``claude``.
        process: the program's own.
        base: the server's address.
        key: the member's key; not to be found from what is written.

    Yields:
        Whether this is the one; otherwise another has the place.

    Raises:
        OSError: the user's own folder cannot be written.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(place(program, process, base, key).with_suffix(".lock"), thread_local=False)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        yield False
        return
    try:
        clear()
        yield True
    finally:
        lock.release()


def is_held(program: str, process: Process, base: str, key: str) -> bool:
    """Whether there is a helper that wakes a program's process for a member.

    Raises:
        OSError: as `only_one`.
    """
    from filelock import FileLock, Timeout

    file = place(program, process, base, key).with_suffix(".lock")
    if not file.exists():
        return False
    try:
        with FileLock(file, blocking=False):
            return False
    except Timeout:
        return True


def place(program: str, process: Process, base: str, key: str) -> Path:
    """Where the helpers that wake a program's process for a member tell of themselves: a file without its ending.

    Raises:
        OSError: the user's own folder cannot be written.
    """
    folder = wakes_folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder / f"{program}-{process.pid}-{process.began}-{whose(base, key)}"


def wakes_folder() -> Path:
    """The folder of all of them."""
    return user_state_path("teammcp") / "wakes"


def whose(base: str, key: str) -> str:
    """A member, without its key."""
    return hashlib.sha256(f"{base}\n{key}".encode()).hexdigest()[:16]


def clear() -> None:
    """Remove what is left of programs that have ended; for those no helper begins any more."""
    for file in wakes_folder().iterdir():
        with suppress(ValueError, OSError):
            _, pid, began, _ = file.stem.rsplit("-", 3)
            if not Process(int(pid), began).lives():
                file.unlink()
