"""A run's transcript: what its entries tell, brought together into what a page shows one below the other.

An entry may tell more of an earlier one: a tool that is done, the answer to a question. A page that follows a live run
asks for what is new, and draws anew what has changed: `Transcript.open_from` says from where on that may be.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ..entries import (
    Answered,
    Asked,
    Conversation,
    Ended,
    Entry,
    Plan,
    Said,
    State,
    TakenUp,
    Tool,
    TurnOver,
    TurnWritten,
    Used,
    Withheld,
)


@dataclass
class Item:
    """Something that happened.

    Attributes:
        seq: the number of the entry that told of it first, which is its name on the page.
        at: when that was, in milliseconds.
        entry: what is known of it; of a tool all that was told.
        taken_at: when a turn was taken up.
        answered: the answer to a question.
        used: what a turn has used.
        until: when a tool was done.
        seen_above: whether a question is about changes that the tool above shows.
        over: whether nothing more will be told of it.
    """

    seq: int
    at: int
    entry: Entry | Withheld
    taken_at: int | None = None
    answered: Answered | None = None
    used: Used | None = None
    until: int | None = None
    seen_above: bool = False
    over: bool = False

    @property
    def open(self) -> bool:
        """Whether more may be told of it."""
        if self.over:
            return False
        match self.entry:
            case Tool(status=status):
                return status == "running"
            case Asked():
                return self.answered is None
            case TurnWritten():
                return self.taken_at is None
            case TurnOver():
                return self.used is None  # some programs tell afterwards what a turn has used
            case Withheld():
                return True  # what follows is told with it
        return False


@dataclass
class Transcript:
    """What a page shows of a run.

    Attributes:
        items: what happened, oldest first.
        last: the number of the last entry that is in it; 0 if there is none.
    """

    items: list[Item] = field(default_factory=list)
    last: int = 0

    @property
    def open_from(self) -> int:
        """The number of the first entry of which more may be told, or of the next one."""
        return min((item.seq for item in self.items if item.open), default=self.last + 1)

    def message_ids(self) -> list[int]:
        """The messages that its turns brought, each once."""
        turns = (item.entry for item in self.items if isinstance(item.entry, TurnWritten))
        return list(dict.fromkeys(number for turn in turns for number in turn.message_ids))


def transcript(entries: Iterable[tuple[int, int, Entry | Withheld]]) -> Transcript:
    """Bring entries together.

    Args:
        entries: number, moment and entry of each, in their order. The beginning may be missing.
    """
    fold = _Fold()
    for seq, at, entry in entries:
        fold.add(seq, at, entry)
    return fold.found


class _Fold:
    def __init__(self) -> None:
        self.found = Transcript()
        self._tools: dict[str, Item] = {}
        self._questions: dict[str, Item] = {}
        self._turns: dict[str, Item] = {}
        self._plan: Plan | None = None
        self._used = Used()
        self._said = ""

    def add(self, seq: int, at: int, entry: Entry | Withheld) -> None:
        self.found.last = max(self.found.last, seq)
        match entry:
            case Tool():
                self._tool(seq, at, entry)
            case Asked():
                seen_above = self._shows_changes(entry.tool)
                self._questions[entry.id] = asked = self._show(seq, at, entry)
                asked.seen_above = seen_above
            case Answered():
                self._answer(seq, at, entry)
            case TurnWritten():
                self._turns[entry.turn] = self._show(seq, at, entry)
            case TakenUp():
                if (turn := self._turns.get(entry.turn)) is not None and turn.open:
                    turn.taken_at = at
            case Used():
                self._use(seq, at, entry)
            case TurnOver():
                self._end_turn(seq, at, entry)
            case Said():
                self._said = entry.text
                self._show(seq, at, entry)
            case Plan():
                self._planned(seq, at, entry)
            case Withheld() if self._is_withheld:
                pass
            case State() if entry.state == "waiting" or not entry.reason:
                pass  # the question says it, or what follows
            case Conversation(resumed=False):
                pass  # a new one, as every first run has
            case Ended():
                self._show(seq, at, entry)
                self._close(whole=True)
            case _:
                self._show(seq, at, entry)

    @property
    def _is_withheld(self) -> bool:
        """Whether what is withheld has begun already."""
        last = self.found.items[-1] if self.found.items else None
        return last is not None and isinstance(last.entry, Withheld) and last.open

    def _shows_changes(self, tool: str) -> bool:
        """Whether what is shown last is a tool that is to change files: programs tell that before they ask."""
        last = self.found.items[-1] if self.found.items else None
        return (
            last is not None
            and last.open
            and isinstance(last.entry, Tool)
            and last.entry.name == tool
            and bool(last.entry.changes)
        )

    def _show(self, seq: int, at: int, entry: Entry | Withheld) -> Item:
        if self.found.items and isinstance(self.found.items[-1].entry, TurnOver):
            self.found.items[-1].over = True
        item = Item(seq, at, entry)
        self.found.items.append(item)
        return item

    def _tool(self, seq: int, at: int, entry: Tool) -> None:
        item, known = self._tools.get(entry.id), entry
        if item is not None and isinstance(item.entry, Tool):
            known = _told_again(item.entry, entry)
        if item is None or item.over:
            item = self._tools[entry.id] = self._show(seq, at, known)
        item.entry = known
        if entry.status != "running":
            item.until = at

    def _answer(self, seq: int, at: int, entry: Answered) -> None:
        question = self._questions.get(entry.id)
        if question is None or not question.open:
            self._show(seq, at, entry)
        else:
            question.answered = entry

    def _planned(self, seq: int, at: int, entry: Plan) -> None:
        if entry != self._plan:
            self._show(seq, at, entry)
        self._plan = entry

    def _use(self, seq: int, at: int, entry: Used) -> None:
        last = self.found.items[-1] if self.found.items else None
        if last is None or not isinstance(last.entry, TurnOver | Used):
            self._used = _together(self._used, entry)
        elif last.open:
            last.used = entry
        else:  # a page that follows draws the end of the turn no more
            self._show(seq, at, entry)

    def _end_turn(self, seq: int, at: int, entry: TurnOver) -> None:
        self._close()
        if entry.answer.strip() == self._said.strip():
            entry = entry.model_copy(update={"answer": ""})  # it stands right above
        item = self._show(seq, at, entry)
        if self._used != Used():
            item.used = self._used
        self._used, self._said = Used(), ""

    def _close(self, *, whole: bool = False) -> None:
        """What has not ended with its turn will not. A turn that is not taken up yet is the next, if there is one."""
        for item in self.found.items:
            item.over = item.over or whole or not isinstance(item.entry, TurnWritten) or item.taken_at is not None


def _told_again(before: Tool, now: Tool) -> Tool:
    """All that is known of a tool's use: what is told again may leave out what was told."""
    told = {name: value for name in Tool.model_fields if (value := getattr(now, name))}
    return before.model_copy(update=told)


def _together(one: Used, other: Used) -> Used:
    return Used(
        tokens_in=one.tokens_in + other.tokens_in,
        tokens_out=one.tokens_out + other.tokens_out,
        cost_usd=one.cost_usd + other.cost_usd,
        model=other.model or one.model,
    )
