"""How a member wants to be told, as it is kept: read for the outbox, the calls and the page."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import cast

from ...members.directory import Agent
from ...server import Host
from ...storage import Reader
from . import kinds
from . import preference_queries as queries
from .models import Language
from .timing import Habits, Urgency

LANGUAGE: Language = "en"


@dataclass(frozen=True)
class Preferences:
    """One member's.

    Attributes:
        habits: quiet hours, batches, the digest.
        language: of what it is told.
        after_minutes: by notifier, how long that waits whether a thing has been seen.
        urgencies: by notifier and kind, where the member has said one.
    """

    habits: Habits
    language: Language
    after_minutes: dict[str, int]
    urgencies: dict[tuple[str, str], Urgency]

    def after(self, notifier: str) -> int:
        """For how many minutes a notifier waits."""
        return self.after_minutes.get(notifier, 0)

    def urgency(self, server: Host, notifier: str, kind: str) -> Urgency:
        """How urgent a kind is; one whose plugin is gone is told at once, as what still waits of it is."""
        said = self.urgencies.get((notifier, kind))
        known = kinds.of(server).get(kind)
        return said or ("now" if known is None else known.urgency)


def of(reader: Reader, agent: Agent) -> Preferences:
    """Those of a member."""
    habits, language = Habits(agent.time_zone), LANGUAGE
    row = queries.habits(reader, agent.name)
    if row is not None:
        language = row["language"]
        habits = replace(
            habits,
            quiet_from=row["quiet_from"],
            quiet_until=row["quiet_until"],
            batch_minutes=row["batch_minutes"],
            digest_at=row["digest_at"],
        )
    after_minutes, urgencies = queries.after_minutes(reader, agent.name), queries.urgencies(reader, agent.name)
    return Preferences(habits, language, after_minutes, cast("dict[tuple[str, str], Urgency]", urgencies))
