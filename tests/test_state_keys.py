"""What is kept in memory with a team or a server."""

from __future__ import annotations

import pytest

from teammcp import State, StateKey
from teammcp.testing import TestTeam

COUNTS: StateKey[dict[str, int]] = StateKey("test.counts", dict)
SINCE: StateKey[int] = StateKey("test.since")


def test_a_thing_is_made_once_by_its_key() -> None:
    state = State()
    assert COUNTS not in state
    state[COUNTS]["a"] = 1
    assert (COUNTS in state, state[COUNTS]) == (True, {"a": 1})


def test_what_was_not_put_there_is_named() -> None:
    state = State()
    with pytest.raises(LookupError, match=r"'test\.since'"):
        state[SINCE]
    state[SINCE] = 7
    assert state[SINCE] == 7
    del state[SINCE]
    assert SINCE not in state


def test_keys_of_the_same_name_are_two_things() -> None:
    state = State()
    state[SINCE] = 7
    assert StateKey[int]("test.since") not in state


async def test_a_team_and_the_server_have_each_their_own(team: TestTeam) -> None:
    other = await team.server.create_team("other")
    team.team.state[SINCE], other.state[SINCE], team.server.state[SINCE] = 1, 2, 3
    assert [team.team.state[SINCE], other.state[SINCE], team.server.state[SINCE]] == [1, 2, 3]
    await team.server.teams.close("other")
    assert SINCE not in (await team.server.teams.reopen("other")).state
