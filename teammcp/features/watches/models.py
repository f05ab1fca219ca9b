"""Public shapes of watches."""

from __future__ import annotations

from typing import Literal

from ...arguments.fields import Timestamp
from ...operations import Result
from ...text.untrusted import Author

What = Literal["idle", "done", "reachable"]
"""Of what somebody is told: that a member has nothing to do now, that the turn or a task it was at has ended, that
there is a way to reach it now after there was none."""
MEANINGS: dict[What, str] = {"idle": "has nothing to do", "done": "is done", "reachable": "can be reached"}


class Watch(Result):
    """You are told of a member. ``told_at``: when you were last, if that was so before."""

    agent: Author
    what: What
    always: bool
    since: Timestamp
    told_at: Timestamp | None

    def text(self) -> str:
        """In a few words."""
        return f"{self.agent}: {self.what}, {'each time' if self.always else 'once'}"


class Watches(Result):
    """Of whom and of what you are told, by name."""

    watches: list[Watch]

    def text(self) -> str:
        """One line each."""
        return "\n".join(each.text() for each in self.watches) or "(you are told of nobody)"


class Watching(Result):
    """What came of asking to be told.

    ``now``: it is so already, so that nobody need wait for it; who wants to be told once is not told again.
    ``watched``: you are told from now on.
    """

    agent: Author
    what: What
    always: bool
    now: bool
    watched: bool

    def text(self) -> str:
        """A sentence or two."""
        meaning = MEANINGS[self.what]
        now = f"{self.agent} {meaning} now. " if self.now else ""
        if not self.watched:
            return now.strip() or f"You are not told any more when {self.agent} {meaning}."
        how = "each time" if self.always else "once,"
        return f"{now}You get a direct message of the server {how} when {self.agent} {meaning}."


class OccasionNoted(Result):
    """Who was told."""

    told: list[Author]
