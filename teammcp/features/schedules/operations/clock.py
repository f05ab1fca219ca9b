"""What becomes of schedules when the machine's clock is set, forward or back.

An interval of minutes or hours that began when it was made is a duration: it goes on as if nothing had happened. All
others are times on the wall. Set forward, those that were passed over are due. Set back, what comes round within the
step goes on at once, and what is rarer has been done already: a daily message does not come twice.
"""

from __future__ import annotations

from ....arguments.times import zone_of
from ....operations import Context, Result, operation
from ....storage import Row, Transaction, Work
from .. import queries
from ..events import AGENDA
from ..shapes import timing_of
from ..timing import Every, parse_rule


class Followed(Result):
    """How many schedules run at another moment now."""

    changed: int


@operation(internal=True, profile="schedules")
async def follow_clock(context: Context, milliseconds: int) -> Work[Followed]:
    """Let the schedules follow a clock that was set by so many milliseconds."""

    def work(tx: Transaction) -> Followed:
        changed = 0
        for row in queries.active(tx, 0):
            try:
                moved = _moved(row, milliseconds, context.now())
            except ValueError:  # it holds no rule that can be read, as its next run will say
                continue
            if moved is not None:
                queries.move(tx, row["id"], *moved)
                changed += 1
        tx.on_commit(lambda: context.team.state[AGENDA].forget())
        return Followed(changed=changed)

    return work


def _moved(row: Row, by: int, now: int) -> tuple[int, int | None, int] | None:
    """When a schedule was made, when it begins, and when it runs next after a step of the clock; None if as before."""
    made, begins, upcoming = row["created_at"], row["starts_at"], row["next_run"]
    if _is_duration(row):
        moved = {**dict(row), "created_at": made + by, "starts_at": None if begins is None else begins + by}
        following = timing_of(moved).next_after(now)
        return None if following is None else (moved["created_at"], moved["starts_at"], following)
    timing = timing_of(row)
    later = timing.next_after(upcoming)
    if by > 0 or later is None or later - upcoming > -by:
        return None
    following = timing.next_after(now)
    return None if following is None else (made, begins, following)


def _is_duration(row: Row) -> bool:
    """Whether an interval counts from when it was made, and not from a time of day that somebody gave."""
    if row["kind"] != "every":
        return False
    own = parse_rule("every", row["expression"], zone_of(row["time_zone"]), None, row["created_at"])
    return isinstance(own, Every) and own.unit in {"minute", "hour"} and row["starts_at"] in {None, own.first}
