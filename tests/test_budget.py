"""Whatever reads stops where the budget ends, says how to go on, and leads to everything in the end."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from operator import attrgetter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from teammcp_claude_launcher.entries import Ended, Said

from plugins.claude_launcher.tests import runners
from teammcp import Budget, Result, Words
from teammcp.mcp.cutting import SHORT, cut
from teammcp.operations.budget import weight
from teammcp.testing import Member, TestTeam
from teammcp.text.untrusted import holds_words

LIMIT = 8000
LONG = "lorem " * 400


@pytest.fixture
def installed_plugins() -> Collection[str] | None:
    return None


class Page(Result):
    """A shape with every place where a text may stand."""

    title: Words
    parts: list[Words]
    data: dict[str, Any]


# -- the budget --------------------------------------------------------------------------------------------------------


@given(st.lists(st.text(max_size=50)), st.integers(0, 200))
def test_a_budget_holds_what_fits_in_order_and_at_least_one(texts: list[str], size: int) -> None:
    taken = Budget(size).fit(texts)
    assert taken == texts[: len(taken)]
    assert len(taken) <= 1 or sum(map(weight, taken)) <= size
    assert taken or not texts
    assert len(taken) == len(texts) or sum(map(weight, texts[: len(taken) + 1])) > size
    assert Budget().fit(texts) == texts


def test_what_a_part_takes_is_gone_from_the_whole() -> None:
    whole = Budget(100)
    part = whole.part(0.5)
    assert part.fit(["x" * 20] * 5) == ["x" * 20] * 2
    assert whole.fit(["x" * 20] * 5) == ["x" * 20] * 3


# -- texts that are too long -------------------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 3000), max_size=5), st.integers(1000, 4000))
def test_the_parts_of_long_texts_are_the_texts(lengths: list[int], limit: int) -> None:
    texts = ["".join(chr(97 + place % 26) for place in range(length)) for length in lengths]
    page = Page(title="t", parts=texts, data={"deep": {"text": "y" * 500}})
    read = [""] * len(texts)
    start: int | None = 0
    while start is not None:
        part, following = cut(page, limit, start)
        assert sum(map(len, part.parts)) <= limit + SHORT * (len(texts) + 1)
        assert (part.title, type(part.data)) == ("t", dict)
        for place, text in enumerate(part.parts):
            read[place] = text if lengths[place] <= SHORT else read[place] + text
        assert following is None or following > start
        start = following
    assert read == texts


# -- every tool that reads ---------------------------------------------------------------------------------------------


async def furnish(team: TestTeam) -> dict[str, Any]:
    """A team in which everything is long, and the ids by which tools ask for it."""
    ann, bob, owner = await team.agent("ann", description=LONG[:400]), await team.agent("bob"), team.owner
    ids: dict[str, Any] = {}
    await ann.call("create_channel", id="plans", description=LONG[:400], members=["bob"])
    for number in range(12):
        sent = await ann.call("send_message", channel="general", content=f"@owner @bob {number} {LONG}", reply_by=5)
        ids["message"] = sent.id
        await owner.call("send_dm", recipient="bob", content=f"{number} {LONG}")
        await bob.call("send_message", channel="general", content=f"@owner {LONG}", replyTo=1)
        await ann.call("send_dm", recipient="bob", content=LONG)
        await bob.call("pin_message", message_id=sent.id)
        goal = (await owner.call("create_goal", title=f"goal {number}", description=LONG)).goal.id
        task = (await owner.call("create_task", title=f"task {number}", description=LONG * 3, assignee="owner")).task.id
        await owner.call("update_task", task_id=1, comment=f"{number} {LONG[:2000]}")
        await owner.call("set_state", field=f"field{number}", value={"text": LONG * 8}, reason=LONG[:1500])
        await bob.call("send_directive", to_agent="owner", instruction=LONG)
        await owner.call("schedule_message", channel="general", content=LONG, every="1 hour")
        await bob.call("append_output", text=LONG)
        await owner.call("post_knowledge", title=f"lorem {number}", body=LONG * 3, tags=["lorem"])
        await owner.call("set_memory", key=f"key{number}", value=LONG)
        offered = [{"kind": "api", "name": f"api {each}", "description": LONG[:500]} for each in range(10)]
        await owner.call("add_project", name=f"project{number}", description=LONG[:2000], publishes=offered)
        await owner.call("set_memory", key="key", value=LONG * 5 + str(number))
    await owner.call("set_project_agents", project="project1", agents=["bob"])
    ids["notice"] = await furnish_notices(team)
    snippet = {"kind": "snippet", "path": "a.txt", "code": LONG * 8}
    ids["parts"] = (await ann.call("send_message", channel="general", content="see", parts=[snippet])).id
    for _ in range(12):
        asked = await ann.call("teams_ask", projects=["project1"], question=LONG * 3)
        ids["question"] = asked.questions[0].id
    ids |= await furnish_launcher(team)
    upload = await ann.call("upload_file", name="long.txt", content=(LONG * 20).encode(), channel="general")
    return {**ids, "goal": goal, "task": task, "file": upload.file_id, "ann": ann}


async def furnish_notices(team: TestTeam) -> int:
    """Notices to many projects, each of which has said much; the id of the last."""
    consumers = [f"project{number}" for number in range(12) if number != 1]
    for name in consumers:
        await team.owner.call("subscribe_project", project=name, to="project1")
    parts = [{"kind": "snippet", "path": "a.txt", "code": LONG * 8}]
    for _ in range(12):
        more = {"content": LONG[:6000], "next_step": LONG[:2000], "project": "project1", "parts": parts}
        number: int = (await team.owner.call("announce_change", change="breaking", **more)).id
    for name in consumers:
        more = {"state": "objects", "words": LONG[:2000], "project": name}
        await team.owner.call("answer_notice", notice_id=number, **more)
    return number


async def furnish_launcher(team: TestTeam) -> dict[str, Any]:
    """Agents whose programs have said much, and the ids by which tools ask for it."""
    owner = team.owner
    await team.agent("eve")
    runner = await runners.join(team)
    home = {"machine": runner.machine, "runtime": "command", "options": {"command": "cat"}}
    await owner.call("start_agent", name="eve", new_key=True, guide=LONG, **home)
    async with runner.connected():
        for number in range(12):
            run = await runner.begin("eve", f"request {number}")
            await runner.tell(run, *(Said(text=LONG) for _ in range(4)), Ended(reason="stopped", detail=LONG[:500]))
    member = {"name": "fay", "description": LONG, "reason": LONG[:500], "runtime": "command", "task": LONG}
    for _ in range(12):
        proposed = await owner.call("assemble_team", need=LONG[:1500], cost_usd=1, members=[member])
    return {"run": run, "assembly": proposed.proposal.assembly_id}


def questions(ids: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Every tool that reads what others wrote -> what to ask it."""
    return {
        "get_agents": {},
        "get_agent_profile": {"name": "ann"},
        "get_me": {},
        "get_channels": {},
        "get_history": {"limit": 200},
        "get_message": {"message_id": ids["message"]},
        "get_part": {"message_id": ids["parts"], "number": 1},
        "get_thread": {"message_id": 1},
        "get_receipt": {"message_id": ids["message"]},
        "search_messages": {"query": "lorem", "limit": 100},
        "get_pinned_messages": {"channel_id": "general"},
        "oversee_dm": {"channel": "dm:ann:bob"},
        "list_unanswered": {"limit": 50},
        "get_inbox": {"summary_threshold": 200},
        "wait_for_messages": {"timeout": 0, "limit": 50},
        "sync": {"since": 0},
        "list_tasks": {"limit": 100},
        "get_task": {"task_id": 1},
        "get_task_history": {"task_id": 1},
        "list_goals": {},
        "get_goal": {"goal_id": ids["goal"]},
        "get_state": {},
        "get_state_history": {},
        "list_files": {"channel": "general"},
        "get_file": {"file_id": ids["file"]},
        "list_folders": {"channel": "general"},
        "download_file": {"file_id": ids["file"]},
        "list_directives": {},
        "wait_directive": {"directive_id": 1, "timeout": 0},
        "get_agent_output": {"agent": "bob"},
        "list_schedules": {},
        "search_knowledge": {"query": "lorem", "include_bodies": True},
        "get_knowledge": {},
        "list_notifications": {},
        "list_projects": {},
        "get_project": {"project": "project1"},
        "list_questions": {"project": "project1"},
        "list_conversations": {"project": "project1"},
        "get_project_figures": {},
        "teams_get_status": {},
        "get_question": {"question_id": ids["question"]},
        "wait_for_answers": {"question_ids": [ids["question"] - number for number in range(12)], "timeout": 0},
        "list_notices": {},
        "get_notice": {"notice_id": ids["notice"]},
        "get_notice_part": {"notice_id": ids["notice"], "number": 1},
        "wait_for_notices": {"notice_ids": [ids["notice"] - number for number in range(12)], "timeout": 0},
        "list_subscriptions": {},
        "get_memory": {"key": "key"},
        "list_memory": {"values": True},
        "get_memory_history": {"key": "key"},
        "list_memory_namespaces": {},
        "list_knowledge_tags": {},
        "get_briefing": {},
        "check_knowledge_gaps": {},
        "get_changelog": {},
        "export_changelog": {"format": "csv"},
        "get_audit_report": {},
        "list_approvals": {},
        "get_pending_approvals": {},
        "get_approval": {},
        "list_approval_rules": {},
        "get_wakes": {"name": "eve"},
        "list_runs": {"limit": 100},
        "get_run": {"run_id": ids["run"]},
        "get_run_entries": {"run_id": ids["run"]},
        "get_agent_process": {"name": "eve"},
        "get_agent_home": {"name": "eve"},
        "list_agent_homes": {},
        "list_machines": {},
        "list_runtimes": {},
        "list_credentials": {},
        "get_agents_pause": {},
        "list_roles": {},
        "get_role": {"name": "tester"},
        "list_assemblies": {},
        "get_assembly": {"assembly_id": ids["assembly"]},
    }


