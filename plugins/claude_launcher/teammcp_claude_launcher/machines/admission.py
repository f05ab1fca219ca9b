"""One runner for a machine's key at a time, though the folder with the key can be copied.

A runner that was started again comes in at once, whatever became of its last connection: it is known by where its
folder lies, and the lock in that folder sees to it that the one before has ended. A runner elsewhere is none of those:
while the first one works it is turned away for good, and for a moment after that it waits, since the first one may have
lost its connection, or the server may just have been started.
"""

from __future__ import annotations

from teammcp import Context

from ..protocol import COPY, Hello
from . import queries
from .connections import NotAdmitted, come_again, links
from .operations import note_copy

BACK = 40.0
"""Seconds in which a runner has come back that works: the longest pause between two attempts, and what those take."""


async def admit(context: Context, machine: str, hello: Hello) -> None:
    """Let a runner in that has shown a machine's key.

    Raises:
        NotAdmitted: another one has that key, and works or may do so.
    """
    known = links(context.team)
    at_work = known.find(machine)
    if at_work is None:
        row = await context.read(queries.machine, machine)
        last = "" if row is None else row["installation"]
        if last not in ("", hello.installation) and known.away(machine) < BACK:
            raise come_again()
    elif at_work.installation != hello.installation:
        if not await at_work.is_alive():
            raise come_again()
        await context.call(note_copy, machine=machine, place=hello.place)
        raise NotAdmitted(COPY, at_work.place)
