"""Where the databases of a server's teams are, whichever back end keeps them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from .base import Database, Reader
from .files import FileStore
from .migrations import Migration


class Databases(Protocol):
    """The databases of all teams of a server, and the few things that it keeps for itself.

    All methods but `open` and `delete` may take a moment of the disk, and are for the start of a server and for
    commands.
    """

    def lock(self) -> None:
        """Make sure that no other server uses them, until `unlock`; make what has to be there.

        Raises:
            InUse: another one does. StartError: there is no place for data.
        """
        ...

    def unlock(self) -> None:
        """Let others use them. Harmless if they are not locked."""
        ...

    def names(self) -> list[str]:
        """The teams that there are, sorted.

        Raises:
            StartError: one is missing that has to be there, or nothing can be read.
        """
        ...

    def check_new(self, name: str) -> None:
        """Make sure that a team that is to be made finds nothing of another.

        Raises:
            Conflict: there is something.
        """
        ...

    async def open(self, name: str, steps: Sequence[Migration]) -> Database:
        """Open the database of a team, or make it, and bring it up to date.

        Raises:
            StartError: it cannot be opened, or its migrations do not fit; see `migrations.migrate`.
        """
        ...

    async def delete(self, name: str) -> None:
        """Delete all data of a team, whose database is closed, for good."""
        ...

    def folder(self, name: str) -> Path:
        """A folder of this machine for what features and plugins keep of a team in files. It goes with the team."""
        ...

    def files(self, name: str) -> FileStore:
        """The bytes of a team's files."""
        ...

    def check(self, steps: Sequence[Migration]) -> None:
        """Make sure that an empty database takes these steps.

        Raises:
            Exception: whatever the back end says of the first that it does not.
        """
        ...

    def try_out(self, parts: Sequence[tuple[str, Sequence[Migration]]]) -> dict[str, str]:
        """Which parts' steps do not fit what a team's database holds, and why. All stay as they are.

        Nothing is said of a database that cannot be looked at: that is for `open` to say.

        Args:
            parts: each with its steps, in order; those of one that fails are left out for those behind it.
        """
        ...

    def look_into(self, name: str) -> AbstractContextManager[Reader]:
        """Read one state of a team's database, also while a server uses it. For commands: nobody waits meanwhile.

        Raises:
            NotFound: there is no such team.
        """
        ...

    def value(self, name: str) -> str | None:
        """A text that the server keeps for itself, such as the hash of its admin key; None if there is none.

        Raises:
            StartError: it cannot be read.
        """
        ...

    def set_value(self, name: str, value: str) -> None:
        """Keep such a text; on return it survives a power failure."""
        ...
