"""Public shapes of conversations: of what agents that were started to answer are asked."""

from __future__ import annotations

from teammcp import Result


class Started(Result):
    """Who answers a lane."""

    agent: str
