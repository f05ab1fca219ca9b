"""Presence as a state machine: whatever happens, what is told is the truth, once, and death is never guessed."""

from __future__ import annotations

from contextlib import AbstractContextManager

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from teammcp.members.presence import HERE, PARTING, UNKNOWN, Doing, MemberStatus, Presence, PresenceTimeouts
from teammcp.testing import MovedClock

QUIET, LONG = 30, 600
AGENTS = ("ann", "bob")
names = st.sampled_from([*AGENTS, "maya"])
agents = st.sampled_from(AGENTS)
doing: st.SearchStrategy[Doing] = st.sampled_from(["online", "idle", "busy", "blocked", "waiting"])
Stream = tuple[AbstractContextManager[None], bool]
"""An open stream, and whether it is one of a session."""
seconds = st.sampled_from([0.5, 5, 29, 31, 89, 91, 599, 601])


class PresenceMachine(RuleBasedStateMachine):
    """Each member's standing beside what the member has done."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = MovedClock()
        self.reach_told: dict[str, bool] = {}
        self.presence = Presence(
            self.clock,
            PresenceTimeouts(QUIET, LONG),
            lambda name: name == "maya",
            self._told,
            reach_changed=self._reach_told,
        )
        self.started: set[str] = set()
        self.last_told: dict[str, MemberStatus] = {}
        self.streams: dict[str, list[tuple[AbstractContextManager[None], bool]]] = {
            name: [] for name in (*AGENTS, "maya")
        }
        self.spoken: dict[str, int] = {}  # when it was heard of last
        self.promised: set[str] = set()  # heartbeats
        self.broken: set[str] = set()  # streams of sessions
        self.said: set[str] = set()  # what it is doing
        self.left: dict[str, int] = {}

    def _told(self, name: str, before: MemberStatus, after: MemberStatus) -> None:
        known = self.last_told.get(name, UNKNOWN)
        assert before.status == known.status, "a change was not told"
        assert after.status != before.status, "no change was told"
        assert after.since == self.clock.now()
        assert (before.since or 0) <= after.since
        self.last_told[name] = after

    def _reach_told(self, name: str, reachable: bool) -> None:
        assert self.reach_told.get(name, False) != reachable, "no change was told"
        self.reach_told[name] = reachable

    def _sign(self, name: str) -> None:
        self.spoken[name] = self.clock.now()
        self.broken.discard(name)

    def _forget(self, name: str) -> None:
        self.promised.discard(name)
        self.said.discard(name)
        self.started.discard(name)

    @rule(name=names)
    def call(self, name: str) -> None:
        parting = self.clock.now() - self.left.get(name, -PARTING - 1) <= PARTING
        before = self.presence.status_of(name)
        self.presence.seen(name)
        self._sign(name)
        assert self.presence.online(name) == (before.here or not parting)

    @rule(name=agents, ttl=st.sampled_from([0, 30, 90]))
    def beat(self, name: str, ttl: int) -> None:
        before = self.presence.status_of(name)
        self.presence.expect(name, ttl)
        self._sign(name)
        self.promised.add(name) if ttl else self.promised.discard(name)
        after = self.presence.status_of(name)
        assert after.status in ({before.status, "online"} & HERE)

    @rule(name=agents, status=doing, reason=st.sampled_from(["", "one", "two"]), started=st.booleans())
    def say(self, name: str, status: Doing, reason: str, started: bool) -> None:
        self.presence.set_status(name, status, reason, started=started)
        self._sign(name)
        self.started.add(name) if started else self.started.discard(name)
        self.said.add(name)
        found = self.presence.status_of(name)
        assert (found.status, str(found.reason)) == (status, reason)

    @rule(name=names)
    def leave(self, name: str) -> None:
        self.presence.leave(name)
        self.left[name] = self.clock.now()
        self._forget(name)
        assert self.presence.status_of(name).status == "away"

    @rule(name=names, session=st.booleans())
    def open(self, name: str, session: bool) -> None:
        stream = self.presence.connected(name, session=session)
        stream.__enter__()
        self.streams[name].append((stream, session))
        self._sign(name)
        assert self.presence.online(name)

    @precondition(lambda self: any(self.streams.values()))
    @rule(data=st.data(), due=st.booleans())
    def close(self, data: st.DataObject, due: bool) -> None:
        self._close(data.draw(st.sampled_from([name for name, open_now in self.streams.items() if open_now])), due)

    @rule(name=agents, due=st.booleans())
    def connect_in_vain(self, name: str, due: bool) -> None:
        self.open(name, session=True)
        self._close(name, due)

    def _close(self, name: str, due: bool) -> None:
        if due:
            self.presence.closing(name)
            self._sign(name)
        stream, session = self.streams[name].pop()
        stream.__exit__(None, None, None)
        self.spoken[name] = self.clock.now()
        if session and not due and not any(last for _, last in self.streams[name]):
            self.broken.add(name)

    @rule(passed=seconds)
    def wait(self, passed: float) -> None:
        before = {name: self.presence.status_of(name) for name in self.streams}
        self.clock.advance(seconds=passed)
        self.presence.sweep()
        for name, standing in before.items():
            now = self.presence.status_of(name)
            way = self.streams[name] or name in self.started
            assert way or passed <= QUIET or not self.presence.reachable(name), "it had no way for long"
            if now.status == standing.status:
                continue
            silent = (self.clock.now() - self.spoken[name]) / 1000
            assert silent > QUIET, "silence came to an end too early"
            assert not self.streams[name], "a stream is open"
            assert now.status in {"away", "dead"}, "silence says nothing else"
            if now.status == "dead":
                expected = standing.status == "busy" or name in self.promised or name in self.broken & self.said
                assert expected, "it need not have been heard of"
            if not now.here:
                self._forget(name)

    @invariant()
    def everything_was_told(self) -> None:
        for name in self.streams:
            assert self.presence.status_of(name).status == self.last_told.get(name, UNKNOWN).status

    @invariant()
    def who_is_here_with_a_way_can_be_reached_and_nobody_else_for_long(self) -> None:
        for name, open_now in self.streams.items():
            assert self.presence.reachable(name) == self.reach_told.get(name, False)
            if not self.presence.online(name):
                assert not self.presence.reachable(name)
            elif open_now or name in self.started:
                assert self.presence.reachable(name)

    @invariant()
    def those_here_are_counted(self) -> None:
        assert self.presence.count == sum(self.presence.online(name) for name in self.streams)

    @invariant()
    def a_person_is_online_or_away(self) -> None:
        assert self.presence.status_of("maya").status in {"online", "away"}

    @invariant()
    def nobody_is_silent_for_ever(self) -> None:
        self.presence.sweep()
        for name, spoken in self.spoken.items():
            silent = (self.clock.now() - spoken) / 1000
            vouched = name in self.started and name not in self.promised
            if silent > LONG and not self.streams[name] and not vouched:
                assert not self.presence.online(name)

    def teardown(self) -> None:
        for opened in self.streams.values():
            while opened:
                opened.pop()[0].__exit__(None, None, None)


TestPresence = PresenceMachine.TestCase
TestPresence.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
