"""The rules of ringing, whatever happens in which order: seldom, never at the wrong moment, and never for ever."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from teammcp.features.wakes.bells import Bell, Verdict, Waiting, judge
from teammcp.features.wakes.settings import WakeSettings
from teammcp.members.presence import Doing, MemberStatus, Reason

SETTINGS = WakeSettings(hourly=5)
SIGN = SETTINGS.sign_seconds * 1000
STILL: list[Doing] = ["idle", "online", "blocked"]


class BellMachine(RuleBasedStateMachine):
    """One agent, its messages, and what it does."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1_000_000
        self.bell = Bell()
        self.last_message = 0
        self.messages: list[tuple[int, int]] = []
        """Those that wait, and when each was sent."""
        self.in_vain: list[int] = []
        """For which newest message each time since one has arrived."""
        self.doing = MemberStatus("idle", Reason("x"), self.now)
        self.rung: list[tuple[int, int]] = []
        """When, and for which newest message."""
        self.given_up: list[int] = []

    @rule()
    def a_message_comes(self) -> None:
        self.last_message += 1
        self.messages.append((self.last_message, self.now))

    @precondition(lambda self: self.messages)
    @rule()
    def the_first_arrives(self) -> None:
        del self.messages[0]
        self.in_vain.clear()

    @property
    def waiting(self) -> Waiting:
        return Waiting(*self.messages[-1], self.messages[0][0]) if self.messages else Waiting()

    @rule()
    def all_are_taken(self) -> None:
        self.messages.clear()
        self.in_vain.clear()

    @rule(status=st.sampled_from(["idle", "online", "blocked", "busy", "waiting"]))
    def it_does_something_else(self, status: Doing) -> None:
        self.doing = MemberStatus(status, Reason("x"), self.now)

    @rule(seconds=st.sampled_from([0.1, 1, 5, 10, 600, 4000]))
    def time_passes(self, seconds: float) -> None:
        self.now += round(seconds * 1000)

    @rule()
    def look(self) -> None:
        verdict, at = judge(self.bell, self.waiting, self.doing, SETTINGS, self.now)
        assert at is None or at > self.now, "or it would be looked at for ever"
        if verdict is Verdict.RING:
            assert self.doing.status in STILL
            assert self.waiting.newest
            assert self.doing.since is not None
            assert self.now - self.doing.since >= SETTINGS.idle_seconds * 1000
            assert not self.rung or self.now - self.rung[-1][0] >= SIGN
            self.bell.ring(self.now)
            self.rung.append((self.now, self.waiting.newest))
            self.in_vain.append(self.waiting.newest)
        elif verdict is Verdict.GIVE_UP:
            assert len(self.in_vain) >= SETTINGS.rings, "what arrives is a sign"
            self.bell.given_up = True
            self.given_up.append(self.waiting.newest)

    @precondition(lambda self: self.waiting.newest and self.doing.status in STILL)
    @rule()
    def it_comes_to_an_end(self) -> None:
        """One that sits idle is rung or given up in the end, unless that was done or nothing fresh waits."""
        fresh = self.now - self.waiting.sent_at < SETTINGS.fresh_minutes * 60_000
        if not fresh or self.waiting.newest in self.given_up:
            return
        for _ in range(20):
            self.look()
            if self.waiting.newest in self.given_up:
                return
            self.now += round(SIGN)
        assert len([at for at, _ in self.rung if at > self.now - 3_600_000]) >= SETTINGS.hourly

    @invariant()
    def no_message_rings_more_than_thrice_in_vain(self) -> None:
        for newest in set(self.in_vain):
            assert self.in_vain.count(newest) <= SETTINGS.rings

    @invariant()
    def nobody_is_given_up_twice_for_the_same(self) -> None:
        assert len(self.given_up) == len(set(self.given_up))

    @invariant()
    def no_hour_has_more_rings_than_it_may(self) -> None:
        assert sum(at > self.now - 3_600_000 for at, _ in self.rung) <= SETTINGS.hourly


TestBell = BellMachine.TestCase
TestBell.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
