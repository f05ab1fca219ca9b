"""What the guard keeps in memory of each team: who speaks with whom how often, and what it has stopped.

Every attempt of an agent to send counts, whether or not another rule refuses it later, and it counts before the next
one is looked at: of any number of attempts at once exactly as many pass as the limit says. The counts begin anew when
the server starts; what was stopped stays so, because that is in the database.
"""

from __future__ import annotations

import hashlib
import json
from collections import deque
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple, TypeVar

from ....arguments.references import plain
from ....members.directory import SYSTEM, Agent, Directory, is_dm, sides
from ....server import StateKey
from ...messages import Draft, Message
from ..members import is_watched
from ..settings import GuardSettings
from .models import LoopKind

KEPT = 10_000
"""Entries of each memory; the one used longest ago goes first."""

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Pattern(NamedTuple):
    """What may become a loop: an ``exchange`` of two agents in a channel, an agent's ``monologue`` there, a ``repeat``.

    ``agents`` are in order of name, the first one the speaker where there is only one; ``digest`` stands for the text
    of a repeat, and of an exchange that is stopped names the one of the two who drove it, if only that one is stopped.
    """

    kind: LoopKind
    channel: str
    agents: tuple[str, ...]
    digest: str = ""


@dataclass
class Watch:
    """The memory of one team. For the event loop only."""

    settings: GuardSettings
    directory: Directory
    stopped: dict[Pattern, int] = field(default_factory=dict)
    """What is stopped now, and under which id."""
    _times: dict[tuple[Pattern, int, str], deque[int]] = field(default_factory=dict)
    _words: dict[str, int] = field(default_factory=dict)
    """How often a person spoke in a channel: what was counted before belongs to another time."""
    _turns: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Who spoke last in a channel, and how often that has changed."""
    _roots: dict[int, int] = field(default_factory=dict)
    """The thread of each of the last messages."""
    _voices: dict[int, list[str]] = field(default_factory=dict)
    """The agents of a thread, the last one that spoke at the end."""

    # -- what a message may be part of ---------------------------------------------------------------------------------

    def patterns(self, draft: Draft, *, repeats: bool) -> Iterator[tuple[Pattern, bool]]:
        """What an agent's message may be part of, and whether it surely is. ``repeats``: if the same text counts."""
        channel, sender = draft.channel, draft.sender
        named = self._named(draft)
        for partner in self._watched(named, sender):
            yield Pattern("exchange", channel, tuple(sorted((sender, partner)))), True
        if "all" in draft.mentions or not (named or draft.reply_to):  # of everybody, or nobody, perhaps the one before
            for partner in self._watched([self._turns.get(channel, ("", 0))[0]], sender) - set(named):
                yield Pattern("exchange", channel, tuple(sorted((sender, partner)))), False
        yield Pattern("monologue", channel, (sender,)), True
        if repeats:
            yield Pattern("repeat", channel, (sender,), _digest(draft)), True

    def _named(self, draft: Draft) -> list[str]:
        """Whom a message speaks to: in a direct message, by name, in a thread."""
        if is_dm(draft.channel):
            return sides(draft.channel)
        named = [name for name in draft.mentions if name != "all"]
        if draft.reply_to is not None:
            voices = self._voices.get(self._roots.get(draft.reply_to, draft.reply_to), [])
            named += [name for name in voices if name != draft.sender][-1:]
        return named

    def _watched(self, names: Iterable[str], sender: str) -> set[str]:
        """The agents among these, but for the sender."""
        return {name for name in names if name != sender and is_watched(self.directory.agent(name))}

    def exceeded(self, pattern: Pattern, sender: str, now: int, *, certain: bool) -> Pattern | None:
        """Count one attempt; what it would go on with, of what is stopped, or is more than allowed. None: it may pass.

        What is only perhaps said to the other is not refused because the two were stopped: else an agent that speaks
        last would keep another from speaking at all.
        """
        for stopped in (pattern, pattern._replace(digest=pattern.digest or sender)):
            if certain and stopped in self.stopped:
                return stopped
        return self._count(pattern, sender, now)

    # -- counting ------------------------------------------------------------------------------------------------------

    @cached_property
    def limits(self) -> dict[LoopKind, tuple[int, int]]:
        """How many messages are allowed, and within how many seconds."""
        settings = self.settings
        return {
            "exchange": (settings.exchange, settings.exchange_seconds),
            "monologue": (settings.monologue, settings.monologue_seconds),
            "repeat": (settings.repeats, settings.repeats_seconds),
        }

    def _count(self, pattern: Pattern, sender: str, now: int) -> Pattern | None:
        """Count one attempt; what is to be stopped, if there were as many as allowed already.

        To an exchange both have to give: whoever is not answered has none, and nobody is stopped for others' messages.
        """
        limit, _ = self.limits[pattern.kind]
        if not limit:
            return None
        own = self._recent(pattern, sender, now)
        if pattern.kind == "exchange":
            first, second = pattern.agents
            theirs = len(self._recent(pattern, second if sender == first else first, now))
            many = len(own) + theirs >= limit and len(own) >= limit // 2 and theirs >= max(1, limit // 3)
            pattern = pattern if theirs >= limit // 2 else pattern._replace(digest=sender)
        else:
            many = len(own) == limit
        if many:
            return pattern
        own.append(now)
        return None

    def _recent(self, pattern: Pattern, sender: str, now: int) -> deque[int]:
        """When a sender gave to a pattern, as far as that counts still."""
        limit, seconds = self.limits[pattern.kind]
        key = pattern, self._generation(pattern), sender
        times = self._times.pop(key, None) or deque(maxlen=limit)
        _keep(self._times, key, times)
        while times and now - times[0] >= 1000 * seconds:
            times.popleft()
        return times

    def _generation(self, pattern: Pattern) -> int:
        """What is another number as soon as earlier messages no longer count."""
        if pattern.kind == "monologue":
            author, turn = self._turns.get(pattern.channel, ("", 0))
            return turn if author == pattern.agents[0] else turn + 1
        return self._words.get(pattern.channel, 0)

    def noticed(self, message: Message, sender: Agent) -> None:
        """Remember a message that was sent."""
        if sender is SYSTEM:
            return
        channel = message.channel_id
        author, turn = self._turns.get(channel, ("", 0))
        if author != sender.name:
            _keep(self._turns, channel, (sender.name, turn + 1))
        if not is_watched(sender):
            self.calm(channel)
            return
        root = message.thread or message.id
        _keep(self._roots, message.id, root)
        others = [name for name in self._voices.get(root, []) if name != sender.name]
        _keep(self._voices, root, [*others[-1:], sender.name])

    def calm(self, channel: str) -> None:
        """Begin to count anew in a channel."""
        self._words[channel] = self._words.get(channel, 0) + 1
        author, turn = self._turns.get(channel, ("", 0))
        _keep(self._turns, channel, (author, turn + 1))

    # -- what is stopped -----------------------------------------------------------------------------------------------

    def release(self, pattern: Pattern) -> None:
        """Let it go on."""
        self.stopped.pop(pattern, None)
        self.calm(pattern.channel)

    def stopped_around(self, message: Message, reader: str) -> int | None:
        """The stopped loop in which a message was sent to its reader."""
        sender = message.from_agent
        for pattern, loop_id in self.stopped.items():
            both = {sender, reader} if pattern.kind == "exchange" else {sender}
            if pattern.channel == message.channel_id and both <= set(pattern.agents):
                return loop_id
        return None

    def released_by(self, message: Message) -> list[int]:
        """Which loops a person's message ends: those of its channel, and of the direct messages of whom it is to."""
        if not self.stopped:
            return []
        told = set(sides(message.channel_id))
        return sorted(
            loop_id
            for pattern, loop_id in self.stopped.items()
            if pattern.channel == message.channel_id or (is_dm(pattern.channel) and told.intersection(pattern.agents))
        )


WATCH: StateKey[Watch] = StateKey("guard.watch")


def _digest(draft: Draft) -> str:
    """The same for texts that differ only in case, spaces and what is invisible, beside the same parts."""
    parts = json.dumps(draft.parts, sort_keys=True) if draft.parts else ""
    words = " ".join([*plain(draft.content).split(), parts])
    return hashlib.blake2b(words.encode(errors="surrogatepass"), digest_size=12).hexdigest()


def _keep(memory: dict[K, V], key: K, value: V) -> None:
    memory.pop(key, None)  # what is set anew moves to the end
    memory[key] = value
    if len(memory) > KEPT:
        del memory[next(iter(memory))]
