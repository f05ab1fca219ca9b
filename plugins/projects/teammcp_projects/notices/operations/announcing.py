"""Announcing what changes, or what is asked, to all who build on it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from teammcp import (
    OTHERS,
    Conflict,
    Context,
    Deadline,
    InvalidInput,
    Line,
    MessageParts,
    Transaction,
    Work,
    operation,
    plain_text,
)

from ...events import NoticeAnnounced
from ...parts import as_kept
from ...registry import ProjectRef, existing
from .. import looking, queries, reach, shapes
from ..models import MUST_ACT, Change, Content, Notice, Published, Step
from ..voices import own_project

MOST_OPEN = 50
"""Open notices of a project."""
MOST_ALSO = 100


@operation("POST /api/notices", profile="projects", status=201)
async def announce_change(
    context: Context,
    change: Change,
    content: Content,
    next_step: Step = "",
    publication: Published = "",
    version: Annotated[Line, Field(max_length=64), OTHERS] = "",
    act_by: Deadline | None = None,
    also: Annotated[list[ProjectRef], Field(max_length=MOST_ALSO)] = [],  # noqa: B006 - never changed
    project: ProjectRef | None = None,
    parts: MessageParts = [],  # noqa: B006
) -> Work[Notice]:
    """Tell all who build on your project what changes; change=request coordinates: asks them to act before it does.

    next_step: what each must do, concretely. You see who has and hear once all have: get_notice, wait_for_notices.
    """
    if not next_step.strip() and (change in MUST_ACT or act_by is not None):
        raise InvalidInput.at("next_step", "say concretely what whoever builds on it has to do")
    if act_by is not None and act_by <= context.now():
        raise InvalidInput.at("act_by", "is over. Name a time to come")

    beside = as_kept(context, parts)

    def work(tx: Transaction) -> Notice:
        provider = own_project(tx, context, project)
        name, folded = provider["name"], plain_text(publication)
        for each in also:
            existing(tx, each)
        consumers = sorted({*reach.consumers(tx, provider, folded), *also} - {name})
        if not consumers:
            raise Conflict(
                "publication: no project builds on it, so nobody has to be told. If one does, name it in also, and let "
                f"it subscribe_project to {name}.",
                code="nobody_builds_on_it",
            )
        if queries.count_open(tx, name) >= MOST_OPEN:
            raise Conflict(f"project: {name} has {MOST_OPEN} open notices. End some first.", code="too_many")
        step = next_step.strip()
        number = queries.insert(
            tx,
            name,
            publication,
            folded,
            change,
            content,
            *beside,
            step,
            version,
            act_by,
            context.actor.name,
            context.now(),
        )
        for each in consumers:
            queries.add_line(tx, number, each)
        announced = NoticeAnnounced(
            notice=number, project=name, change=change, publication=publication, consumers=consumers
        )
        context.emit(tx, announced, number)
        tx.on_commit(lambda: looking.look(context.team))
        return shapes.one(tx, context, number)

    return work
