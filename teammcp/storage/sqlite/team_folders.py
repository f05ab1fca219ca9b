"""The folders of a server's teams, and which teams there have to be: a database that is missing is no new team."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from ...errors import Conflict, StartError
from ...keys import TEAM_NAME
from ...machine.files import sync_folder, write_whole

DATABASE = "team.db"
_MADE_BY_SQLITE = {DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm", f"{DATABASE}-journal"}


class TeamFolders:
    """``<home>/teams/<name>`` of every team, and ``<home>/teams.txt``, which names them, one a line.

    A team whose database has gone would else begin anew at the next start, and belong to whoever registers first.
    """

    def __init__(self, home: Path) -> None:
        self._root = home / "teams"
        self._list = home / "teams.txt"

    def prepare(self) -> None:
        """Make what has to be there, so that it survives a power cut.

        Raises:
            OSError: it cannot be made.
        """
        home = self._root.parent
        self._root.mkdir(parents=True, exist_ok=True)
        home.chmod(0o700)
        sync_folder(home)
        with suppress(PermissionError):  # somebody else's, in which we may make a folder and not look
            sync_folder(home.parent)

    def database(self, name: str) -> Path:
        """Where a team's database is, or is to be."""
        return self._root / name / DATABASE

    def databases(self) -> list[Path]:
        """The databases that there are."""
        return sorted(path for path in self._root.glob(f"*/{DATABASE}") if self._has_database(path.parent.name))

    def names(self) -> list[str]:
        """The teams that there are.

        Raises:
            StartError: one has no database, and is not new.
        """
        there = {path.name for path in self._root.iterdir() if path.is_dir() and TEAM_NAME.fullmatch(path.name)}
        known = self._known()
        for name in sorted(there | known):
            if not self._has_database(name) and (name in known or self._traces(name)):
                raise StartError(self._missing(name, name in known))
        return sorted(name for name in there if self._has_database(name))

    def check_new(self, name: str) -> None:
        """Make sure that a team that is to be made finds nothing of another.

        Raises:
            Conflict: there is a folder of that name with something in it.
        """
        if self._traces(name):
            raise Conflict(
                f"name: the server's data hold files of a team called '{name}' already, without its database. "
                "Its administrator has to put that back, or to move them away.",
                code="name_taken",
            )

    def opened(self, name: str) -> None:
        """Note that a team is there from now on."""
        for folder in (self._root / name, self._root):
            sync_folder(folder)
        known = self._known()
        if name not in known:
            self._write(known | {name})

    def deleted(self, name: str) -> None:
        """Note that a team is to be there no longer."""
        self._write(self._known() - {name})

    def _known(self) -> set[str]:
        if not self._list.exists():
            return set()
        return set(self._list.read_text(encoding="utf-8").split())

    def _write(self, names: set[str]) -> None:
        write_whole(self._list, "".join(f"{name}\n" for name in sorted(names)).encode())

    def _has_database(self, name: str) -> bool:
        path = self.database(name)
        return path.is_file() and path.stat().st_size > 0

    def _traces(self, name: str) -> bool:
        """Whether a folder without a database holds anything that a start which was cut short would not leave."""
        folder = self._root / name
        if not folder.is_dir() or self._has_database(name):
            return False
        return any(path.name not in _MADE_BY_SQLITE or path.stat().st_size > 0 for path in folder.iterdir())

    def _missing(self, name: str, known: bool) -> str:
        why = "a server has served it from here" if known else "its folder holds other files of it"
        away = f"{self.database(name).parent} and its line in {self._list}" if known else self.database(name).parent
        return (
            f"The database of the team '{name}', {self.database(name)}, is missing or empty, though {why}. Put it "
            f"back, from a backup if need be. Or, if the team is to begin anew and to belong to whoever registers "
            f"first, remove {away}."
        )
