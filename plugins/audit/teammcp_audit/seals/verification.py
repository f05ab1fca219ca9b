"""Verification: is every event as it was sealed? Names those that are not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from teammcp import LARGEST_ID, DataDamaged, Reader, stored_events, telling_damage

from .. import queries
from ..models import Finding, Verification
from ..retention import archives
from . import chain

_HASH = re.compile(r"[0-9a-f]{64}")
_ONE = {
    "altered": "event {first} was altered",
    "missing": "event {first} is missing",
    "inserted": "event {first} was inserted",
    "moved": "event {first} is the one that was sealed as {home}",
}
_SEVERAL = {
    "altered": "events {first} to {last} were altered",
    "missing": "events {first} to {last} are missing",
    "inserted": "events {first} to {last} were inserted",
}


@dataclass(frozen=True)
class KnownSeal:
    """A seal as it was exported: what a copy elsewhere says that the log held."""

    number: int
    first_id: int
    last_id: int
    hash: str
    previous: str
    digests: bytes


class Check:
    """A walk along the chain, a block at a time, so that it holds up nobody.

    Args:
        folder: where the archives are.
        known: exported seals, by number.
        without_archives: an archive that is not there is no finding, because it is kept elsewhere.
    """

    def __init__(
        self, folder: Path, known: Mapping[int, KnownSeal] | None = None, *, without_archives: bool = False
    ) -> None:
        self._archives = archives.Archives(folder)
        self._without_archives = without_archives
        self._known = known or {}
        self._number, self._hash, self._last_id = 0, chain.FIRST, 0
        self._events = self._sealed = 0
        self._findings: list[Finding] = []
        self._not_checked: list[str] = []

    def step(self, reader: Reader) -> bool:
        """Look at the next block; whether there may be another one."""
        try:
            with telling_damage():
                found = queries.seals(reader, self._number, 1)
        except DataDamaged as error:
            self._add("seal", self._number, f"the seals behind {self._number} cannot be read: {error}")
            return False
        if not found:
            return False
        self._block(reader, found[0])
        return True

    def result(self, reader: Reader) -> Verification:
        """What was found, once `step` has come to the end."""
        self._lost_seals()
        unsealed = 0
        try:
            with telling_damage():
                self._ends(reader)
                unsealed = queries.count(reader, self._last_id + 1, LARGEST_ID)
        except DataDamaged as error:
            self._add("missing", self._number, f"the events behind {self._last_id} cannot be read: {error}")
        return Verification(
            ok=not self._findings,
            findings=self._findings,
            seals=self._number,
            events=self._events,
            sealed=self._sealed,
            unsealed=unsealed,
            not_checked=self._not_checked,
            last_hash=self._hash,
        )

    def _block(self, reader: Reader, seal: Any) -> None:
        number = seal["number"]
        self._sealed += seal["events"]
        self._link(seal)
        if not _is_whole(seal):
            self._add("seal", number, f"seal {number} is damaged")
            self._number, self._last_id = number, seal["last_id"]
            return
        known = self._known.get(number)
        if known is not None and known.hash != seal["hash"]:
            self._add("seal", number, f"seal {number} is not the one that was exported")
        expected = seal if known is None else vars(known)
        rows = self._rows(reader, seal)
        if rows is not None:
            self._compare(expected, rows)
        self._number, self._hash, self._last_id = number, seal["hash"], seal["last_id"]

    def _link(self, seal: Any) -> None:
        """Look at how a seal is joined to the one before it."""
        number = seal["number"]
        if number != self._number + 1:
            self._add("seal", number, f"the seals between {self._number} and {number} are missing")
        elif seal["previous"] != self._hash:
            self._add("seal", number, f"seal {number} does not follow from seal {self._number}")
        if seal["first_id"] != self._last_id + 1:
            self._add("seal", number, f"seal {number} does not begin where the one before it ends")

    def _rows(self, reader: Reader, seal: Any) -> list[chain.Row] | None:
        """The events of a block, from the log or its archive; None if that is not there, or cannot be read."""
        first, last = seal["first_id"], seal["last_id"]
        try:
            with telling_damage():
                there = stored_events(reader, first, last)
        except DataDamaged as error:
            self._add("missing", seal["number"], f"events {first} to {last} cannot be read: {error}", first)
            return None
        if seal["pruned_at"] is None:
            return there
        for row in there:
            self._add("inserted", seal["number"], f"event {row[0]} was inserted: the archive holds it", row[0])
        name, number = seal["archived_to"], seal["number"]
        if not _is_recorded(reader, seal):
            events = f"events {seal['first_id']} to {seal['last_id']}"
            self._add("missing", number, f"{events} are gone, and no archive of them was ever made", seal["first_id"])
            return None
        try:
            return self._archives.rows(name, seal["first_id"], seal["last_id"])
        except FileNotFoundError:
            if name not in self._not_checked:
                self._not_checked.append(name)
                if not self._without_archives:
                    self._add("missing", number, f"the archive {name} is not there, so its events cannot be checked")
        except archives.Unreadable as error:
            self._add("seal", seal["number"], f"the archive {name} cannot be read: {error}")
        return None

    def _compare(self, expected: Any, rows: list[chain.Row]) -> None:
        number = expected["number"]
        self._events += len(rows)
        block = chain.seal(expected["previous"], number, expected["first_id"], expected["last_id"], rows)
        if block.hash == expected["hash"]:
            return
        differences = chain.compare(expected["digests"], block.digests)
        for run in _runs(differences):
            first, last = run[0], run[-1]
            words = _ONE if first is last else _SEVERAL
            text = words[first.what].format(first=first.event_id, last=last.event_id, home=first.home)
            self._add(first.what, number, f"{text} (seal {number})", first.event_id)
        if not differences:
            self._add("seal", number, f"the hash of seal {number} is not that of its events")

    def _lost_seals(self) -> None:
        for seal in self._known.values():
            if seal.number > self._number:
                events = f"events {seal.first_id} to {seal.last_id}"
                self._add("missing", seal.number, f"seal {seal.number} is missing, and with it {events}", seal.first_id)

    def _ends(self, reader: Reader) -> None:
        """Look before the first and behind the last seal."""
        first, last = queries.first_event(reader), queries.last_event(reader)
        if first < 0:
            self._add("inserted", 0, f"event {first} was inserted: ids begin with 1", first)
        gone = max(last, self._last_id) + 1
        given = reader.last_id("events")
        if given >= gone:
            self._add("missing", self._number, f"the last events are missing: {gone} to {given}, not sealed yet", gone)

    def _add(self, what: Any, seal: int, detail: str, event_id: int | None = None) -> None:
        self._findings.append(Finding(what=what, seal=seal, event_id=event_id, detail=detail))


def _runs(differences: list[chain.Difference]) -> list[list[chain.Difference]]:
    """Neighbours that the same has become of, together: whoever cuts off a log takes a thousand events at once."""
    runs: list[list[chain.Difference]] = []
    for each in differences:
        last = runs[-1][-1] if runs else None
        if last and each.what == last.what != "moved" and each.event_id == last.event_id + 1:
            runs[-1].append(each)
        else:
            runs.append([each])
    return runs


def _is_recorded(reader: Reader, seal: Any) -> bool:
    """Whether the archive that a seal names was made, of the events of the seal."""
    made = None if seal["archived_to"] is None else queries.archive(reader, seal["archived_to"])
    return made is not None and made["first_id"] <= seal["first_id"] and seal["last_id"] <= made["last_id"]


def _is_whole(seal: Any) -> bool:
    """Whether a seal has the form of one, so that there is something to compare."""
    hashes = (seal["hash"], seal["previous"])
    return all(_HASH.fullmatch(str(each)) for each in hashes) and len(seal["digests"]) % chain.KEPT_BYTES == 0
