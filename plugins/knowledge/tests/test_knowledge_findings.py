"""Findings: posting, the same one twice, retracting, reviving, where they came from."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from teammcp import Conflict, Forbidden, InvalidInput, NotFound
from teammcp.testing import Member, MovedClock, TestTeam


@pytest.fixture
async def alice(team: TestTeam) -> Member:
    return await team.agent("alice")


@pytest.fixture
async def bob(team: TestTeam) -> Member:
    return await team.agent("bob")


async def post(member: Member, title: str = "Ports", body: str = "3100 is ours.", **more: Any) -> str:
    """Post a finding; its content id."""
    posted = await member.call("post_knowledge", title=title, body=body, **more)
    found_id: str = posted.content_id
    return found_id


async def titles(member: Member, **asked: Any) -> list[str]:
    """The titles of what a search finds."""
    return [each.title for each in (await member.call("search_knowledge", **asked)).results]


# -- posting ---------------------------------------------------------------------------------------------------------


async def test_a_finding_is_there_for_all(alice: Member, bob: Member) -> None:
    posted = await alice.call("post_knowledge", title=" Ports ", body="3100\r\nis ours.", tags=["Net", "net", "prod"])
    assert (posted.deduped, posted.revived, posted.contributor_count) == (False, False, 1)
    found = await bob.call("get_knowledge", content_id=posted.content_id)
    assert (found.title, found.body, found.tags) == ("Ports", "3100\nis ours.", ["net", "prod"])
    assert (found.first_author, [each.agent for each in found.contributors]) == ("alice", ["alice"])
    assert (found.retracted, [each.action for each in found.history]) == (False, ["posted"])


async def test_the_same_finding_is_one_object_of_two_contributors(
    team: TestTeam, alice: Member, bob: Member, clock: MovedClock
) -> None:
    first = await alice.call("post_knowledge", title="Café", body="open\n", tags=["a", "b"])
    clock.advance(minutes=1)
    second = await bob.call("post_knowledge", title="Cafe\u0301", body="open\r\n", tags=["B", " a"])
    assert second.content_id == first.content_id
    assert (second.deduped, second.contributor_count) == (True, 2)
    found = await alice.call("get_knowledge", content_id=first.content_id)
    assert [each.agent for each in found.contributors] == ["alice", "bob"]
    assert [(each.action, each.agent) for each in found.history] == [("posted", "bob"), ("posted", "alice")]
    assert len(await titles(alice)) == 1
    assert [event.data["contributor_count"] for event in await team.events("knowledge.posted")] == [1, 2]


async def test_saying_it_again_changes_nothing(team: TestTeam, alice: Member) -> None:
    first = await alice.call("post_knowledge", title="Ports", body="ours")
    again = await alice.call("post_knowledge", title="Ports", body="ours")
    assert (again.content_id, again.deduped, again.contributor_count, again.event_id) == (
        first.content_id,
        True,
        1,
        None,
    )
    assert len(await team.events("knowledge.posted")) == 1


async def test_of_many_who_find_the_same_at_once_each_counts_once(team: TestTeam) -> None:
    members = [await team.agent(f"agent{number}") for number in range(12)]
    posted = await asyncio.gather(
        *(member.call("post_knowledge", title="t", body="b", tags=["x"]) for member in members * 2)
    )
    assert len({each.content_id for each in posted}) == 1
    assert sum(not each.deduped for each in posted) == 1
    found = await members[0].call("get_knowledge", content_id=posted[0].content_id)
    assert found.contributor_count == 12
    assert (await members[0].call("list_knowledge_tags")).tags[0].findings == 1
    for member in members:
        assert len(await titles(member, query="b", contributor=member.name)) == 1


async def test_retracting_and_posting_at_once_leave_the_search_true(team: TestTeam, alice: Member, bob: Member) -> None:
    found_id = await post(alice, "Ports", "3100", tags=["net"])
    for _ in range(5):
        await asyncio.gather(
            alice.call("retract_knowledge", content_id=found_id),
            bob.call("post_knowledge", title="Ports", body="3100", tags=["net"]),
            alice.call("revive_knowledge", content_id=found_id),
            bob.call("retract_knowledge", content_id=found_id),
        )
        there = not (await alice.call("get_knowledge", content_id=found_id)).retracted
        assert bool(await titles(alice, query="3100")) is there
        assert bool(await titles(alice)) is there
        assert [each.findings for each in (await alice.call("list_knowledge_tags")).tags] == [1] * there


async def test_a_key_makes_a_repeated_post_harmless(alice: Member) -> None:
    results = [await alice.call("post_knowledge", title="t", body="b", idem_key="k") for _ in range(2)]
    assert results[0] == results[1]
    assert results[1].deduped is False


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": ""},
        {"title": "two\nlines"},
        {"title": "t" * 201},
        {"body": " \n"},
        {"body": "b" * 20_001},
        {"tags": ["a,b"]},
        {"tags": [" "]},
        {"tags": ["a\nb"]},
        {"tags": ["t" * 65]},
        {"tags": [str(number) for number in range(21)]},
        {"message_id": 0},
    ],
)
async def test_what_is_no_finding_is_refused(alice: Member, wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as caught:
        await alice.call("post_knowledge", **{"title": "t", "body": "b", **wrong})
    assert next(iter(wrong)) in caught.value.detail


async def test_an_observer_reads_and_does_not_post(team: TestTeam, alice: Member) -> None:
    guest = await team.agent("guest", access="observer")
    found_id = await post(alice)
    assert (await guest.call("get_knowledge", content_id=found_id)).title == "Ports"
    for operation, arguments in (
        ("post_knowledge", {"title": "t", "body": "b"}),
        ("retract_knowledge", {"content_id": found_id}),
    ):
        with pytest.raises(Forbidden):
            await guest.call(operation, **arguments)


# -- addresses -------------------------------------------------------------------------------------------------------


async def test_the_first_digits_are_enough(alice: Member) -> None:
    found_id = await post(alice)
    for name in (found_id[:8], found_id[:12].upper(), found_id):
        assert (await alice.call("get_knowledge", content_id=name)).content_id == found_id


async def test_an_unknown_or_ambiguous_address_says_so(alice: Member) -> None:
    with pytest.raises(NotFound) as caught:
        await alice.call("get_knowledge", content_id="0" * 64)
    assert caught.value.code == "unknown_content_id"
    with pytest.raises(InvalidInput):
        await alice.call("get_knowledge", content_id="short")
    with pytest.raises(InvalidInput):
        await alice.call("get_knowledge", content_id="%" * 12)


async def test_an_ambiguous_address_asks_for_more(team: TestTeam, alice: Member) -> None:
    first = await post(alice)

    def clash(tx: Any) -> None:
        tx.execute(
            "INSERT INTO knowledge_findings (content_id, title, body, tags, first_author, contributors, retracted,"
            " posted_at, updated_at) VALUES (?, 't', 'b', '[]', 'alice', 1, 0, 0, 0)",
            (first[:10] + "f" * 54,),
        )

    await team.team.database.write(clash)
    with pytest.raises(Conflict) as caught:
        await alice.call("get_knowledge", content_id=first[:10])
    assert caught.value.code == "ambiguous_id"
    assert (await alice.call("get_knowledge", content_id=first)).title == "Ports"


# -- retracting ------------------------------------------------------------------------------------------------------


async def test_what_is_retracted_is_found_no_more_and_still_tells_so(
    team: TestTeam, alice: Member, bob: Member
) -> None:
    found_id = await post(alice, tags=["net"])
    changed = await bob.call("retract_knowledge", content_id=found_id[:10], reason="it moved to 3200")
    assert (changed.content_id, changed.retracted, changed.changed) == (found_id, True, True)
    for asked in ({}, {"query": "ours"}, {"tags": ["net"]}, {"contributor": "alice"}, {"sort": "top"}):
        assert await titles(alice, **asked) == [], asked
    assert (await alice.call("list_knowledge_tags")).tags == []
    found = await alice.call("get_knowledge", content_id=found_id)
    assert (found.retracted, found.body) == (True, "3100 is ours.")
    assert (found.history[0].agent, found.history[0].reason) == ("bob", "it moved to 3200")
    assert "RETRACTED" in found.text()
    (event,) = await team.events("knowledge.retracted")
    assert (event.subject, event.data["reason"]) == (found_id, "it moved to 3200")


async def test_retracting_twice_is_retracting_once(team: TestTeam, alice: Member) -> None:
    found_id = await post(alice)
    assert [(await alice.call("retract_knowledge", content_id=found_id)).changed for _ in range(3)] == [
        True,
        False,
        False,
    ]
    assert len(await team.events("knowledge.retracted")) == 1


async def test_it_is_revived_by_hand_with_a_reason(team: TestTeam, alice: Member, bob: Member) -> None:
    found_id = await post(alice, tags=["net"])
    assert (await alice.call("revive_knowledge", content_id=found_id)).changed is False
    await bob.call("retract_knowledge", content_id=found_id)
    assert (await alice.call("revive_knowledge", content_id=found_id, reason="it did not")).changed is True
    assert await titles(bob, query="ours", tags=["net"]) == ["Ports"]
    found = await bob.call("get_knowledge", content_id=found_id)
    assert [each.action for each in found.history] == ["revived", "retracted", "posted"]
    assert len(await team.events("knowledge.revived")) == 1


async def test_it_is_revived_by_who_finds_the_same(team: TestTeam, alice: Member, bob: Member) -> None:
    found_id = await post(alice, tags=["net"])
    await alice.call("retract_knowledge", content_id=found_id)
    posted = await bob.call("post_knowledge", title="Ports", body="3100 is ours.", tags=["net"])
    assert (posted.content_id, posted.deduped, posted.revived, posted.contributor_count) == (found_id, True, True, 2)
    assert await titles(bob, query="ours", contributor="bob") == ["Ports"]
    assert (await alice.call("list_knowledge_tags")).model_dump() == {"tags": [{"tag": "net", "findings": 1}]}


async def test_tags_are_counted(alice: Member) -> None:
    first = await post(alice, "a", tags=["net", "prod"])
    await post(alice, "b", tags=["net"])
    counts = (await alice.call("list_knowledge_tags")).tags
    assert [(each.tag, each.findings) for each in counts] == [("net", 2), ("prod", 1)]
    await alice.call("retract_knowledge", content_id=first)
    counts = (await alice.call("list_knowledge_tags")).tags
    assert [(each.tag, each.findings) for each in counts] == [("net", 1)]


# -- where it came from ----------------------------------------------------------------------------------------------


async def test_a_finding_names_its_source_to_who_may_see_it(alice: Member, bob: Member) -> None:
    await alice.call("create_channel", id="plans", type="topic")
    sent = await alice.call("send_message", channel="plans", content="we use 3100")
    task = (await alice.call("create_task", title="find the port")).task
    found_id = await post(alice, message_id=sent.id, task_id=task.id)
    (mine,) = (await alice.call("get_knowledge", content_id=found_id)).history
    assert (mine.task_id, mine.message_id) == (task.id, sent.id)
    (theirs,) = (await bob.call("get_knowledge", content_id=found_id)).history
    assert (theirs.task_id, theirs.message_id) == (task.id, None)


async def test_nobody_names_a_source_that_is_hidden_or_not_there(alice: Member, bob: Member) -> None:
    await alice.call("create_channel", id="plans", type="topic")
    sent = await alice.call("send_message", channel="plans", content="secret")
    for source in ({"message_id": sent.id}, {"message_id": 999}, {"task_id": 999}):
        with pytest.raises((NotFound, Forbidden)):
            await bob.call("post_knowledge", title="t", body="b", **source)
    assert await titles(bob) == []


async def test_another_source_is_added_once(team: TestTeam, alice: Member) -> None:
    found_id = await post(alice)
    sent = await alice.call("send_message", channel="general", content="see")
    for _ in range(2):
        await post(alice, message_id=sent.id)
    history = (await alice.call("get_knowledge", content_id=found_id)).history
    assert [each.message_id for each in history] == [sent.id, None]
    assert len(await team.events("knowledge.posted")) == 2


# -- REST ------------------------------------------------------------------------------------------------------------


async def test_rest(alice: Member) -> None:
    answer = await alice.http.post("/api/knowledge", json={"title": "Ports", "body": "ours", "tags": ["net", "a b"]})
    assert answer.status_code == 201
    found_id = answer.json()["content_id"]
    assert (await alice.http.get(f"/api/knowledge/{found_id}")).json()["tags"] == ["a b", "net"]
    found = (await alice.http.get("/api/knowledge", params={"query": "ours", "tags": "net,a b"})).json()
    assert [each["content_id"] for each in found["results"]] == [found_id]
    assert "body" not in found["results"][0] or found["results"][0]["body"] is None
    full = (await alice.http.get("/api/knowledge", params={"include_bodies": "true"})).json()
    assert full["results"][0]["body"] == "ours"
    assert (await alice.http.get("/api/knowledge/tags")).json()["tags"][0]["findings"] == 1
    gone = await alice.http.post(f"/api/knowledge/{found_id}/retract", json={"reason": "no"})
    assert gone.json()["retracted"] is True
    unknown = await alice.http.get(f"/api/knowledge/{'0' * 64}")
    assert (unknown.status_code, unknown.json()["error"]) == (404, "unknown_content_id")
