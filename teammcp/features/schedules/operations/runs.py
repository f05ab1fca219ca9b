"""What schedules do when their time has come. The server itself calls these operations, from its job.

A message and the step to the next run are one transaction, and the transaction looks whether the run is still due: a
crash at any moment neither loses a message nor sends it twice.
"""

from __future__ import annotations

import logging
from typing import Annotated

from pydantic import Field

from ....arguments.fields import Text, Timestamp
from ....clock import rfc3339
from ....errors import Conflict, Gone, InvalidInput, RateLimited, TeamError
from ....members.directory import Agent
from ....operations import Context, operation
from ....server import Team
from ....storage import Reader, Row, Transaction, Work, present
from ...messages import Note, send_notes, server_note
from .. import queries
from ..events import (
    AGENDA,
    Agenda,
    ScheduleEnded,
    ScheduleEvent,
    ScheduleFired,
    ScheduleSkipped,
    ScheduleSuspended,
    emit,
)
from ..models import Outcome, ScheduleId, ScheduleResult
from ..shapes import next_run, schedule_now, timing_of

RETRY = 60_000
"""Milliseconds until a run is tried again that failed for no fault of its own, such as a full disk."""

log = logging.getLogger(__name__)


@operation(internal=True, profile="schedules")
async def fire_schedule(context: Context, schedule_id: ScheduleId, due: Timestamp) -> Work[ScheduleResult]:
    """Do the run that a schedule is due for."""
    row = await _still_due(context, schedule_id, due)
    _check_rule(row)
    if not _in_time(row, due, context.now(), 1000 * context.settings("schedules").grace_seconds):
        return await _skip(context, row, due)
    sending = Context.inside(context.team, _creator(context, row))
    arguments = {"channel": row["channel"], "content": row["content"], "metadata": {"schedule_id": schedule_id}}
    if row["priority"] is not None:
        arguments["priority"] = row["priority"]
    prepared = await sending.prepare("send_message", **arguments)

    def work(tx: Transaction) -> ScheduleResult:
        _check_due(queries.schedule(tx, schedule_id), schedule_id, due)
        more: dict[str, object] = {"due": due}
        outcome: Outcome = "sent"
        sent = prepared(tx)
        if prepared.waits:
            outcome = "deferred"
        else:
            more["message_id"] = sent.id
        return _advance(context, tx, row, ScheduleFired, outcome, more)

    return work


@operation(internal=True, profile="schedules")
async def suspend_schedule(
    context: Context, schedule_id: ScheduleId, due: Timestamp, reason: Annotated[Text, Field(max_length=1000)]
) -> Work[ScheduleResult]:
    """Stop a schedule whose message cannot be sent, and tell whom it concerns."""
    row = await _still_due(context, schedule_id, due)
    notes = await _prepare_notes(
        context,
        row,
        f"{_name(row)} is suspended: {reason} Put that right and resume_schedule, or cancel_schedule.",
    )

    def work(tx: Transaction) -> ScheduleResult:
        _check_due(queries.schedule(tx, schedule_id), schedule_id, due)
        queries.set_status(tx, schedule_id, "suspended", reason, None)
        send_notes(tx, notes)
        schedule = schedule_now(tx, schedule_id)
        emit(context, tx, ScheduleSuspended, schedule, reason=reason)
        return ScheduleResult(schedule=schedule)

    return work


# -- one run ---------------------------------------------------------------------------------------------------------


async def _still_due(context: Context, schedule_id: int, due: int) -> Row:
    return _check_due(await context.read(queries.schedule, schedule_id), schedule_id, due)


def _check_due(row: Row | None, schedule_id: int, due: int) -> Row:
    if row is None or row["status"] != "active" or row["next_run"] != due:
        raise Conflict(f"schedule_id: schedule {schedule_id} is not due any more.", code="not_due")
    return row


def _check_rule(row: Row) -> None:
    try:
        timing_of(row)
    except ValueError as error:
        raise InvalidInput(f"Its rule cannot be read: {error}.", code="bad_rule") from error


def _in_time(row: Row, due: int, now: int, grace: int) -> bool:
    """Whether the last of the runs that are due is young enough."""
    oldest = now - grace
    if due >= oldest:
        return True
    latest = timing_of(row).next_after(oldest - 1)
    return latest is not None and latest <= now


