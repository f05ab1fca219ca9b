"""The approved call that is being run, as the rules see it: what was agreed to must not be asked again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from teammcp import Agent, Context, Work

_run: ContextVar[Run | None] = ContextVar("approved_run", default=None)


@dataclass
class Run:
    """One call that is run for its proposer.

    Attributes:
        row: the approval.
        agreed: the members whose word it is run on.
        afterwards: what the call makes wait in its turn, to be stored in its transaction.
    """

    row: Any
    agreed: list[Agent]
    afterwards: list[Work[Any]] = field(default_factory=list)

    @property
    def grant(self) -> str:
        """The reference under which the call is run."""
        return f"approval:{self.row['id']}"


@contextmanager
def run(approved: Run) -> Iterator[None]:
    """While the approved call is prepared."""
    token = _run.set(approved)
    try:
        yield
    finally:
        _run.reset(token)


def of(context: Context) -> Run | None:
    """The approved call that this context runs; None for every other one, whatever grant it claims."""
    found = _run.get()
    return found if found is not None and context.grant == found.grant else None
