"""What a run is after what has happened in it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import singledispatchmethod
from typing import Any

from teammcp import Row, excerpt

from .. import entries as kinds
from ..entries import NO_SIGN, Entry, RunState
from ..sentences import TURN_FAILED, with_last_line
from ..usage import MICROS

LAST_WORDS = 300
AT_WORK: frozenset[RunState] = frozenset({"working", "waiting"})
"""States in which a turn runs, which the next one joins."""


class Fold:
    """One run, to which entries are added. ``values`` are its columns as they are then.

    An entry that comes behind the end of a run changes nothing, but for the end itself where the run was only given up
    for lost: what its runner says then is better known.

    Args:
        row: the run.
        now: the server's time; a clock of a machine that is ahead of it is not believed.
        doing: the task that its agent has in doing, on which it works unless its turn is about another.

    Attributes:
        used: what was used for which task.
    """

    def __init__(self, row: Row, now: int, doing: int | None = None) -> None:
        self.values: dict[str, Any] = dict(zip(row.keys(), row, strict=True))
        self.before: tuple[RunState, int] = (row["state"], row["lacks_tools"])
        self.started: bool = False
        self.ended: kinds.Ended | None = None
        self.conversation: str | None = None
        self.used: list[tuple[int, kinds.Used]] = []
        self._doing = doing
        self._now = now
        self._at = now

    @classmethod
    def revived(cls, row: Row, now: int) -> Fold:
        """A run that was given up for lost, and lives after all."""
        fold = cls(row, now)
        fold.values |= {
            "state": "starting",
            "ended_at": None,
            "reason": "",
            "detail": "",
            "exit_code": None,
            "last_output": "",
        }
        return fold

    @property
    def id(self) -> int:
        """The run's number."""
        number: int = self.values["id"]
        return number

    @property
    def has_changed(self) -> bool:
        """Whether it stands otherwise than before."""
        return (self.values["state"], self.values["lacks_tools"]) != self.before

    @property
    def is_over(self) -> bool:
        """Whether it has ended."""
        return self.values["ended_at"] is not None

    def add(self, entry: Entry, at: int) -> int:
        """Add what happened then; when that was by a clock that is believed."""
        self._at = max(self.values["asked_at"], min(at, self._now))
        if not self.is_over or (isinstance(entry, kinds.Ended) and self.values["reason"] == "lost"):
            self._take(entry)
            self.values["changed_at"] = self._at
        return self._at

    def bring(self, channels: Iterable[str]) -> None:
        """Say of which channels that not everybody reads the turn brings messages that is added next.

        What it says from then on is for those who read all of them; see `watching`. Its last words stay only if they
        may be read by the same.
        """
        before, brought = set(json.loads(self.values["channels"] or "[]")), set(channels)
        if self.values["state"] in AT_WORK or self.is_over:  # given up for lost in a turn that goes on
            brought |= before
        if not before <= brought:
            self.values["last_words"] = ""
        self.values["channels"] = _as_json(brought)
        self.values["all_channels"] = _as_json(brought | set(json.loads(self.values["all_channels"] or "[]")))

    def channels_of(self, entry: Entry) -> str | None:
        """Of which channels an entry may tell: an end has the last output, which may be of any turn before."""
        column = "all_channels" if isinstance(entry, kinds.Ended) else "channels"
        found: str | None = self.values[column]
        return found

    def end(self, ended: kinds.Ended) -> None:
        """End it now, on the server's own word."""
        self.add(ended, self._now)

    def _be(self, state: RunState, reason: str = "") -> None:
        self.values["state"], self.values["state_reason"] = state, reason

    def _shows_life(self) -> None:
        if self.values["state_reason"] == NO_SIGN:
            self.values["state_reason"] = ""

    # -- of each kind ------------------------------------------------------------------------------------------------

    @singledispatchmethod
    def _take(self, entry: Entry) -> None:
        """What says nothing but that the program lives."""
        self._shows_life()

    @_take.register
    def _(self, entry: kinds.Noted) -> None:
        """The runner's own words are no sign of life."""

    @_take.register
    def _(self, entry: kinds.TeamTools) -> None:
        self.values["lacks_tools"] = int(not entry.used)

    @_take.register
    def _(self, entry: kinds.Started) -> None:
        self.values |= {"pid": entry.pid, "program": f"{entry.program} {entry.version}".strip(), "folder": entry.folder}
        self.values["started_at"] = self._at
        self.started = True
        self._be("idle")

    @_take.register
    def _(self, entry: kinds.Conversation) -> None:
        self.values |= {"conversation": entry.id, "resumed": int(entry.resumed)}
        self.conversation = entry.id

    @_take.register
    def _(self, entry: kinds.State) -> None:
        self._be(entry.state, entry.reason)

    @_take.register
    def _(self, entry: kinds.TurnWritten) -> None:
        self.values["turns"] += 1
        if self.values["state"] not in AT_WORK:
            self.values["task"] = None
        self._be("working")

    @_take.register
    def _(self, entry: kinds.TurnOver) -> None:
        self._be("idle")
        self.values["task"] = None
        self._says(TURN_FAILED(why=entry.detail) if entry.outcome == "failed" else entry.answer)

    @_take.register
    def _(self, entry: kinds.Asked) -> None:
        self._be("waiting", entry.tool)

    @_take.register
    def _(self, entry: kinds.Answered) -> None:
        self._be("working")

    @_take.register
    def _(self, entry: kinds.Said) -> None:
        self._shows_life()
        self._says(entry.text)

    @_take.register
    def _(self, entry: kinds.Used) -> None:
        self._shows_life()
        self.values["tokens_in"] += entry.tokens_in
        self.values["tokens_out"] += entry.tokens_out
        self.values["cost_micros"] += round(entry.cost_usd * MICROS)
        task = self._doing if entry.task is None else entry.task
        if task is not None:
            self.used.append((task, entry))
        if self.values["state"] in AT_WORK:  # some programs tell afterwards what a turn has used
            self.values["task"] = task

    @_take.register
    def _(self, entry: kinds.Ended) -> None:
        if self.values["all_channels"] is None:
            entry = entry.model_copy(update={"detail": with_last_line(entry.detail, entry.last_output)})
        self._be("ended")
        self.values |= {"ended_at": self._at, "pid": None, "task": None, **entry.model_dump(exclude={"kind"})}
        self.ended = entry

    def _says(self, text: str) -> None:
        if text.strip():
            self.values["last_words"] = excerpt(" ".join(text.split()), LAST_WORDS)


def _as_json(channels: set[str]) -> str | None:
    return json.dumps(sorted(channels)) if channels else None