NEEDS_A_PROGRAM = {"screenshot_agent", "get_agent_fork", "fork_conversation"}
"""Tools that are about a program that runs, which is tried where one does."""


@pytest.mark.teammcp(max_result=LIMIT, plugins={"claude_launcher": {"local_runner": False}})
async def test_every_tool_that_reads_stops_at_the_limit(team: TestTeam) -> None:
    ids = await furnish(team)
    asked = questions(ids)
    reading = {each.name for each in team.server.registry if each.tool and each.read_only and holds_words(each.result)}
    assert reading - NEEDS_A_PROGRAM <= asked.keys(), "say in questions() how the new tool is asked"
    findings = await team.owner.call("search_knowledge", query="lorem")
    asked["get_knowledge"] = {"content_id": findings.results[0].content_id}
    report = await team.owner.call("generate_audit_report", report_type="communication")
    asked["get_audit_report"] = {"report_id": report.id}
    approval = await ids["ann"].call("request_approval", title="lorem", details=LONG, approvers=["owner"])
    asked["get_approval"] = {"approval_id": approval.approval_id}
    async with team.owner.mcp() as client:
        for name, arguments in asked.items():
            result = await client.call_tool(name, arguments)
            text = "".join(part.text for part in result.content if part.type == "text")
            assert not result.is_error, (name, text)
            assert len(text) <= 1.5 * LIMIT, name
            assert sum(map(len, texts_in(result.structured_content))) <= 1.5 * LIMIT, name
            assert text, name


