"""Presence: told on change only, by a clock that the test moves. And the form of keys."""

from __future__ import annotations

import re

import pytest

from teammcp.keys import hash_key, new_admin_key, new_key, team_of
from teammcp.presence import Presence
from teammcp.testing import MovedClock


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock()


@pytest.fixture
def told() -> list[tuple[str, bool]]:
    return []


@pytest.fixture
def presence(clock: MovedClock, told: list[tuple[str, bool]]) -> Presence:
    return Presence(clock, 30, lambda name, online: told.append((name, online)))


def test_an_agent_is_here_from_its_first_call_until_it_was_silent_for_long(
    presence: Presence, clock: MovedClock, told: list[tuple[str, bool]]
) -> None:
    for _ in range(3):
        presence.seen("ann")
        clock.advance(seconds=29)
        presence.sweep()
    assert told == [("ann", True)]
    assert presence.count == 1
    clock.advance(seconds=2)
    presence.sweep()
    presence.sweep()
    assert told == [("ann", True), ("ann", False)]
    assert not presence.online("ann")
    assert presence.last_seen("ann") == clock.now() - 31_000


def test_an_open_stream_keeps_an_agent_here(
    presence: Presence, clock: MovedClock, told: list[tuple[str, bool]]
) -> None:
    with presence.connected("ann"):
        with presence.connected("ann"):
            clock.advance(hours=5)
        clock.advance(hours=5)
        presence.sweep()
        assert presence.online("ann")
        assert presence.alive_until("ann") == clock.now()
    clock.advance(seconds=29)
    presence.sweep()
    assert presence.online("ann")
    clock.advance(seconds=2)
    presence.sweep()
    assert told == [("ann", True), ("ann", False)]


def test_whoever_is_forgotten_is_away_at_once(presence: Presence, told: list[tuple[str, bool]]) -> None:
    with presence.connected("ann"):
        presence.forget("ann")
        presence.forget("ann")
    presence.sweep()
    assert told == [("ann", True), ("ann", False)]
    presence.seen("ann")
    assert told[2:] == [("ann", True)]


def test_an_agent_that_was_never_heard_of_is_away(presence: Presence) -> None:
    assert not presence.online("ann")
    assert presence.last_seen("ann") is None


def test_keys_name_their_team_and_are_never_the_same() -> None:
    keys = {new_key("my-team-2") for _ in range(100)}
    assert len(keys) == 100
    assert all(re.fullmatch(r"tmcp_my-team-2_[A-Za-z0-9_-]{43}", key) for key in keys)
    assert {team_of(key) for key in keys} == {"my-team-2"}
    assert len({hash_key(key) for key in keys}) == 100


def test_what_has_not_the_form_of_a_key_names_no_team() -> None:
    made = [new_admin_key(), new_key("Team"), new_key("a/b"), new_key("..") + "x"]
    for text in ["", "tmcp_", "tmcp_team_short", *made, "你" * 50]:
        assert team_of(text) is None, text
