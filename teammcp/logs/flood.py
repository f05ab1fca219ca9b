"""Keeps one fault that comes again and again from filling the disk with its log."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass

from .access import NAME as ACCESS

AT_ONCE = 5
"""Records of one kind that are written within `WINDOW`; the rest is counted."""
WINDOW = 60.0
"""Seconds."""
KINDS = 1000
"""Kinds of records that are told apart at a time."""

Kind = tuple[str, int, object, tuple[str, int] | None]


@dataclass
class _Seen:
    since: float
    count: int = 0


class Flood(logging.Filter):
    """Lets few warnings and errors of one kind pass in a minute, and says with the next how many were left out.

    A kind is a text before its values are put in, and where an exception was raised.
    """

    def __init__(self) -> None:
        super().__init__()
        self._seen: dict[Kind, _Seen] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to write ``record``. The access log's are each about somebody else, and limited where they arise."""
        if record.levelno < logging.WARNING or record.name == ACCESS:
            return True
        kind = (record.name, record.levelno, record.msg, _place(record))
        now = time.monotonic()
        seen = self._seen.get(kind)
        if seen is None or now - seen.since >= WINDOW:
            left_out = 0 if seen is None else seen.count - AT_ONCE
            self._seen.pop(kind, None)
            seen = self._seen[kind] = _Seen(now)
            if left_out > 0:
                record.msg, record.args = f"{record.getMessage()} (and {left_out} more like this before)", ()
            if len(self._seen) > KINDS:
                del self._seen[next(iter(self._seen))]
        seen.count += 1
        return seen.count <= AT_ONCE


def _place(record: logging.LogRecord) -> tuple[str, int] | None:
    """Where the record's exception was raised: the innermost call."""
    trace = record.exc_info[2] if record.exc_info else None
    if trace is None:
        return None
    while trace.tb_next is not None:
        trace = trace.tb_next
    return trace.tb_frame.f_code.co_filename, trace.tb_lineno
