"""`Keepers`: the agents of one team on this machine."""

from __future__ import annotations

from typing import Any

from ...entries import EndReason
from ...protocol import Orders, Question
from ..host import Host, Refusal


class Keepers:
    """See `host.Keepers`."""

    def __init__(self, host: Host) -> None:
        self._host = host

    async def reconcile(self) -> None:
        """See `host.Keepers`."""

    def apply(self, orders: Orders) -> None:
        """See `host.Keepers`."""

    def live_runs(self) -> list[int]:
        """See `host.Keepers`."""
        return []

    async def answer(self, question: Question) -> dict[str, Any]:
        """See `host.Keepers`."""
        raise Refusal("not_found", "No such agent lives on this machine.")

    def disconnected(self) -> None:
        """See `host.Keepers`."""

    async def end_all(self, reason: EndReason, detail: str) -> None:
        """See `host.Keepers`."""
