"""Exported seals: JSON Lines, one seal a line, to be kept where nobody who can change the database can change them."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .verification import KnownSeal

FIELDS = ("number", "first_id", "last_id", "hash", "previous")


def write(path: Path, team: str, seals: Iterable[Any]) -> int:
    """Write the seals of a team; how many."""
    lines = [
        json.dumps({"team": team, **{name: seal[name] for name in FIELDS}, "digests": _text(seal["digests"])})
        for seal in seals
    ]
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return len(lines)


def read(path: Path, team: str) -> dict[int, KnownSeal]:
    """The seals of a file, by number.

    Raises:
        ValueError: it is not such a file, or is of another team.
    """
    found: dict[int, KnownSeal] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            item = json.loads(line)
            seal = KnownSeal(**{name: item[name] for name in FIELDS}, digests=base64.b64decode(item["digests"]))
        except (ValueError, KeyError, TypeError):
            raise ValueError(f"{path}: line {len(found) + 1} is no exported seal.") from None
        if item["team"] != team:
            raise ValueError(f"{path}: these are seals of the team '{item['team']}', not of '{team}'.")
        found[seal.number] = seal
    return found


def _text(digests: bytes) -> str:
    return base64.b64encode(digests).decode("ascii")
