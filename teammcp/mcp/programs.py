"""Which program a request to ``/mcp`` comes from.

In a session that is plain. The 2026 era has none: there a program begins by asking what the server can do, and is known
again by the connection on which it did. What comes on another one is the doing of the program of this key that began
last. Where none has begun, a connection is all that is known.
"""

from __future__ import annotations

import itertools
from collections import OrderedDict
from collections.abc import Mapping

from ..keys import hash_key
from ..members.readers import Line, Reader

BEGINS = b"server/discover"
KEPT = 10_000
"""Connections and keys that are remembered."""

_programs = itertools.count(1)


class Programs:
    """The programs of the 2026 era that have begun since the server started."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, str], str] = OrderedDict()

    def reader(self, key: str | None, headers: Mapping[bytes, bytes], line: Line) -> Reader:
        """Who reads the answer to a request."""
        session = headers.get(b"mcp-session-id")
        if session is not None:
            return Reader(f"session:{session.decode('latin-1')}", line, program=True, tells=True)
        name = self._program(hash_key(key or ""), headers.get(b"mcp-method") == BEGINS, line.name)
        return Reader(name or f"on:{line.name}", line, program=bool(name))

    def _program(self, key_hash: str, begins: bool, line: str) -> str | None:
        """Its name; None if it is not known."""
        found = f"program:{next(_programs)}" if begins else self._known.get((key_hash, line))
        found = found or self._known.get((key_hash, ""))
        if found is None:
            return None
        for place in {line, ""} if begins else {line} - {""}:
            self._known[key_hash, place] = found
            self._known.move_to_end((key_hash, place))
        while len(self._known) > KEPT:
            self._known.popitem(last=False)
        return found
