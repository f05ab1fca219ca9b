"""Who is here and what they are doing: derived from calls, streams, heartbeats, and what programs say of their agents.

A state machine over the server's clock. It is kept in memory and told on change only, so that nothing is written while
nothing changes, and a server that has just started claims nothing about those it has not heard of yet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Literal, get_args

from ..clock import Clock
from ..errors import RateLimited

Doing = Literal["online", "idle", "busy", "blocked", "waiting"]
"""What a member that is here can be: ``waiting`` is waiting for a person."""
Status = Literal[Doing, "away", "dead"]
"""``away`` has said good-bye, or need not be heard of; ``dead`` was to be heard of, and is not: contact is lost."""
HERE: frozenset[Status] = frozenset(get_args(Doing))

RETRY = 10
"""Seconds after which to try again for who holds too much."""
PARTING = 2000
"""Milliseconds after a good-bye in which calls are the end of it, such as closing connections, and no return."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a status is what it is, in a few words that a page can translate.

    Attributes:
        words: the text; with ``about``, ``%(about)s`` in it stands for that.
        about: what differs from case to case, such as the name of a tool.
    """

    words: str
    about: str = ""

    def __str__(self) -> str:
        return self.words % {"about": self.about} if self.about else self.words


NOT_REACHED = Reason("not reached: %(about)s").words
"""The reason of one that is blocked because its program was rung in vain."""


@dataclass(frozen=True, slots=True)
class MemberStatus:
    """A member's status, why, and since when (milliseconds; None if it was never another)."""

    status: Status
    reason: Reason
    since: int | None = None

    @property
    def here(self) -> bool:
        """Whether the member is here, whatever it is doing."""
        return self.status in HERE

    @property
    def not_reached(self) -> str:
        """Why the member's program was rung in vain; empty if it was not, or has given a sign since."""
        return self.reason.about if self.status == "blocked" and self.reason.words == NOT_REACHED else ""


UNKNOWN = MemberStatus("away", Reason("not heard of since the server started"))


@dataclass(frozen=True, slots=True)
class PresenceTimeouts:
    """How many seconds of silence mean something.

    Attributes:
        quiet: a person is away; a connection that broke off stays so.
        long: an agent that has promised no heartbeat is away; one that was at work is lost. Until then its silence
            says nothing: it may think, work or sleep.
    """

    quiet: float
    long: float


class _Known:
    """What is known of one member."""

    __slots__ = (
        "apart_at",
        "ended",
        "last_seen",
        "left_at",
        "reachable",
        "said",
        "session",
        "sign_at",
        "started",
        "status",
        "streams",
        "tools_at",
        "ttl",
    )

    def __init__(self) -> None:
        self.status = UNKNOWN
        self.last_seen: int | None = None
        self.sign_at = 0  # by the steady clock, which nobody sets
        self.left_at: int | None = None
        self.tools_at: int | None = None
        self.said = False  # the status was said, not concluded from calls
        self.ttl: float | None = None  # milliseconds within which the next sign of life is promised
        self.streams = 0
        self.session = 0  # those of the streams that are open as long as the agent's program runs
        self.ended: Literal["closing", "closed", "broken"] | None = None  # how the last of those ends
        self.started = False  # somebody starts its program, or gives it turns, for a message
        self.reachable = False
        self.apart_at = 0  # by the steady clock: since when there is no way to reach it

    @property
    def way(self) -> bool:
        """Whether there is a way to reach it at this moment."""
        return self.streams > 0 or self.started


