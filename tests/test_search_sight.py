"""Searching among what may not be read, and in scripts without spaces."""

from __future__ import annotations

from typing import Any

import pytest

from teammcp.features.messages import search
from teammcp.testing import Member, TestTeam

SORTS = pytest.mark.parametrize("sort", ["newest", "relevance"])


async def _found(member: Member, query: str, **more: Any) -> list[str]:
    results = await member.call("search_messages", query=query, **more)
    return [found.snippet for found in results.results]


@SORTS
async def test_a_match_behind_many_that_may_not_be_read_is_found(
    team: TestTeam, monkeypatch: pytest.MonkeyPatch, sort: str
) -> None:
    monkeypatch.setattr(search, "LOOK", 3)
    monkeypatch.setattr(search, "CANDIDATES", 2)
    alice, bob = await team.agent("alice"), await team.agent("bob")
    await team.owner.call("create_channel", id="secret", name="secret", type="topic", members=["alice"])
    await team.owner.call("create_channel", id="shared", name="shared", type="topic", members=["alice", "bob"])
    await alice.call("send_message", channel="general", content="needle in the open")
    await alice.call("send_message", channel="shared", content="needle for both")
    for number in range(12):
        await alice.call("send_message", channel="secret", content=f"needle {number}")
    assert sorted(await _found(bob, "needle", sort=sort)) == ["needle for both", "needle in the open"]
    assert await _found(bob, "needle in:secret", sort=sort) == []
    assert await _found(bob, "needle in:secret in:shared", sort=sort) == ["needle for both"]
    assert len(await _found(alice, "needle in:secret", sort="newest")) == 12


@pytest.mark.parametrize(
    ("content", "query", "found"),
    [
        ("我们用数据库保存消息", "数据库", True),
        ("我们用数据库保存消息", "据库保", True),
        ("我们用数据库保存消息", "据", True),
        ("我们用数据库保存消息", "数库", False),
        ("我们用数据\n库保存消息", "数据库", True),
        ("数据v2据库", "数据库", False),
        ("数据v2据库", "据v2据", True),
        ("数据，据库", "数据库", False),
        ("ﾃﾞｰﾀベース", "データ", True),
        ("数", "数", True),
    ],
)
async def test_any_part_of_a_text_without_spaces_is_found(
    team: TestTeam, content: str, query: str, found: bool
) -> None:
    sent = await team.owner.call("send_message", channel="general", content=content)
    assert bool(await _found(team.owner, query)) is found
    await team.owner.call("edit_message", id=sent.id, content="something else")
    assert await _found(team.owner, query) == []
