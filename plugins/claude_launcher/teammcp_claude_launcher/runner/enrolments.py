"""Enrolments: for which teams this machine runs agents. A file each in the folder ``enrolments``, which only the user
may read: it holds the machine's key."""

from __future__ import annotations

import logging
import os
import re
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_serializer

from teammcp import ServerAddress, private_folder, write_whole

FOLDER = "enrolments"
RUNNER_HOME = "TEAMMCP_RUNNER_HOME"
"""The variable that names a runner's data folder."""

log = logging.getLogger(__name__)


class Enrolment(BaseModel):
    """One machine of one team.

    Attributes:
        url: the server's address.
        team: the team's name.
        machine: under which name the team knows this machine.
        key: the machine's key.
        local: whether this is the server's own machine. Its runner ends by itself when nobody needs it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str
    team: str
    machine: str
    key: SecretStr = Field(min_length=1)
    local: bool = False

    @field_serializer("key", when_used="json")
    def _key(self, key: SecretStr) -> str:
        return key.get_secret_value()

    @property
    def name(self) -> str:
        """What its file and its agents' folder are called."""
        if self.local:
            return f"{self.team}@local"
        server = ServerAddress.parse(self.url).base.partition("://")[2]
        return f"{self.team}@{re.sub(r'[^A-Za-z0-9.-]+', '_', server)}"


def runner_folder(home: Path) -> Path:
    """A runner's data folder: the one that is named, or else one in TeamMCP's data folder."""
    named = os.environ.get(RUNNER_HOME)
    return (Path(named) if named else home / "runner").absolute()


def write(folder: Path, enrolment: Enrolment) -> Path:
    """Put an enrolment into a runner's folder, in place of an earlier one for the same team at the same server.

    A runner that works there takes it up within a second.

    Raises:
        OSError: there is no room, or no permission.
    """
    place = folder / FOLDER
    private_folder(place)
    path = place / f"{enrolment.name}.json"
    write_whole(path, enrolment.model_dump_json().encode() + b"\n")
    return path


class Enrolments:
    """Those in a runner's folder, read again when they have changed.

    Args:
        folder: the runner's.
    """

    def __init__(self, folder: Path) -> None:
        self._place = folder / FOLDER
        self._known: dict[Path, tuple[tuple[int, int], Enrolment | None]] = {}

    def look(self) -> dict[str, Enrolment]:
        """Those that are there now, by the name of their file."""
        known = {}
        for path in sorted(self._place.glob("*.json")):
            try:
                found = path.stat()
            except OSError:
                continue  # removed this moment
            state = (found.st_mtime_ns, found.st_ino)
            earlier = self._known.get(path)
            known[path] = earlier if earlier is not None and earlier[0] == state else (state, _read(path))
        self._known = known
        return {path.stem: enrolment for path, (_, enrolment) in known.items() if enrolment is not None}


def _read(path: Path) -> Enrolment | None:
    """One of them; None if it is none, which the log tells."""
    try:
        return Enrolment.model_validate_json(path.read_bytes())
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        log.error("%s is no enrolment (%s): join again with 'teammcp runner join'", path, wrong)
    except OSError as error:
        log.error("%s cannot be read: %s", path, error.strerror)
    return None
