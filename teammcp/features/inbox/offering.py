"""Handing messages to an agent's turn: each one once, with a note of the way it took."""

from __future__ import annotations

from ...operations import Context
from ...storage import Reader, Transaction
from ..messages import messages_by_id
from . import queries
from .models import Waited


def anything_new(reader: Reader, agent: str) -> bool:
    """Whether something was addressed to an agent that no turn of it was handed yet."""
    return bool(queries.unoffered(reader, agent, 1))


def hand_over(context: Context, tx: Transaction, way: str, limit: int) -> Waited:
    """The oldest messages to the actor that it was never handed, noted as offered by ``way`` from now on."""
    me = context.actor.name
    ids = queries.unoffered(tx, me, limit + 1)
    queries.offer(tx, me, ids[:limit], way, context.now())
    return Waited(messages=messages_by_id(tx, ids[:limit]), more=len(ids) > limit)
