"""What an agent was doing when it left a machine: its runner forgets that, so the next one hears of it from here."""

from __future__ import annotations

from teammcp import Reader, Row

from ..entries import ENTRY, GIVEN_UP, TakenUp, TurnOver, TurnWritten
from . import queries

LOOKED_AT = 50
"""Runs of an agent that are looked at: those that could not be started have had no turn."""
LINES = 500
"""Entries about turns of a run that are looked at."""


def unfinished(reader: Reader, agent: str, machine: str, run_id: int) -> list[int]:
    """The messages that an agent's program on another machine has taken up, and was not done with.

    What it has not taken up is none of them: that comes again by itself.

    Args:
        reader: of the database.
        agent: whose.
        machine: where it is now.
        run_id: the run that begins there.
    """
    before = queries.listed(reader, agent, None, False, run_id, LOOKED_AT)
    last = next((row for row in before if row["turns"]), None)
    if last is None or {before[0]["machine"], last["machine"]} == {machine} or _is_given_up(last):
        return []
    return _cut_off(reader, last["id"])


def _is_given_up(row: Row) -> bool:
    """Whether nobody is to go on with what a run was doing: a person stopped it, or it has used too much.

    A run that ends as stopped for another reason, such as a key that was replaced, says so in its detail.
    """
    return row["reason"] in GIVEN_UP or (row["reason"] == "stopped" and not row["detail"])


def _cut_off(reader: Reader, run_id: int) -> list[int]:
    """The messages of the turns that a run has taken up and that are not over."""
    written: dict[str, list[int]] = {}
    taken: list[str] = []
    for data in reversed(queries.of_turns(reader, run_id, LINES)):
        match ENTRY.validate_json(data):
            case TurnWritten() as entry:
                written[entry.turn] = entry.message_ids
            case TakenUp() as entry:
                taken.append(entry.turn)
            case TurnOver():
                taken = []
    return sorted({message_id for turn in taken for message_id in written.get(turn, ())})
