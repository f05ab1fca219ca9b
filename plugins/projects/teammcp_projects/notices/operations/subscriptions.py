"""Saying on what a project builds."""

from __future__ import annotations

import json
from typing import Annotated

from pydantic import Field

from teammcp import (
    LARGEST_ID,
    Conflict,
    Context,
    InvalidInput,
    Limit,
    NotFound,
    Reader,
    Row,
    Transaction,
    Work,
    operation,
    plain_text,
)

from ...events import NoticeJoined, ProjectSubscribed, ProjectUnsubscribed
from ...registry import ProjectRef, existing
from .. import looking, queries, reach
from .. import subscription_queries as subscriptions
from ..models import Published, Subscribed, Subscription, SubscriptionId, SubscriptionList
from ..voices import own_project

MOST = 200
"""Subscriptions of a project."""


@operation("POST /api/subscriptions", profile="projects", idempotent=True, status=201)
async def subscribe_project(
    context: Context, to: ProjectRef, publication: Published = "", project: ProjectRef | None = None
) -> Work[Subscribed]:
    """Say that your project builds on what another publishes, on all or one publication: you hear what changes there.

    Notices about it that are open are for your project, too, from now on.
    """

    def work(tx: Transaction) -> Subscribed:
        mine, provider = own_project(tx, context, project), existing(tx, to)
        if mine["name"] == provider["name"]:
            raise InvalidInput.at("to", f"{to} is the project itself. Name one on which it builds")
        published = _published(provider, publication)
        row = subscriptions.same(tx, mine["name"], to, plain_text(published))
        if row is None:
            row = _add(context, tx, mine["name"], to, published)
        return Subscribed(**_facts(row), notices=_join(context, tx, row))

    return work


@operation("DELETE /api/subscriptions/{subscription_id}", profile="projects", idempotent=True)
async def unsubscribe_project(context: Context, subscription_id: SubscriptionId) -> Work[Subscription]:
    """Say that your project does not build on it any more. Open notices stay: say not_affected to them."""

    def work(tx: Transaction) -> Subscription:
        row = subscriptions.subscription(tx, subscription_id)
        if row is None:
            raise NotFound(
                f"subscription_id: there is no subscription {subscription_id}; list_subscriptions lists them.",
                code="no_subscription",
            )
        own_project(tx, context, row["project"])
        subscriptions.delete(tx, subscription_id)
        event = ProjectUnsubscribed(project=row["project"], to=row["provider"], publication=row["publication"])
        context.emit(tx, event, row["project"])
        return Subscription(**_facts(row))

    return work


@operation("GET /api/subscriptions", profile="projects", read_only=True)
async def list_subscriptions(
    context: Context,
    project: ProjectRef | None = None,
    after: Annotated[int, Field(ge=0, le=LARGEST_ID)] = 0,
    limit: Limit = 100,
) -> SubscriptionList:
    """List which projects build on which: all, or those on which one builds and those that build on it."""
    rows = await context.read(_listed, project, after, limit + 1)
    shown = context.budget().fit(Subscription(**_facts(row)) for row in rows[:limit])
    return SubscriptionList(subscriptions=shown, next=shown[-1].id if len(rows) > len(shown) else None)


def _listed(reader: Reader, project: str | None, after: int, limit: int) -> list[Row]:
    if project is None:
        return subscriptions.all_of_team(reader, after, limit)
    mine = subscriptions.of_project(reader, project, after, limit)
    return sorted([*mine, *subscriptions.to_project(reader, project, after, limit)], key=lambda row: row["id"])[:limit]


def _published(provider: Row, publication: str) -> str:
    """A publication as its project calls it.

    Raises:
        InvalidInput: the project publishes nothing of that name.
    """
    names: dict[str, str] = {plain_text(each["name"]): each["name"] for each in json.loads(provider["publishes"])}
    if not publication or plain_text(publication) in names:
        return names.get(plain_text(publication), "")
    offers = ", ".join(f"'{name}'" for name in names.values()) or "nothing that it names"
    raise InvalidInput.at(
        "publication", f"{provider['name']} publishes {offers}. Name one of these, or leave it out for all of it"
    )


def _add(context: Context, tx: Transaction, project: str, to: str, publication: str) -> Row:
    if subscriptions.count_of(tx, project) >= MOST:
        raise Conflict(f"project: {project} builds on {MOST} others already. Unsubscribe from one.", code="too_many")
    folded = plain_text(publication)
    subscriptions.insert(tx, project, to, publication, folded, context.actor.name, context.now())
    context.emit(tx, ProjectSubscribed(project=project, to=to, publication=publication), project)
    [row] = [subscriptions.same(tx, project, to, folded)]
    assert row is not None  # noqa: S101 - it was inserted just now
    return row


def _join(context: Context, tx: Transaction, subscription: Row) -> list[int]:
    """Let the open notices concern a project that it subscribes to; those that do."""
    found, consumer = [], subscription["project"]
    for notice in queries.open_of(tx, subscription["provider"]):
        if consumer not in reach.consumers(tx, existing(tx, notice["project"]), notice["folded"]):
            continue
        found.append(notice["id"])
        if queries.line(tx, notice["id"], consumer) is None:
            queries.add_line(tx, notice["id"], consumer)
            event = NoticeJoined(notice=notice["id"], project=notice["project"], consumer=consumer)
            context.emit(tx, event, notice["id"])
    tx.on_commit(lambda: looking.look(context.team))
    return found


def _facts(row: Row) -> dict[str, object]:
    return {
        **{name: row[name] for name in ("id", "project", "publication", "made_by", "made_at")},
        "to": row["provider"],
    }
