"""Parts of what is no message itself: notices, questions that wait, and what is asked back and said to it."""

from __future__ import annotations

from typing import Any

import pytest

from plugins.projects.tests.asking import ask, project, until
from plugins.projects.tests.test_projects_parts import LONG_DIFF, SENT, diff_of
from teammcp import InvalidInput, NotFound
from teammcp.testing import Member, TestTeam

SNIPPET: dict[str, Any] = {"kind": "snippet", "path": "a.py", "code": "x = 1"}
LONG: dict[str, Any] = {"kind": "diff", "diff": LONG_DIFF}
COMMIT: dict[str, Any] = {"kind": "commit", "commit": "abcdef1", "project": "backend"}


# -- notices -----------------------------------------------------------------------------------------------------------


async def announce(bob: Member, *parts: dict[str, Any]) -> int:
    """A notice to web, and its id."""
    notice = await bob.call("announce_change", change="added", content="New", also=["web"], parts=[*parts])
    number: int = notice.id
    return number


async def test_a_notice_tells_of_its_parts_wherever_it_is_told(ada: Member, bob: Member) -> None:
    number = await announce(bob, SNIPPET, LONG)
    told = [
        await ada.call("get_notice", notice_id=number),
        *(await ada.call("list_notices")).notices,
        *(await ada.call("wait_for_notices", notice_ids=[number], timeout=0)).notices,
        await ada.call("answer_notice", notice_id=number, state="done"),
    ]
    for each in told:
        assert [(part.number, part.kind, part.whole) for part in each.parts] == [
            (1, "snippet", True),
            (2, "diff", False),
        ]
        assert "[part 1, snippet] a.py:1-1\n| x = 1" in each.text()
        assert f"(whole: get_notice_part notice_id={number} number=2)" in each.text()
    assert len(told[0].text()) < 4000


async def test_a_part_of_a_notice_is_read_whole_by_whoever_reads_the_notice(team: TestTeam, bob: Member) -> None:
    await project(team, "web")  # nobody is told: nobody answers for it
    eve = await team.agent("eve")
    number = await announce(bob, SNIPPET, LONG)
    whole = await eve.call("get_notice_part", notice_id=number, number=2)
    assert (whole.kind, whole.content, whole.announced_by) == ("diff", {"diff": LONG_DIFF}, "bob")
    with pytest.raises(NotFound, match="number: notice 1 has no part 3"):
        await eve.call("get_notice_part", notice_id=number, number=3)


async def test_a_notice_shows_its_parts_on_its_page_and_each_whole_on_its_own(
    team: TestTeam, ada: Member, bob: Member
) -> None:
    number = await announce(bob, *SENT, LONG)
    await team.owner.log_in()
    page = (await team.owner.http.get(f"/projects/notices/{number}")).text
    assert page.count('class="message-part"') == len(SENT) + 1
    assert f"/projects/notices/{number}/parts/6" in page
    for forbidden in ("<script>alert", "<img src=x", "<i>.py", "<b>x</b>", "24649", "\u202e", '"onclick'):
        assert forbidden not in page
    alone = (await team.owner.http.get(f"/projects/notices/{number}/parts/6")).text
    assert alone.count("line-added") == 408
    assert alone.count('class="message-part"') == 1
    assert (await team.owner.http.get(f"/projects/notices/{number}/parts/7")).status_code == 404


async def test_what_a_check_finds_of_a_notices_part_stands_with_the_notice(
    team: TestTeam, ada: Member, bob: Member
) -> None:
    number = await announce(bob, COMMIT)
    await team.server.settle()
    found = await ada.call("get_notice", notice_id=number)
    assert [(part.standing, part.note) for part in found.parts] == [("unknown", "the project has no folder")]
    [line] = found.lines
    await bob.call("delete_message", id=line.told[0].message_id)
    found = await ada.call("get_notice", notice_id=number)
    assert [part.kind for part in found.parts] == ["commit"]


async def test_a_reply_to_a_notice_is_told_with_its_parts(team: TestTeam, ada: Member, bob: Member) -> None:
    number = await announce(bob, SNIPPET)
    await team.server.settle()
    told = (await ada.call("get_notice", notice_id=number)).lines[0].told[0].message_id
    await ada.call("send_message", channel="dm:bob", content="so?", replyTo=told, parts=[COMMIT])
    await team.server.settle()
    found = await bob.call("get_notice", notice_id=number)
    assert "reply of ada: so?\n" in found.text()
    assert "[part 1, commit, unknown] (the project has no folder) abcdef1 in backend" in found.text()


# -- questions ---------------------------------------------------------------------------------------------------------


async def test_a_question_that_waits_tells_of_its_parts(ada: Member, bob: Member) -> None:
    first = await ask(ada)
    await until(ada, first, "asked")
    second = await ask(ada, "And this?", parts=[SNIPPET], priority="high", reply_by="2099-01-01T00:00:00Z")
    found = await ada.call("get_question", question_id=second)
    assert (found.state, found.priority, [part.kind for part in found.parts]) == ("queued", "high", ["snippet"])
    await ada.log_in()
    assert "high priority" in (await ada.http.get(f"/projects/questions/{second}")).text
    assert "priority high, wanted by 2099-01-01T00:00" in found.text()
    assert "[part 1, snippet] a.py" in found.text()
    await ada.call("cancel_question", question_id=second)
    assert (await ada.call("get_question", question_id=second)).parts == found.parts


