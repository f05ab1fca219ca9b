"""Seeing what became of questions that agents have to answer who were started for that.

The launcher sees to it that a turn comes to its end, whatever is killed. A turn may end without an answer all the same:
the model could not be reached, or the server stood still just when the answer came.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from teammcp import Conflict, Context, Reader, Row, StateKey, Team, TeamError, excerpt, quote

from ..questions import queries
from ..registry import existing
from . import homes

SECONDS = 20
"""Between two looks."""
RESTS = 10_000
"""Milliseconds for which an agent has nothing to do before its turn counts as over: its answer may be on its way."""
ATTEMPTS = 3
"""How often a question is put to an agent that ends its turn without an answer."""
_OVER: StateKey[dict[int, int]] = StateKey("projects.over", dict)
"""Question -> since when it is seen that its holder has nothing to do: by the clock here, since machines differ."""
OVER = {"asleep", "finished", "stopped"}
"""Why runs end with which nobody goes on; after the others the launcher goes on with the turn."""
LONGEST_WHY = 500
"""Characters that are kept of why an agent cannot go on."""


async def look_at_conversations(team: Team) -> None:
    """See whether agents that were started still answer what they have to; the team's job."""
    context = Context.inside(team)
    if not homes.is_installed(context.server):
        return
    rows, seen = await context.read(queries.held_in_lanes), team.state[_OVER]
    for gone in seen.keys() - {row["id"] for row in rows}:
        del seen[gone]
    for row in rows:
        with suppress(TeamError):  # answered, retired or given back a moment ago; else it is the same the next time
            await _look(context, row, seen)


async def _look(context: Context, row: Row, seen: dict[int, int]) -> None:
    home = await context.call("get_agent_home", name=row["holder"])
    trouble = _trouble(home)
    if trouble and not await _is_chosen(context, row["project"], home):
        await context.call("give_back_question", question_id=row["id"])  # whoever is chosen now gets it
        return
    await _note_trouble(context, row, trouble)
    if not _is_over(home.run):
        seen.pop(row["id"], None)
        return
    if context.now() - seen.setdefault(row["id"], context.now()) < RESTS:
        return
    answer = await _answer(context, row)
    if answer is not None:
        told = {"answer": answer.content, "message_id": answer.id, "by": answer.from_agent}
        await context.call("note_answer", question_id=row["id"], **told)
    elif not await _has_arrived(context, row):
        return  # the launcher has still to hand it over
    elif row["attempts"] < ATTEMPTS:
        await context.call("give_back_question", question_id=row["id"])
    else:
        await _give_up(context, row, home)


async def _is_chosen(context: Context, name: str, home: Any) -> bool:
    """Whether an agent still is what is to answer for a project."""
    project = await context.read(existing, name)
    return homes.starts_agents(context.server, project) and not homes.is_elsewhere(home, project)


def _trouble(home: Any) -> str:
    if not home.wanted:
        return f"{home.agent}, who answers, was stopped. start_agent lets it go on."
    return f"{home.agent}, who answers, is held: {home.held}" if home.held else ""


async def _note_trouble(context: Context, row: Row, why: str) -> None:
    why = excerpt(why, LONGEST_WHY)
    if why != row["trouble"]:
        await context.call("note_trouble", question_id=row["id"], why=why)


def _is_over(run: Any) -> bool:
    """Whether an agent has nothing to do now."""
    if run is None:
        return False
    return run.state == "idle" if run.ended_at is None else run.reason in OVER


async def _answer(context: Context, row: Row) -> Any:
    """The message with which the holder has answered after all: the last that it has sent to the asker since.

    What it has said to something else is none, as to what came before: a turn that had begun earlier may end later.
    """
    asking = Context.inside(context.team, context.team.directory.agents[row["asker"]])
    page = await asking.call("get_history", channel=f"dm:{row['holder']}", after=row["message_id"], limit=50)
    said = [each for each in page.messages if each.from_agent == row["holder"]]
    return await context.read(_last_about, row, said)


def _last_about(reader: Reader, row: Row, said: Sequence[Any]) -> Any:
    """The last of some messages that may be about a question; None if none is."""
    for each in reversed(said):
        if each.reply_to is None:
            return each
        asked = queries.asked_in(reader, each.reply_to)
        if asked["question"] == row["id"] if asked is not None else each.reply_to > row["message_id"]:
            return each
    return None


async def _has_arrived(context: Context, row: Row) -> bool:
    asking = Context.inside(context.team, context.team.directory.agents[row["asker"]])
    [recipient] = (await asking.call("get_receipt", message_id=row["message_id"])).recipients
    return bool(recipient.offered_at or recipient.read_at)


async def _give_up(context: Context, row: Row, home: Any) -> None:
    """Say for an agent that it does not get to an answer."""
    holder = Context.inside(context.team, context.team.directory.agents[row["holder"]])
    why = f" What it said last: {quote(excerpt(home.run.last_words, LONGEST_WHY))}" if home.run.last_words else ""
    with suppress(Conflict):
        await holder.call(
            "answer_question",
            question_id=row["id"],
            answer=f"I was asked {ATTEMPTS} times, and each of my turns ended without an answer.{why}",
            cannot_say=True,
        )