class Presence:
    """Presence in one team. For the event loop only; it begins anew when the team is opened.

    Args:
        clock: the server's clock.
        patience: how much silence means something.
        is_person: whether a member is a person, who is online or away and nothing else.
        changed: called with a name, the status before and the one from now on, when a status has changed.
        reach_changed: called with a name, and whether that member can be reached from now on, when that has changed.
        held: how many streams and waits a member may hold at once; 0 means no limit.
    """

    def __init__(
        self,
        clock: Clock,
        patience: PresenceTimeouts,
        is_person: Callable[[str], bool],
        changed: Callable[[str, MemberStatus, MemberStatus], None],
        held: int = 0,
        reach_changed: Callable[[str, bool], None] = lambda name, reachable: None,
    ) -> None:
        self._held = held
        self._clock = clock
        self._quiet, self._long = patience.quiet * 1000, patience.long * 1000
        self._is_person = is_person
        self._changed, self._reach_changed = changed, reach_changed
        self._known: dict[str, _Known] = {}
        self._here = 0
        self._heard_since = clock.steady()

    # -- what is known -------------------------------------------------------------------------------------------------

    def status_of(self, name: str) -> MemberStatus:
        """What a member is doing as far as is known, why, and since when."""
        known = self._known.get(name)
        return UNKNOWN if known is None else known.status

    def online(self, name: str) -> bool:
        """Whether a member is here, whatever it is doing."""
        return self.status_of(name).here

    def reachable(self, name: str) -> bool:
        """Whether a member is here with a way to reach it now, or had one a moment ago: waits follow one another.

        A way is an open stream or wait, such as that of a helper that puts a line into its program, or somebody who
        starts its program for a message.
        """
        known = self._known.get(name)
        return known is not None and known.reachable

    @property
    def count(self) -> int:
        """How many members are here."""
        return self._here

    def last_seen(self, name: str) -> int | None:
        """When a member was last heard of since the server's start, in milliseconds."""
        known = self._known.get(name)
        return None if known is None else known.last_seen

    def tools_used_at(self, name: str) -> int | None:
        """When a member's program last asked for the team's tools by MCP, or used one, in milliseconds.

        None if it has not since the server's start.
        """
        known = self._known.get(name)
        return None if known is None else known.tools_at

    def alive_until(self, name: str) -> int | None:
        """The last moment at which a member is known to have lived: now, with a stream open."""
        known = self._known.get(name)
        if known is None:
            return None
        return self._clock.now() if known.streams else known.last_seen

    # -- signs of life -------------------------------------------------------------------------------------------------

    def seen(self, name: str) -> None:
        """A member has made a call."""
        known = self._sign(name)
        if known.said or known.status.status == "online":
            return
        if known.left_at is None or self._clock.steady() - known.left_at > PARTING:
            self._become(name, known, "online", Reason("made a call"))

    def use_tools(self, name: str) -> None:
        """A member's program has asked for the team's tools by MCP, or uses one."""
        self._of(name).tools_at = self._clock.now()

    def admit(self, name: str) -> None:
        """Make sure that a member may hold one more stream or wait.

        Raises:
            RateLimited: it holds as many as one may.
        """
        known = self._known.get(name)
        if self._held and known is not None and known.streams >= self._held:
            raise RateLimited(
                f"You hold {known.streams} event streams and waits, as many as one member may. End one of them first.",
                code="too_many_streams",
                retry_after=RETRY,
            )

    @contextmanager
    def connected(self, name: str, *, session: bool = False, admitted: bool = False) -> Iterator[None]:
        """A member has a stream open, or waits for something, and is here for as long.

        Args:
            name: the member.
            session: the stream is open as long as the agent's program runs, so that its end says something.
            admitted: `admit` was asked already, while the answer could still say no.

        Raises:
            RateLimited: see `admit`.
        """
        if not admitted:
            self.admit(name)
        known = self._sign(name)
        known.streams += 1
        known.session += session
        if not known.said:
            self._become(name, known, "online", Reason("opened a stream"))
        self._weigh_reach(name, known)
        try:
            yield
        finally:
            known.last_seen, known.sign_at = self._clock.now(), self._clock.steady()
            known.streams -= 1
            known.apart_at = known.sign_at
            known.session -= session
            if session and not known.session:
                known.ended = "closed" if known.ended == "closing" else "broken"

    def closing(self, name: str) -> None:
        """A member is about to close its session stream in due form."""
        known = self._sign(name)
        known.ended = "closing"

    def expect(self, name: str, seconds: float) -> None:
        """A member has promised its next sign of life within so many seconds; without it, contact is lost.

        Any sign of life keeps the promise, which holds again from then on. 0 takes it back.
        """
        known = self._sign(name)
        known.ttl = seconds * 1000 if seconds else None
        if not known.said:
            self._become(name, known, "online", Reason("sent a heartbeat"))

    def set_status(self, name: str, status: Doing, reason: Reason | str = "", *, started: bool = False) -> None:
        """A member, or its program, says what it is doing. It holds until something else is said, or silence tells.

        A new reason for the same status is shown from then on, but it is no change: nobody is told.

        Args:
            name: the member.
            status: what it is doing.
            reason: why.
            started: who says so starts its program, or gives it a turn, for a message, and says when it is gone: until
                then its silence says nothing.
        """
        known = self._sign(name)
        if known.started and not started:
            known.apart_at = known.sign_at
        known.said, known.started = True, started
        self._become(name, known, status, Reason(reason) if isinstance(reason, str) else reason)

    def leave(self, name: str, reason: Reason | str = Reason("said good-bye")) -> None:
        """A member has said good-bye, or was retired: it is away at once, whatever it has open."""
        known = self._of(name)
        known.left_at = self._clock.steady()
        self._gone(name, known, "away", Reason(reason) if isinstance(reason, str) else reason)

    def stay(self, name: str, reason: Reason) -> None:
        """A member that has said good-bye is here all the same, or still."""
        known = self._sign(name)
        if not known.status.here:
            self._become(name, known, "online", reason)

    def _of(self, name: str) -> _Known:
        known = self._known.get(name)
        if known is None:
            known = self._known[name] = _Known()
        return known

    def _sign(self, name: str) -> _Known:
        known = self._of(name)
        known.last_seen, known.sign_at = self._clock.now(), self._clock.steady()
        known.ended = None
        return known

    # -- silence -------------------------------------------------------------------------------------------------------

    def sweep(self) -> None:
        """Notice what silence means. Called every few seconds."""
        now = self._clock.steady()
        for name, known in self._known.items():
            if known.status.here and not known.streams and known.last_seen is not None:
                self._judge(name, known, now - max(known.sign_at, self._heard_since))
            self._weigh_reach(name, known)

    def moved(self, by: int) -> None:
        """The clock was set forward by so many milliseconds, and so is when everybody was seen."""
        for known in self._known.values():
            if known.last_seen is not None:
                known.last_seen += by
            if known.tools_at is not None:
                known.tools_at += by

    def hear_anew(self) -> None:
        """Nobody could be heard until now: silence counts from here on."""
        self._heard_since = self._clock.steady()

    def _judge(self, name: str, known: _Known, silent: float) -> None:
        promised = known.ttl if known.ttl is not None else self._quiet
        if silent <= promised or (known.started and known.ttl is None):  # who starts it says when it is gone
            return
        if self._is_person(name):
            self._gone(name, known, "away", Reason("no call for %(about)s s", _seconds(promised)))
        elif known.ttl is not None:
            self._gone(name, known, "dead", Reason("no sign of life for %(about)s s", _seconds(promised)))
        elif known.ended == "closed":
            self._gone(name, known, "away", Reason("closed its connection"))
        elif known.ended == "broken" and known.said:
            self._gone(name, known, "dead", Reason("its connection broke off"))
        elif silent > self._long:
            lost = known.status.status == "busy"
            reason = Reason("no sign of life for %(about)s s", _seconds(self._long))
            self._gone(name, known, "dead" if lost else "away", reason)

    def _gone(self, name: str, known: _Known, status: Status, reason: Reason) -> None:
        known.said, known.ttl, known.started = False, None, False
        self._become(name, known, status, reason)

    def _become(self, name: str, known: _Known, status: Status, reason: Reason) -> None:
        before = known.status
        if before.status == status:
            if before.reason != reason:
                known.status = replace(before, reason=reason)
        else:
            known.status = MemberStatus(status, reason, self._clock.now())
            self._here += known.status.here - before.here
            self._changed(name, before, known.status)
        self._weigh_reach(name, known)

    def _weigh_reach(self, name: str, known: _Known) -> None:
        """Tell whether a member can be reached, if that has changed; ways that come and go are one."""
        reachable = known.status.here and known.way
        if known.reachable and known.status.here and not known.way:
            reachable = self._clock.steady() - max(known.apart_at, self._heard_since) <= self._quiet
        if reachable != known.reachable:
            known.reachable = reachable
            self._reach_changed(name, reachable)


def _seconds(milliseconds: float) -> str:
    return f"{milliseconds / 1000:g}"
