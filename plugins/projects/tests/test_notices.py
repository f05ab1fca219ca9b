"""Notices: whoever builds on it is told once, and it is seen who has acted until all have."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest
from teammcp_projects.notices import queries, subscription_queries, telling_queries, waiting
from teammcp_projects.notices.looking import look_at_all

from teammcp import Conflict, Deferred, Forbidden, InvalidInput, NotFound, Refused, hookimpl, rfc3339
from teammcp.testing import Member, MovedClock, TestTeam
from tests.doc_examples import read_examples, run_examples

BREAKING: dict[str, Any] = {
    "change": "breaking",
    "publication": "Billing API",
    "content": "GET /v1/invoices goes.",
    "next_step": "Call GET /v2/invoices.",
}


async def project(team: TestTeam, name: str, *agents: str, **facts: Any) -> None:
    await team.owner.call("add_project", name=name, **facts)
    await team.owner.call("set_project_agents", project=name, agents=[*agents])


@pytest.fixture
async def bob(team: TestTeam) -> Member:
    """He works in backend, which publishes an API and an event."""
    bob = await team.agent("bob")
    offers = [{"kind": "api", "name": "Billing API", "version": "2.1"}, {"kind": "event", "name": "invoice.paid"}]
    await project(team, "backend", "bob", publishes=offers)
    return bob


@pytest.fixture
async def ada(team: TestTeam, bob: Member) -> Member:
    """She works in web, which builds on the API."""
    ada = await team.agent("ada")
    await project(team, "web", "ada")
    await ada.call("subscribe_project", to="backend", publication="billing api")
    return ada


@pytest.fixture
async def sam(team: TestTeam, bob: Member) -> Member:
    """He works in shop, which builds on all of backend."""
    sam = await team.agent("sam")
    await project(team, "shop", "sam")
    await sam.call("subscribe_project", to="backend")
    return sam


async def announce(team: TestTeam, announcer: Member, **more: Any) -> int:
    number: int = (await announcer.call("announce_change", **{**BREAKING, **more})).id
    await team.server.settle()
    return number


async def inbox(member: Member) -> list[Any]:
    """What was written to a member in direct messages."""
    found = await member.call("get_inbox")
    return [message for channel in found.channels for message in channel.messages or []]


async def answer(member: Member, number: int, state: str, **more: Any) -> Any:
    return await member.call("answer_notice", notice_id=number, state=state, **more)


async def notice(member: Member, number: int) -> Any:
    return await member.call("get_notice", notice_id=number)


async def test_whoever_builds_on_it_is_told_what_changes_and_the_next_step(
    team: TestTeam, bob: Member, ada: Member, sam: Member
) -> None:
    number = await announce(team, bob, version="3.0")
    for member, name in ((ada, "web"), (sam, "shop")):
        [told] = await inbox(member)
        assert told.from_agent == "bob"
        for words in (
            f"Notice {number} from backend for {name}",
            "Billing API, version 3.0",
            "/v1/",
            "Next step: Call",
        ):
            assert words in told.content
    found = await notice(bob, number)
    assert (found.counts, found.waits_for, found.state) == ({"open": 2}, ["shop", "web"], "open")
    assert [each.told[0].name for each in found.lines] == ["sam", "ada"]
    receipt = await bob.call("get_receipt", message_id=found.lines[1].told[0].message_id)
    assert receipt.recipients[0].offered_at is not None or receipt.recipients[0].handed_over_at is not None


async def test_a_notice_of_one_publication_is_for_who_builds_on_that_one(
    team: TestTeam, bob: Member, ada: Member, sam: Member
) -> None:
    for publication, concerned in (
        ("invoice.paid", ["shop"]),
        ("BILLING api", ["shop", "web"]),
        ("", ["shop", "web"]),
        ("Biling API", ["shop", "web"]),  # nobody knows who uses what is not published: all hear
    ):
        number = await announce(team, bob, publication=publication)
        assert [each.project for each in (await notice(bob, number)).lines] == concerned, publication


async def test_all_that_have_acted_are_seen_and_the_announcer_hears_once(
    team: TestTeam, bob: Member, ada: Member, sam: Member
) -> None:
    number = await announce(team, bob)
    await answer(ada, number, "acknowledged", words="on it")
    found = await notice(bob, number)
    assert (found.counts, found.waits_for) == ({"acknowledged": 1, "open": 1}, ["shop", "web"])
    assert "0 of 2 settled" in found.text()
    await answer(sam, number, "not_affected", words="we call v2 already")
    await answer(ada, number, "done")
    await answer(ada, number, "done")
    await team.server.settle()
    await look_at_all(team.team)
    found = await notice(bob, number)
    assert (found.state, found.waits_for, found.counts) == ("done", [], {"done": 1, "not_affected": 1})
    assert [(each.said_by, each.content) for each in found.lines] == [("sam", "we call v2 already"), ("ada", "")]
    [told] = await inbox(bob)
    assert (told.from_agent, "All have acted" in told.content) == ("system", True)


async def test_who_was_done_and_is_not_after_all_opens_it_again(team: TestTeam, bob: Member, ada: Member) -> None:
    number = await announce(team, bob)
    await answer(ada, number, "done")
    await team.server.settle()
    await answer(ada, number, "acknowledged", words="one call was left")
    assert (await notice(bob, number)).state == "open"
    await team.server.settle()
    assert [each.id for each in (await ada.call("list_notices", mine=True)).notices] == [number]
    await answer(ada, number, "done")
    await team.server.settle()
    assert len(await inbox(bob)) == 2, "each time that all have"
    assert len(await inbox(ada)) == 1, "she was told once"


async def test_the_announcer_hears_of_an_objection_at_once_and_why(team: TestTeam, bob: Member, ada: Member) -> None:
    number = await announce(team, bob)
    with pytest.raises(InvalidInput, match="words: say why"):
        await answer(ada, number, "objects", words=" ")
    await answer(ada, number, "objects", words="v2 has no filters")
    [told] = await inbox(bob)
    assert (told.from_agent, "v2 has no filters" in told.content) == ("ada", True)
    assert [each.id for each in (await bob.call("list_notices", mine=True)).notices] == [number]
    assert (await ada.call("list_notices", mine=True)).notices == [], "it is the announcer's turn"
    assert (await notice(ada, number)).lines[0].replies == []


async def test_a_reply_stands_beside_the_line_and_settles_nothing(team: TestTeam, bob: Member, ada: Member) -> None:
    number = await announce(team, bob)
    [told] = await inbox(ada)
    sent = await ada.call("send_message", channel="dm:bob", content="Until when?", replyTo=told.id)
    await bob.call("send_message", channel="dm:ada", content="May", replyTo=told.id)
    await team.server.settle()
    [line] = (await notice(bob, number)).lines
    assert (line.state, [(each.author, each.content) for each in line.replies]) == ("open", [("ada", "Until when?")])
    await ada.call("edit_message", message_id=sent.id, content="Until May?")
    await team.server.settle()
    assert [each.content for each in (await notice(bob, number)).lines[0].replies] == ["Until May?"]
    await ada.call("delete_message", message_id=sent.id)
    await team.server.settle()
    assert (await notice(bob, number)).lines[0].replies == []


async def test_what_is_overdue_is_told_once_to_both_sides(
    team: TestTeam, clock: MovedClock, bob: Member, ada: Member, sam: Member
) -> None:
    number = await announce(team, bob, act_by=rfc3339(clock.now() + 3_600_000))
    await answer(sam, number, "done")
    clock.advance(minutes=61)
    for _ in range(3):
        await look_at_all(team.team)
    assert (await notice(bob, number)).overdue
    assert sorted("was to act" in each.content for each in await inbox(ada)) == [False, True]
    assert len(await inbox(sam)) == 1
    [late] = await inbox(bob)
    assert "web did not say" in late.content


async def test_withdrawing_tells_all_who_were_told_once_and_nobody_has_to_act(
    team: TestTeam, bob: Member, ada: Member, sam: Member
) -> None:
    number = await announce(team, bob)
    await answer(sam, number, "done")
    with pytest.raises(Forbidden):
        await ada.call("end_notice", notice_id=number, state="withdrawn", words="no")
    for _ in range(2):
        await bob.call("end_notice", notice_id=number, state="withdrawn", words="v1 stays")
    for member in (ada, sam):
        assert "v1 stays" in (await inbox(member))[-1].content
        assert len(await inbox(member)) == 2
        assert (await member.call("list_notices", mine=True)).notices == []
    with pytest.raises(Conflict, match="withdrawn by bob"):
        await answer(ada, number, "done")


async def test_closing_waits_for_nobody_any_more(team: TestTeam, bob: Member, ada: Member) -> None:
    number = await announce(team, bob)
    closed = await bob.call("end_notice", notice_id=number, state="closed")
    assert (closed.state, closed.counts, closed.waits_for) == ("closed", {"open": 1}, [])
    assert len(await inbox(ada)) == 1
    with pytest.raises(Conflict, match="closed already"):
        await bob.call("end_notice", notice_id=number, state="withdrawn", words="why")


async def test_a_project_that_subscribes_later_hears_of_what_is_open(team: TestTeam, bob: Member, ada: Member) -> None:
    first, over = await announce(team, bob), await announce(team, bob)
    await bob.call("end_notice", notice_id=over, state="closed")
    eve = await team.agent("eve")
    await project(team, "app", "eve")
    found = await eve.call("subscribe_project", to="backend")
    assert found.notices == [first]
    assert (await eve.call("subscribe_project", to="backend")).id == found.id
    await team.server.settle()
    assert len(await inbox(eve)) == 1
    assert (await notice(bob, first)).counts == {"open": 2}


async def test_whoever_answers_for_a_project_later_is_told_and_who_left_need_not_act(
    team: TestTeam, bob: Member, ada: Member
) -> None:
    number = await announce(team, bob)
    await team.owner.call("retire_agent", name="ada")
    await team.server.settle()
    [line] = (await notice(bob, number)).lines
    assert line.must_act
    eve = await team.agent("eve")
    await team.owner.call("set_project_agents", project="web", agents=["eve"])
    await team.server.settle()
    assert len(await inbox(eve)) == 1
    await team.owner.call("set_project_agents", project="web", agents=[])
    await team.server.settle()
    assert (await eve.call("list_notices", mine=True)).notices == []
    assert [each.id for each in (await team.owner.call("list_notices", mine=True)).notices] == [number], "its owner"


async def test_a_project_that_is_removed_is_waited_for_no_more(
    team: TestTeam, bob: Member, ada: Member, sam: Member
) -> None:
    number = await announce(team, bob)
    await answer(sam, number, "done")
    with pytest.raises(Conflict, match="1 notices of backend are open"):
        await team.owner.call("remove_project", project="backend")
    await team.owner.call("remove_project", project="web")
    assert (await notice(bob, number)).state == "done"
    await team.owner.call("remove_project", project="backend")
    assert (await sam.call("list_subscriptions")).subscriptions == []
    assert (await notice(sam, number)).project == "backend"


async def test_what_comes_of_a_notice_its_project_hears_if_the_announcer_is_retired(
    team: TestTeam, bob: Member, ada: Member
) -> None:
    joe = await team.agent("joe")
    await team.owner.call("set_project_agents", project="backend", agents=["bob", "joe"])
    number = await announce(team, bob)
    await team.owner.call("retire_agent", name="bob")
    await team.server.settle()
    await answer(ada, number, "objects", words="no")
    assert [each.from_agent for each in await inbox(joe)] == ["ada"]


async def test_who_speaks_for_which_project(team: TestTeam, bob: Member, ada: Member) -> None:
    eve = await team.agent("eve")
    with pytest.raises(InvalidInput, match="you work in no project"):
        await announce(team, eve)
    with pytest.raises(Forbidden, match="you do not speak for backend"):
        await announce(team, ada, project="backend")
    with pytest.raises(Forbidden):
        await ada.call("subscribe_project", to="web", project="backend")
    number = await announce(team, team.owner, project="backend")
    with pytest.raises(NotFound, match="does not concern backend"):
        await answer(bob, number, "done")
    await answer(team.owner, number, "done", project="web")
    assert (await notice(ada, number)).lines[0].said_by == "owner"


async def test_a_notice_that_would_reach_nobody_or_asks_for_nothing_is_refused(team: TestTeam, bob: Member) -> None:
    with pytest.raises(Conflict, match="no project builds on it"):
        await announce(team, bob)
    await project(team, "web")
    with pytest.raises(InvalidInput, match="next_step: say concretely"):
        await announce(team, bob, next_step="", also=["web"])
    number = await announce(team, bob, also=["web", "backend"])
    [line] = (await notice(bob, number)).lines
    assert line.project == "web"
    with pytest.raises(InvalidInput, match="publishes 'Billing API'"):
        await team.owner.call("subscribe_project", project="web", to="backend", publication="Mailing API")
    with pytest.raises(InvalidInput, match="to: backend is the project itself"):
        await bob.call("subscribe_project", to="backend")


async def test_who_has_seen_what_asks_for_nothing_is_done_with_it(team: TestTeam, bob: Member, ada: Member) -> None:
    number = await announce(team, bob, change="added", next_step="")
    await answer(ada, number, "acknowledged")
    assert (await notice(bob, number)).state == "done"


async def test_waiting_ends_when_all_have_acted_or_one_objects_or_with_patience(
    team: TestTeam, bob: Member, ada: Member, sam: Member
) -> None:
    number = await announce(team, bob, change="request")
    [still] = (await bob.call("wait_for_notices", notice_ids=[number], timeout=0)).notices
    assert still.waits_for == ["shop", "web"]
    seen: dict[str, str] = {}
    for states in (["objects"], ["done", "done"]):
        waiting = asyncio.create_task(bob.call("wait_for_notices", notice_ids=[number], timeout=30, **seen))
        await asyncio.sleep(0)
        for member, state in zip((ada, sam), states, strict=False):
            await answer(member, number, state, words="so")
        [found] = (await asyncio.wait_for(waiting, 10)).notices
        seen = {"since": rfc3339(found.since)}
    assert found.state == "done"
    with pytest.raises(NotFound, match="there is no notice 99"):
        await bob.call("wait_for_notices", notice_ids=[number, 99], timeout=0)


async def test_an_objection_between_two_waits_is_told_once(
    team: TestTeam, clock: MovedClock, bob: Member, ada: Member
) -> None:
    number = await announce(team, bob, change="request")
    [before] = (await bob.call("wait_for_notices", notice_ids=[number], timeout=0)).notices
    clock.advance(seconds=1)
    await answer(ada, number, "objects", words="not now")
    clock.advance(seconds=1)
    async with asyncio.timeout(10):
        again = await bob.call("wait_for_notices", notice_ids=[number], timeout=30, since=rfc3339(before.since))
    [told] = again.notices
    assert f"(to wait on: since={rfc3339(told.since)})" in again.text()
    waiting = asyncio.create_task(
        bob.call("wait_for_notices", notice_ids=[number], timeout=30, since=rfc3339(told.since))
    )
    await asyncio.sleep(0.05)
    assert not waiting.done()
    await answer(ada, number, "done")
    [found] = (await asyncio.wait_for(waiting, 10)).notices
    assert found.counts["done"] == 1


async def test_whoever_has_to_act_sees_it_in_the_inbox_and_with_every_result(
    team: TestTeam, bob: Member, ada: Member
) -> None:
    number = await announce(team, bob)
    found = await ada.call("get_inbox")
    assert [each["id"] for each in found.sections["notices"]] == [number]
    async with ada.mcp() as client:
        result = await client.call_tool("get_me", {})
        assert '"notices":1' in "".join(part.text for part in result.content if part.type == "text")


class Keeper:
    """A plugin that keeps messages back, in one way or another; how often it was asked."""

    how: Any = None
    asked = 0

    @hookimpl
    def before_message(self, context: Any, draft: Any) -> Any:
        self.asked += 1
        if isinstance(self.how, Exception):
            raise self.how
        return self.how


KEEPER = Keeper()


@pytest.mark.teammcp(install={"keeper": KEEPER})
@pytest.mark.parametrize("how", [Deferred(None), Refused("no notices today"), Conflict("x" * 2000, code="full")])
async def test_whoever_cannot_be_told_is_told_later_and_it_is_seen_why(
    team: TestTeam, clock: MovedClock, bob: Member, ada: Member, monkeypatch: pytest.MonkeyPatch, how: Any
) -> None:
    monkeypatch.setattr(KEEPER, "how", how)
    monkeypatch.setattr(KEEPER, "asked", 0)
    number = await announce(team, bob)
    assert (await notice(bob, number)).lines[0].trouble.startswith("ada: ")
    await look_at_all(team.team)
    assert KEEPER.asked == 1, "it waits a minute"
    monkeypatch.setattr(KEEPER, "how", None)
    clock.advance(minutes=1)
    await look_at_all(team.team)
    assert (await notice(bob, number)).lines[0].trouble == ""
    assert len(await inbox(ada)) == 1


class NothingForAda:
    """A plugin that keeps back what is for ada; how often it was asked for it."""

    asked = 0

    @hookimpl
    def before_message(self, context: Any, draft: Any) -> Any:
        if "ada" not in draft.channel:
            return None
        self.asked += 1
        return Refused("ada reads nothing")


NOTHING_FOR_ADA = NothingForAda()


@pytest.mark.teammcp(install={"nothing_for_ada": NOTHING_FOR_ADA})
async def test_one_who_cannot_be_told_keeps_no_other_from_hearing_and_is_not_tried_at_each_look(
    team: TestTeam, bob: Member, ada: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(NOTHING_FOR_ADA, "asked", 0)
    zoe = await team.agent("zoe")
    await team.owner.call("set_project_agents", project="web", agents=["ada", "zoe"])
    number = await announce(team, bob)
    for _ in range(3):
        await look_at_all(team.team)
    assert len(await inbox(zoe)) == 1
    assert (await notice(bob, number)).lines[0].trouble.startswith("ada: ")
    assert NOTHING_FOR_ADA.asked == 1


async def test_the_examples_run_and_answer_what_is_shown(team: TestTeam) -> None:
    examples = read_examples(Path(__file__).parents[3] / "docs" / "notices.md")
    assert len(examples) == 6
    await team.agent("bob")
    alice = await team.agent("alice", access="manager")
    await run_examples(alice, read_examples(Path(__file__).parents[3] / "docs" / "projects.md"))
    await run_examples(alice, examples)  # whoever reads one page after the other types both at one server


async def test_what_is_asked_with_every_result_and_every_look_is_found_by_an_index(team: TestTeam) -> None:
    """However many notices there were, only those that wait are looked at."""

    def plans(reader: Any) -> list[str]:
        asked: list[str] = []
        reader._connection.set_trace_callback(asked.append)
        waiting.count(reader, "ann")
        queries.all_waiting(reader)
        queries.untold(reader)
        queries.overdue(reader, 1)
        queries.count_open(reader, "backend")
        for open_only in (True, False):
            queries.numbers_in_team(reader, open_only, 9, 9)
            queries.numbers_of(reader, "backend", open_only, 9, 9)
            queries.numbers_for(reader, "web", open_only, 9, 9)
        telling_queries.of_waiting_lines(reader)
        telling_queries.of_message(reader, 1)
        subscription_queries.of_project(reader, "web", 0, 9)
        subscription_queries.to_project(reader, "backend", 0, 9)
        reader._connection.set_trace_callback(None)
        return [row[3] for sql in asked for row in reader._connection.execute(f"EXPLAIN QUERY PLAN {sql}")]

    found = await team.team.database.read(plans)
    assert len(found) >= 16
    of_what_waits = re.compile(r"SCAN \w+ USING (COVERING )?INDEX projects_notice\w+_(waiting|objected|untold)")
    assert [step for step in found if step.startswith("SCAN") and not of_what_waits.match(step)] == []
