"""What becomes of a question whose holder is gone: somebody else gets it, or it waits."""

from __future__ import annotations

from teammcp import Agent, Conflict, Context, Message, Reader, Row, Team, TeamError, Transaction, Work, operation

from ...lanes.homes import is_installed
from ...registry import able
from ...registry import queries as registry
from ...registry.models import MOST_PROJECTS
from .. import dispatch, queries, showing, troubles
from ..models import OPEN, Question, QuestionId
from .beginning import LEASE
from .messages import is_unseen, taking_out

BATCH = 100


@operation(internal=True, profile="projects")
async def give_back_question(context: Context, question_id: QuestionId) -> Work[Question]:
    """Take a question from a holder that does not answer it; it waits again, before all later ones of its lane.

    What the holder has not seen yet is taken out of its inbox. If it has, its answer still counts when it comes first.
    """
    row = _asked(await context.read(queries.question, question_id), question_id)
    take_out = await taking_out(context, row)

    def work(tx: Transaction) -> Question:
        now_row = _asked(queries.question(tx, question_id), question_id)
        if now_row["message_id"] != row["message_id"]:
            raise _not_asked(question_id)
        take_out(tx)
        queries.give_back(tx, question_id)
        tx.on_commit(lambda: dispatch.look(context.team, [row["project"]]))
        return showing.one(tx, context, question_id)

    return work


@operation(internal=True, profile="projects")
async def prolong_question(context: Context, question_id: QuestionId) -> Work[Question]:
    """Leave a question with its holder, and look again later."""

    def work(tx: Transaction) -> Question:
        _asked(queries.question(tx, question_id), question_id)
        queries.prolong(tx, question_id, context.now() + LEASE)
        return showing.one(tx, context, question_id)

    return work


def _asked(row: Row | None, number: int) -> Row:
    if row is None or row["state"] != "asked":
        raise _not_asked(number)
    return row


def _not_asked(number: int) -> Conflict:
    return Conflict(f"question_id: nobody has question {number} to answer.", code="not_asked")


async def look_at_holders(team: Team) -> None:
    """Give questions whose holders are gone to others that are here; the team's job."""
    launches = is_installed(Context.inside(team).server)
    for row in await team.database.read(queries.expired, team.server.clock.now(), BATCH):
        away = not team.presence.online(row["holder"])
        named = await team.database.read(registry.answerers, row["project"])
        others = {*able.able(Context.inside(team), named)} - {row["holder"], row["asker"]}
        # One that was started is seen to by the launcher, as long as there is one.
        started = launches and await team.database.read(registry.lane_of, row["holder"]) is not None
        gives_back = away and not started and any(map(team.presence.online, others))
        await _settle(team, row["id"], give_back=gives_back)


async def look_at_former(team: Team) -> None:
    """Give questions of those who answer no more, or cannot, to those who do, and see what can be begun then.

    Whoever has seen one and can answer it keeps it: its answer may be on its way.
    """
    context = Context.inside(team)
    for number in await context.read(_with_former, context):
        row = await context.read(queries.question, number)
        if row is None or row["state"] != "asked":
            continue
        if not able.is_able(context, row["holder"]) or await is_unseen(context, row):
            await _settle(team, number, give_back=True)
    await dispatch.look_at_all(team)


def _with_former(reader: Reader, context: Context) -> list[int]:
    """The questions that somebody has who answers for their project no more, or cannot, while others do."""
    found: list[int] = []
    for project in registry.projects(reader, "", MOST_PROJECTS):
        held = queries.in_state(reader, project["name"], "asked", troubles.MOST_HELD)
        now = troubles.may_hold(reader, context, project) if held else set()
        for row in held:
            is_left = not able.is_able(context, row["holder"])
            if row["holder"] not in now and (is_left or troubles.has_answerers(reader, context, project, row["asker"])):
                found.append(row["id"])
    return found


async def see_off(context: Context, agent: Agent) -> None:
    """After a member was retired: what it had to answer, others answer; what it has asked nobody needs to."""
    for row in await context.read(queries.held, agent.name):
        await _settle(context.team, row["id"], give_back=True)
    for row in await context.read(queries.open_by, agent.name):
        await Context.inside(context.team).call("cancel_question", question_id=row["id"])


async def take_back_deleted(context: Context, message: Message) -> None:
    """See whether a message that was just deleted has asked a question: nobody can read it there now, so it is over."""
    asked = await context.read(queries.asked_in, message.id)
    row = None if asked is None else await context.read(queries.question, asked["question"])
    if row is not None and row["state"] in OPEN and row["message_id"] == message.id:
        await Context.inside(context.team).call("cancel_question", question_id=row["id"])


async def _settle(team: Team, number: int, *, give_back: bool) -> None:
    operation_name = "give_back_question" if give_back else "prolong_question"
    try:
        await Context.inside(team).call(operation_name, question_id=number)
    except Conflict:
        return  # it was answered a moment ago
    except TeamError:
        await Context.inside(team).call("prolong_question", question_id=number)