def _creator(context: Context, row: Row) -> Agent:
    found = context.team.directory.agents[row["created_by"]]
    if found.retired:
        raise Gone(f"{found.name} was retired.", code="agent_retired")
    return found


def _name(row: Row) -> str:
    return f"Schedule {row['id']} of {row['created_by']} for {row['channel']}"


async def _skip(context: Context, row: Row, due: int) -> Work[ScheduleResult]:
    """Pass over what is long over. Those who wait for a run that will not come again are told."""
    when = rfc3339(due)
    log.warning("schedule %d of team %s was due at %s and is skipped", row["id"], context.team.name, when)
    notes: list[Note] = []
    if next_run(row, context.now()) is None:
        text = f"{_name(row)} was due at {when}, while the server was down. Its message was not sent."
        notes = await _prepare_notes(context, row, text)

    def work(tx: Transaction) -> ScheduleResult:
        _check_due(queries.schedule(tx, row["id"]), row["id"], due)
        send_notes(tx, notes)
        return _advance(context, tx, row, ScheduleSkipped, "skipped", {"due": due})

    return work


def _advance(
    context: Context, tx: Transaction, row: Row, kind: type[ScheduleEvent], outcome: Outcome, data: dict[str, object]
) -> ScheduleResult:
    """Note a run, and step to the next one."""
    runs = row["runs"] + (outcome != "skipped")
    queries.note_run(tx, row["id"], context.now(), outcome, runs)
    upcoming = next_run(present(queries.schedule(tx, row["id"])), context.now())
    queries.set_status(tx, row["id"], "active" if upcoming is not None else "ended", None, upcoming)
    schedule = schedule_now(tx, row["id"])
    emit(context, tx, kind, schedule, outcome=outcome, **data)
    if upcoming is None:
        emit(context, tx, ScheduleEnded, schedule)
    return ScheduleResult(schedule=schedule)


async def _prepare_notes(context: Context, row: Row, text: str) -> list[Note]:
    """A direct message to a schedule's creator; of one who is retired, to whoever it reported to, or the owners."""
    about = f"schedule {row['id']}"
    return [
        note for name in await _concerned(context, row) for note in await server_note(context, name, text, about=about)
    ]


async def _concerned(context: Context, row: Row) -> list[str]:
    directory = context.team.directory
    name: str | None = row["created_by"]
    while name is not None and directory.agents[name].retired:
        name = (await context.call("get_agent_profile", name=name)).reports_to
    return [name] if name is not None else [owner.name for owner in directory.owners]


# -- the job ---------------------------------------------------------------------------------------------------------


async def run_due(team: Team) -> None:
    """Do what is due. While nothing is, this asks nothing of the database."""
    now, agenda = team.server.clock.now(), team.state[AGENDA]
    if not agenda.is_due(now):
        return
    try:
        await _run_team(team, now)
    except Exception:
        agenda.note(now + RETRY)
        raise


async def _run_team(team: Team, now: int) -> None:
    agenda = team.state[AGENDA]
    agenda.begin()
    rows, following = await team.database.read(_look, now)
    again = [await _run(team, row["id"], row["next_run"]) for row in rows]
    agenda.note(now + RETRY if not all(again) else Agenda.NEVER)
    agenda.note(following)


def _look(reader: Reader, now: int) -> tuple[list[Row], int]:
    following = queries.next_due(reader, now)
    return queries.due(reader, now), Agenda.NEVER if following is None else following


async def _run(team: Team, schedule_id: int, due: int) -> bool:
    """Do one run; whether it is settled, one way or another. Nothing that goes wrong here concerns the others."""
    try:
        await _fire_or_suspend(Context.inside(team), {"schedule_id": schedule_id, "due": due})
    except Exception as error:
        if getattr(error, "code", None) == "not_due":  # paused, cancelled or done meanwhile
            return True
        log.exception("schedule %d of team %s failed and is tried again", schedule_id, team.name)
        return False
    return True


async def _fire_or_suspend(context: Context, run: dict[str, int]) -> None:
    try:
        await context.call(fire_schedule, **run)
    except TeamError as error:
        if not _is_lasting(error):
            raise
        reason = error.detail.removeprefix("channel: ")[:1000]
        await context.call(suspend_schedule, **run, reason=reason)


def _is_lasting(error: TeamError) -> bool:
    """Whether the same would happen again: the channel is gone, a rule refuses the text, the row cannot be read."""
    return error.status < 500 and not isinstance(error, RateLimited)
