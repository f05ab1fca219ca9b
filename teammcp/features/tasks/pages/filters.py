"""Which tasks a page shows: what its address says of that, and the addresses of the same page with other filters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from quart import Request

from ....arguments.fields import PRIORITIES

TEXTS = ("assignee", "label", "q")


@dataclass(frozen=True)
class PageFilters:
    """The tasks that a reader looks for; empty means any. ``goal`` is an id, ``assignee`` may be ``me`` or ``none``."""

    assignee: str = ""
    priority: str = ""
    label: str = ""
    goal: int | None = None
    q: str = ""

    @classmethod
    def of(cls, request: Request) -> PageFilters:
        """The filters in a request's address; one that makes no sense is left out."""
        texts = {name: request.args.get(name, "").strip()[:200] for name in TEXTS}
        priority = request.args.get("priority", "")
        return cls(
            **texts,
            priority=priority if priority in PRIORITIES else "",
            goal=request.args.get("goal", type=int),
        )

    @property
    def any(self) -> bool:
        """Whether anything is left out."""
        return self != PageFilters()

    @property
    def values(self) -> dict[str, str]:
        """The filters that are set, as the address has them."""
        return {name: str(value) for name, value in vars(self).items() if value}

    def arguments(self) -> dict[str, Any]:
        """The filters as arguments of ``list_tasks``."""
        names = {"q": "query", "goal": "goal_id"}
        return {names.get(name, name): value for name, value in vars(self).items() if value}

    def link(self, path: str, **more: Any) -> str:
        """The address of a page with these filters; ``more``: what else belongs to it."""
        query = urlencode({**self.values, **{name: value for name, value in more.items() if value}})
        return f"{path}?{query}" if query else path
