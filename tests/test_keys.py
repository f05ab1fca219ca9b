"""The form of keys."""

from __future__ import annotations

import re

from teammcp.keys import hash_key, new_admin_key, new_key, team_of


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
