"""Numbered ``.sql`` files per feature or plugin: what they are, and where they are found.

A back end applies them in one transaction and records each with its checksum.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

from ..errors import StartError
from .base import Reader


@dataclass(frozen=True)
class Migration:
    """One step of one feature's tables. ``number`` starts at 1 and has no gaps."""

    feature: str
    number: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the SQL, so that an edited file is noticed."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


class StepFailed(StartError):
    """A step of a feature or plugin does not fit what was applied to a database before, or fails on what it holds."""


def load_migrations(feature: str, package: str) -> list[Migration]:
    """The files ``NNN_name.sql`` of a package's ``migrations`` folder, in order.

    ``feature`` prefixes nothing; it is the name under which the steps are recorded.

    Raises:
        StartError: a file name without a number, or a gap in the numbers.
    """
    folder = files(package) / "migrations"
    found = sorted(_parse(feature, entry) for entry in folder.iterdir() if entry.name.endswith(".sql"))
    migrations = [Migration(feature, number, name, sql) for number, name, sql in found]
    if [migration.number for migration in migrations] != list(range(1, len(migrations) + 1)):
        raise StartError(f"{package}: migrations are numbered 001, 002, … without gaps.")
    return migrations


def _parse(feature: str, entry: Traversable) -> tuple[int, str, str]:
    match = re.fullmatch(r"(\d+)_(\w+)\.sql", entry.name)
    if match is None:
        raise StartError(f"{feature}: {entry.name} is not named like 001_create.sql.")
    return int(match[1]), match[2], entry.read_text(encoding="utf-8")


def is_applied(reader: Reader, feature: str, number: int = 1) -> bool:
    """Whether a database has gone through the step of a feature or plugin that has this number."""
    query = "SELECT count(*) FROM migrations WHERE feature = ? AND number = ?"
    return bool(reader.value(query, (feature, number)))


def check_applied(steps: list[Migration], applied: dict[tuple[str, int], str]) -> None:
    """Make sure that these steps go on from what was applied to a database: (feature, number) -> checksum.

    Raises:
        StepFailed: the database is newer than the code, or an applied step was edited.
    """
    known = {(step.feature, step.number): step for step in steps}
    features = {step.feature for step in steps}
    for (feature, number), checksum in applied.items():
        if feature not in features:
            continue
        if (feature, number) not in known:
            raise StepFailed(
                f"The database is newer than this program: it has step {number} of '{feature}'. "
                "Install the version of TeamMCP (or of that plugin) that wrote it."
            )
        if known[feature, number].checksum != checksum:
            raise StepFailed(f"Step {number} of '{feature}' was changed after it had been applied. Add a new step.")
