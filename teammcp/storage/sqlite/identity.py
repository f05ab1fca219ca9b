"""Whether a database's files are still those that were opened.

SQLite goes on writing into a file that was deleted or replaced, which nobody will ever read again.
"""

from __future__ import annotations

from pathlib import Path

from ...errors import StorageFailed

Number = tuple[int, int]


class Identity:
    """The files of one database, by device and number. A look costs two calls of ``stat``, some microseconds.

    Args:
        path: the database, which is open and in WAL mode.
    """

    def __init__(self, path: Path) -> None:
        self._database = path
        self._log = path.with_name(path.name + "-wal")
        self._known: dict[Path, Number | None] = {path: _number(path)}

    def check(self) -> None:
        """Make sure that both files are where they were.

        Raises:
            StorageFailed: one is gone, or another is in its place.
            OSError: the disk does not answer.
        """
        if _number(self._database) != self._known[self._database]:
            raise self._gone(self._database)
        found = _number(self._log)
        if found != self._known.get(self._log, found):
            raise self._gone(self._log)
        if found is not None:  # it is made with the first write
            self._known[self._log] = found

    def _gone(self, path: Path) -> StorageFailed:
        return StorageFailed(
            f"The file {path.name} of this team was removed or replaced while the server ran, so nothing is written "
            "any more. The server's administrator has to put it back, or to stop the server and start it with the "
            "files as they are to be.",
            code="database_replaced",
        )


def _number(path: Path) -> Number | None:
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return found.st_dev, found.st_ino
