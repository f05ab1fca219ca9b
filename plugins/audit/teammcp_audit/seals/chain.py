"""The seals of the event log: a chain of hashes over blocks of events.

A block is a range of ids without a gap to the one before. Its hash covers the hash before it, the range, and every
event in it: all columns, as they are stored. So no event can be changed, taken out, put in or moved without another
hash of its block and of all blocks behind it.

Each column but the id goes into an event's digest as ``-`` if it is null, else as ``+``, the length of its bytes in
eight bytes, and its bytes; a number as its decimal digits. Ids and digests then go into the hash of the block.
"""

from __future__ import annotations

import hashlib
import struct
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

Row: TypeAlias = tuple[Any, ...]
"""One event: its id, then its other columns in the order of `COLUMNS`, as bytes or None."""

COLUMNS = ("id", "at", "kind", "actor", "subject", "channel", "agents", "data", "surface")
FIRST = "0" * 64
"""What the first seal has for a hash before it."""

_DOMAIN = b"teammcp audit seal 1"
_HEAD = struct.Struct(">qqqq")
_KEPT = struct.Struct(">q8s")
"""What a seal keeps of each event: its id, and enough of its digest to tell which event was altered."""
KEPT_BYTES = _KEPT.size


@dataclass(frozen=True)
class Difference:
    """One event that is not as it was sealed. ``home``: the id that what is there now was sealed under."""

    what: Literal["altered", "missing", "inserted", "moved"]
    event_id: int
    home: int | None = None


@dataclass(frozen=True)
class Block:
    """A range of the log, and what follows from the events in it."""

    first_id: int
    last_id: int
    events: int
    hash: str
    digests: bytes


def digest(columns: Iterable[bytes | None]) -> bytes:
    """SHA-256 of the columns of one event without its id."""
    parts = [b"-" if each is None else b"+" + len(each).to_bytes(8, "big") + each for each in columns]
    return hashlib.sha256(b"".join(parts)).digest()


def seal(previous: str, number: int, first_id: int, last_id: int, rows: Iterable[Row]) -> Block:
    """The block of the events ``rows``, in the order given, behind the seal whose hash is ``previous``."""
    found = [(event_id, digest(columns)) for event_id, *columns in rows]
    total = hashlib.sha256(_DOMAIN + bytes.fromhex(previous) + _HEAD.pack(number, first_id, last_id, len(found)))
    for event_id, each in found:
        total.update(event_id.to_bytes(8, "big", signed=True) + each)
    kept = b"".join(_KEPT.pack(event_id, each[:8]) for event_id, each in found)
    return Block(first_id, last_id, len(found), total.hexdigest(), kept)


def compare(sealed: bytes, found: bytes) -> list[Difference]:
    """What became of a block's events since it was sealed; both arguments are `Block.digests`."""
    before, now = list(_KEPT.iter_unpack(sealed)), list(_KEPT.iter_unpack(found))
    if sorted(before) == sorted(now):
        shifted = [(was, is_) for (was, _), (is_, _) in zip(before, now, strict=True) if was != is_]
        return [Difference("moved", is_, was) for was, is_ in shifted]
    marks, there, counts = dict(before), dict(now), Counter(event_id for event_id, _ in now)
    homes = {mark: event_id for event_id, mark in before}
    changed = [each for each, mark in before if each in there and there[each] != mark]
    missing = [each for each, _ in before if each not in there]
    inserted = [each for each in counts if each not in marks or counts[each] > 1]
    gone = {*changed, *missing}
    origin = {each: homes.get(there[each], each) for each in (*changed, *inserted)}
    moved = {each: home for each, home in origin.items() if home != each and home in gone}
    return sorted(
        [Difference("moved", each, home) for each, home in moved.items()]
        + [Difference("altered", each) for each in changed if each not in moved]
        + [Difference("inserted", each) for each in inserted if each not in moved]
        + [Difference("missing", each) for each in missing if each not in moved.values()],
        key=lambda difference: difference.event_id,
    )