@pytest.mark.parametrize("by_reply", [True, False])
async def test_what_is_asked_back_and_said_has_parts(team: TestTeam, ada: Member, bob: Member, by_reply: bool) -> None:
    number = await ask(ada, parts=[SNIPPET])
    await until(ada, number, "asked")
    countered = await bob.call("ask_back", question_id=number, content="This one?", parts=[COMMIT])
    message = countered.exchanges[0].asked_id
    assert [part.kind for part in (await ada.call("get_message", message_id=message)).parts] == ["commit"]
    if by_reply:
        await ada.call("send_message", channel="dm:bob", content="That one.", replyTo=message, parts=[LONG])
    else:
        await ada.call("answer_question", question_id=number, answer="That one.", parts=[LONG])
    found = await until(ada, number, "asked")
    [exchange] = found.exchanges
    assert [part.kind for part in found.parts] == ["snippet"]
    assert [part.kind for part in exchange.asked_parts] == ["commit"]
    assert [(part.number, part.kind) for part in exchange.said_parts] == [(2, "diff")]
    again = await bob.call("get_message", message_id=found.message_id)
    assert [part.kind for part in again.parts] == ["snippet", "diff"]
    assert "ada said (with part 2):\nThat one." in again.content
    assert f"(whole: get_part message_id={found.message_id} number=2)" in found.text()
    whole = await bob.call("get_part", message_id=found.message_id, number=2)
    assert whole.content == {"diff": LONG_DIFF}
    await team.owner.log_in()
    page = (await team.owner.http.get(f"/projects/questions/{number}")).text
    assert page.count('class="message-part"') == 3
    alone = (await team.owner.http.get(f"/projects/questions/{number}/parts/2")).text
    assert alone.count("line-added") == 408
    assert (await team.owner.http.get(f"/projects/questions/{number}/parts/3")).status_code == 404


async def test_what_has_no_room_beside_a_questions_parts_is_refused_or_left_out_and_told(
    ada: Member, bob: Member
) -> None:
    number = await ask(ada, parts=[SNIPPET] * 6)
    await until(ada, number, "asked")
    countered = await bob.call("ask_back", question_id=number, content="This one?")
    with pytest.raises(InvalidInput, match=r"parts: question 1 comes again with the 6 parts that it has"):
        await ada.call("answer_question", question_id=number, answer="That one.", parts=[SNIPPET] * 5)
    wrong = {"kind": "snippet", "path": "/x", "code": "x"}
    with pytest.raises(InvalidInput, match=r"parts\.0\.path: must be relative"):
        await ada.call("answer_question", question_id=number, answer="That one.", parts=[wrong])
    message = countered.exchanges[0].asked_id
    await ada.call("send_message", channel="dm:bob", content="That one.", replyTo=message, parts=[SNIPPET] * 5)
    found = await until(ada, number, "asked")
    again = await bob.call("get_message", message_id=found.message_id)
    assert len(again.parts) == 10
    assert "get_question 1 tells of 1 more parts" in again.content
    assert "ada said (with part 7, 8, 9, 10):" in again.content
    assert [part.number for part in found.exchanges[0].said_parts] == [7, 8, 9, 10, 11]
    assert found.exchanges[0].said_left_out == [11]


async def test_of_a_part_for_which_there_is_no_room_nobody_is_told_to_read_it_where_it_is_not(
    ada: Member, bob: Member
) -> None:
    big = [{"kind": "snippet", "path": "a.py", "code": "x" * 49_000}] * 2
    number = await ask(ada, parts=big)
    await until(ada, number, "asked")
    message = (await bob.call("ask_back", question_id=number, content="This one?")).exchanges[0].asked_id
    await ada.call("send_message", channel="dm:bob", content="That one.", replyTo=message, parts=big[:1])
    found = await until(ada, number, "asked")
    assert f"get_part message_id={found.message_id} number=2" in found.text()
    assert "number=3" not in found.text()
    again = await bob.call("get_message", message_id=found.message_id)
    assert "ada said:\n" in again.content


async def test_a_reply_that_is_waited_for_comes_with_its_parts(ada: Member, bob: Member) -> None:
    sent = (await ada.call("teams_send_message", projects=["backend"], content="see")).reached[0].message_id
    await bob.call("send_message", channel="dm:ada", content="so", replyTo=sent, parts=[SNIPPET])
    found = await ada.call("wait_for_answers", message_ids=[sent], timeout=5)
    assert [part.kind for part in found.replies[0].parts] == ["snippet"]
    assert "[part 1, snippet] a.py" in found.text()


async def test_a_question_that_was_given_back_still_tells_of_its_parts(
    team: TestTeam, ada: Member, bob: Member
) -> None:
    first = await ask(ada, parts=[SNIPPET, {"kind": "diff", "diff": diff_of("x.py")}])
    await until(ada, first, "asked")
    await team.owner.call("retire_agent", name="bob")
    await team.server.settle()
    found = await until(ada, first, "queued")
    assert [part.kind for part in found.parts] == ["snippet", "diff"]
