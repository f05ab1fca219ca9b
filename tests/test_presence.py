"""What presence concludes from calls, streams, heartbeats and words, by a clock that the test moves."""

from __future__ import annotations

import pytest

from teammcp.members.presence import UNKNOWN, Doing, MemberStatus, Presence, PresenceTimeouts, Reason
from teammcp.testing import MovedClock

QUIET, LONG = 30, 600

Told = list[tuple[str, str, str]]


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
def told() -> Told:
    return []


@pytest.fixture
def presence(clock: MovedClock, told: Told) -> Presence:
    def note(name: str, before: MemberStatus, after: MemberStatus) -> None:
        told.append((name, before.status, after.status))

    return Presence(clock, PresenceTimeouts(QUIET, LONG), lambda name: name == "maya", note)


def after(presence: Presence, clock: MovedClock, seconds: float) -> tuple[str, str]:
    """What is known of ann once so much time has passed without a word of hers."""
    clock.advance(seconds=seconds)
    presence.sweep()
    found = presence.status_of("ann")
    return found.status, str(found.reason)


def test_an_agent_that_only_makes_calls_is_online_then_away_but_never_dead(
    presence: Presence, clock: MovedClock, told: Told
) -> None:
    for _ in range(3):
        presence.seen("ann")
        assert after(presence, clock, QUIET - 1) == ("online", "made a call")
    assert after(presence, clock, LONG - QUIET) == ("online", "made a call")  # silence is no sign of leisure
    assert presence.count == 1
    assert after(presence, clock, QUIET) == ("away", "no sign of life for 600 s")
    assert after(presence, clock, 10 * LONG)[0] == "away"
    assert [change[1:] for change in told] == [("away", "online"), ("online", "away")]
    assert (presence.count, presence.online("ann")) == (0, False)
    presence.seen("ann")
    assert presence.status_of("ann").status == "online"


def test_a_status_has_the_moment_of_its_beginning(presence: Presence, clock: MovedClock) -> None:
    begun = clock.now()
    presence.set_status("ann", "busy", "building")
    clock.advance(seconds=20)
    presence.set_status("ann", "busy", "testing")
    presence.seen("ann")
    assert presence.status_of("ann") == MemberStatus("busy", Reason("testing"), begun)
    assert presence.last_seen("ann") == clock.now()


def test_who_has_promised_heartbeats_and_sends_none_is_dead(presence: Presence, clock: MovedClock, told: Told) -> None:
    for _ in range(5):
        presence.expect("ann", 30)
        assert after(presence, clock, 29)[0] == "online"
    assert after(presence, clock, 2) == ("dead", "no sign of life for 30 s")
    assert len(told) == 2
    assert not presence.online("ann")
    presence.expect("ann", 30)
    assert presence.status_of("ann").status == "online"


def test_any_sign_of_life_keeps_the_promise_and_zero_takes_it_back(presence: Presence, clock: MovedClock) -> None:
    presence.expect("ann", 90)
    assert after(presence, clock, 80)[0] == "online"
    presence.seen("ann")
    assert after(presence, clock, 80)[0] == "online"
    presence.expect("ann", 0)
    assert after(presence, clock, 91)[0] == "online"


def test_a_heartbeat_leaves_what_was_said_as_it_is(presence: Presence, clock: MovedClock) -> None:
    presence.set_status("ann", "waiting", "for a key")
    presence.expect("ann", 30)
    assert after(presence, clock, 29) == ("waiting", "for a key")


def test_good_bye_is_not_lost_contact(presence: Presence, clock: MovedClock) -> None:
    presence.expect("ann", 30)
    presence.leave("ann")
    assert after(presence, clock, 31) == ("away", "said good-bye")


def test_calls_that_belong_to_a_good_bye_are_no_return(presence: Presence, clock: MovedClock, told: Told) -> None:
    presence.set_status("ann", "busy")
    presence.leave("ann")
    presence.seen("ann")
    presence.closing("ann")
    assert presence.status_of("ann").status == "away"
    with presence.connected("ann"):
        assert presence.status_of("ann").status == "online"
    presence.leave("ann")
    clock.advance(seconds=2.1)
    presence.seen("ann")
    assert presence.status_of("ann").status == "online"
    presence.leave("ann")
    presence.set_status("ann", "idle", "another session")
    assert presence.status_of("ann").status == "idle"


@pytest.mark.parametrize("status", ["idle", "blocked", "waiting", "online"])
def test_who_may_be_silent_is_away_after_long_and_who_was_at_work_is_lost(
    presence: Presence, clock: MovedClock, status: Doing
) -> None:
    presence.set_status("ann", status)
    assert after(presence, clock, LONG)[0] == status
    assert after(presence, clock, 1) == ("away", "no sign of life for 600 s")
    presence.set_status("ann", "busy")
    assert after(presence, clock, LONG)[0] == "busy"
    assert after(presence, clock, 1) == ("dead", "no sign of life for 600 s")


def test_an_open_stream_keeps_an_agent_as_it_is(presence: Presence, clock: MovedClock, told: Told) -> None:
    presence.set_status("ann", "busy")
    with presence.connected("ann"):
        with presence.connected("ann"):
            clock.advance(hours=5)
        assert after(presence, clock, 5 * 3600)[0] == "busy"
        assert presence.alive_until("ann") == clock.now()
    assert after(presence, clock, LONG)[0] == "busy"
    assert len(told) == 1


def test_a_connection_that_breaks_off_looks_different_from_one_that_is_closed(
    presence: Presence, clock: MovedClock
) -> None:
    presence.set_status("ann", "idle")
    with presence.connected("ann", session=True):
        pass
    presence.seen("ann")  # it goes on with another one, or without
    assert after(presence, clock, 31)[0] == "idle"
    with presence.connected("ann", session=True):
        pass
    assert after(presence, clock, 29)[0] == "idle"
    assert after(presence, clock, 2) == ("dead", "its connection broke off")
    presence.set_status("ann", "idle")
    with presence.connected("ann", session=True):
        with presence.connected("ann", session=True):
            pass
        assert after(presence, clock, 31)[0] == "idle"
        presence.closing("ann")
    assert after(presence, clock, 31) == ("away", "closed its connection")


def test_a_person_is_online_or_away(presence: Presence, clock: MovedClock, told: Told) -> None:
    with presence.connected("maya"):
        pass
    clock.advance(seconds=31)
    presence.sweep()
    assert told == [("maya", "away", "online"), ("maya", "online", "away")]


def test_nothing_is_claimed_of_whom_the_server_has_not_heard(presence: Presence, clock: MovedClock, told: Told) -> None:
    assert after(presence, clock, LONG) == ("away", "not heard of since the server started")
    assert presence.status_of("ann") == UNKNOWN
    assert (presence.last_seen("ann"), presence.alive_until("ann")) == (None, None)
    presence.leave("ann")
    assert (presence.status_of("ann").status, presence.last_seen("ann")) == ("away", None)
    assert told == []


def test_waits_that_follow_one_another_are_one_way_and_a_status_alone_is_none(
    presence: Presence, clock: MovedClock
) -> None:
    presence.set_status("ann", "idle")
    assert not presence.reachable("ann")
    for _ in range(3):
        with presence.connected("ann"):
            assert presence.reachable("ann")
        after(presence, clock, QUIET - 1)
        presence.set_status("ann", "busy")
        assert presence.reachable("ann")
    after(presence, clock, 2)
    assert not presence.reachable("ann")
    presence.set_status("ann", "idle", started=True)
    assert presence.reachable("ann")
    presence.leave("ann")
    assert not presence.reachable("ann")