def at_end(rows: str, key: str = "id", place: int = -1) -> Callable[[Any], Any]:
    """Where a page goes on that does not say it: at its last row, if there is one."""

    def found(page: Any) -> Any:
        if not getattr(page, "hasMore", getattr(page, "more", True)):
            return None
        shown = attrgetter(rows)(page)
        return getattr(shown[place], key) if shown else None

    return found


NEXT = attrgetter("next")
WORDS = {"query": "lorem", "limit": 100}
BODIES = {"limit": 100, "include_bodies": True}
# Operation, what is asked, where its rows are, and the argument for the next page with its value.
WALKS: list[tuple[str, dict[str, Any], str, str, Callable[[Any], Any]]] = [
    ("get_history", {"limit": 200}, "messages", "before", at_end("messages", place=0)),
    ("get_history", {"limit": 200, "after": 1}, "messages", "after", at_end("messages")),
    ("get_thread", {"message_id": 1, "limit": 200}, "replies", "after", at_end("replies")),
    ("search_messages", WORDS, "results", "cursor", NEXT),
    ("search_messages", {**WORDS, "sort": "relevance"}, "results", "cursor", NEXT),
    ("get_pinned_messages", {"channel_id": "general"}, "pins", "before", NEXT),
    ("list_unanswered", {"limit": 50}, "messages", "before", NEXT),
    ("list_tasks", {"limit": 100}, "tasks", "cursor", NEXT),
    ("get_task_history", {"task_id": 1, "limit": 200}, "history", "after", at_end("history")),
    ("list_goals", {}, "goals", "after", NEXT),
    ("get_state", {"limit": 200}, "root.items", "cursor", attrgetter("root.next")),
    ("get_state_history", {"limit": 200}, "root", "before", at_end("root")),
    ("list_directives", {"limit": 200}, "directives", "cursor", NEXT),
    ("get_agent_output", {"agent": "bob", "since_seq": 0}, "chunks", "since_seq", at_end("chunks", "seq")),
    ("list_schedules", {"limit": 200}, "schedules", "cursor", NEXT),
    ("search_knowledge", {**BODIES, "query": "lorem"}, "results", "cursor", NEXT),
    ("search_knowledge", {**BODIES, "sort": "top"}, "results", "cursor", NEXT),
    ("search_knowledge", BODIES, "results", "cursor", NEXT),
    ("list_memory", {"values": True, "limit": 200}, "entries", "after", NEXT),
    ("get_memory_history", {"key": "key", "limit": 200}, "versions", "before", NEXT),
    ("list_projects", {"limit": 200}, "projects", "after", NEXT),
    ("list_questions", {"project": "project1"}, "questions", "before", NEXT),
    ("list_notices", {}, "notices", "before", NEXT),
    ("get_notice", {"notice_id": 12}, "lines", "after", NEXT),
    ("get_changelog", {"limit": 200}, "entries", "before", NEXT),
]


@pytest.mark.teammcp(max_result=LIMIT, plugins={"claude_launcher": {"local_runner": False}})
async def test_page_by_page_everything_is_given_once(team: TestTeam) -> None:
    await furnish(team)
    for name, arguments, rows, cursor, following in WALKS:
        everything = attrgetter(rows)(await team.owner.call(name, surface="page", **arguments))
        found: list[Any] = []
        more: dict[str, Any] = {}
        pages = 0
        while True:
            page = await team.owner.call(name, **{**arguments, **more})
            found += attrgetter(rows)(page)
            pages += 1
            place = following(page)
            if not place:
                break
            more = {cursor: place}
            assert str(place) in page.text(), name
        assert pages > 1, name
        shown = [each.model_dump() for each in found]
        for each in everything:
            assert each.model_dump() in shown, name
        assert len(found) >= len(everything), name


async def test_what_did_not_fit_was_not_given(team: TestTeam) -> None:
    ann, bob = await team.agent("ann"), await team.agent("bob")
    sent = [(await ann.call("send_dm", recipient="bob", content="x" * 10_000)).id for _ in range(20)]
    given: list[int] = []
    while (found := await bob.call("wait_for_messages", timeout=0)).messages:
        given += [message.id for message in found.messages]
        assert len(found.text()) < 45_000
        states = {each: (await receipt(ann, each)).state for each in sent}
        assert states == {each: "offered" if each in given else "stored" for each in sent}
        assert found.more == (len(given) < 20)
    assert given == sent
    await bob.call("get_inbox")
    assert [(await receipt(ann, each)).state for each in sent[:6]] == ["read"] * 3 + ["offered"] * 3


async def receipt(sender: Member, message: int) -> Any:
    return (await sender.call("get_receipt", message_id=message)).recipients[0]


@pytest.mark.teammcp(max_result=4000)
async def test_a_message_that_is_longer_than_all_there_is_room_for_is_read_in_parts(team: TestTeam) -> None:
    ann, bob = await team.agent("ann"), await team.agent("bob")
    content = "".join(f"{number} " for number in range(2000))[:9000]
    message = (await ann.call("send_dm", recipient="bob", content=content)).id
    async with bob.mcp() as client:
        first = await client.call_tool("get_inbox", {})
        (shown,) = first.structured_content["channels"][0]["messages"]
        assert content.startswith(shown["content"])
        read = shown["content"]
        while len(read) < len(content):
            assert f"from_character={len(read)}" in first.content[1].text
            first = await client.call_tool("get_message", {"message_id": message, "from_character": len(read)})
            assert first.structured_content["content"]
            assert len(first.structured_content["content"]) <= 4000
            read += first.structured_content["content"]
        assert read == content
        assert "from_character" not in "".join(part.text for part in first.content)
        wrong = await client.call_tool("get_message", {"message_id": message, "from_character": -1})
        assert wrong.is_error
        assert "from_character: must be a whole number" in wrong.content[0].text


def texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from texts_in(each)
