"""Whose channels and messages are whose: by any operation, with any name or id."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest

from teammcp import Forbidden, Gone, NotFound, TeamError, operations
from teammcp.operations import Operation
from teammcp.surfaces.unread import waiting
from teammcp.testing import Member, TestTeam

SECRET = "xyzzy"

BY_CHANNEL = {"channel", "channel_id"}
BY_MESSAGE = {"message_id", "id", "replyTo", "before", "after", "around", "ack_id", "source_msg"}
BY_FILE = {"file_id"}
BY_FOLDER = {"folder_id", "parent_id"}
BY_SCHEDULE = {"schedule_id"}
BY_TASK = {"task_id"}
HARMLESS = {
    "agent_name": "mallory",
    "content": "hello",
    "emoji": "👍",
    "name": "name",
    "agent": "mallory",
    "query": SECRET,
    "recipient": "mallory",
    "due": 0,
    "reason": "reason",
    "title": "title",
    "goal_id": 1,
    "fencing_token": 1,
    "kind": "overdue",
    "hook_event_name": "PostToolUse",
    "agents": ["mallory"],
    "count": 1,
    "number": 1,
    "standing": "verified",
    "seconds": 1,
    "arms": [],
    "occasions": [],
    "whom": "mallory",
}
"""What the other arguments that some operation requires are given."""


NEEDED = {"send_message": "channel", "create_task": "title"}
"""Arguments that may be left out, but not in what is tried here."""

NOT_TRIED = {
    "register_agent",
    "retire_agent",  # these concern members, and would end this test's own
    "rotate_key",
    "update_agent_profile",
    "create_channel",  # its id is a new name
    "oversee_dm",  # an owner may, and each look is told: see below
}


@dataclass
class Private:
    """A channel that is none of mallory's business, and one of each thing in it."""

    channel: str
    names: list[str]
    """Every way to write its name."""
    message: int
    file: int
    folder: int
    schedule: int
    task: int
    members: list[Member]


async def furnish(member: Member, channel: str, names: list[str], members: list[Member]) -> Private:
    upload = await member.call("upload_file", name=f"{SECRET}.txt", content=SECRET.encode(), channel=channel)
    folder = await member.call("create_folder", name=SECRET, channel=channel)
    sent = await member.call("send_message", channel=channel, content=SECRET, files=[upload.file_id])
    await member.call("pin_message", message_id=sent.id)
    await member.call("add_reaction", message_id=sent.id, emoji="👍")
    scheduled = await member.call("schedule_message", channel=channel, content=SECRET, every="1 day")
    task = (await member.call("create_task", title=SECRET, channel=channel)).task.id
    return Private(channel, names, sent.id, upload.file_id, folder.id, scheduled.schedule.id, task, members)


async def make_letter(team: TestTeam) -> Private:
    alice, bob = await team.agent("alice"), await team.agent("Bob")
    await alice.call("send_dm", recipient="bob", content="first")
    return await furnish(
        alice, "dm:bob", ["dm:Bob:alice", "dm:alice:Bob", "dm:ALICE:bob", "#dm:Bob:alice"], [alice, bob]
    )


async def make_topic(team: TestTeam) -> Private:
    carol, dave = await team.agent("carol"), await team.agent("dave")
    await carol.call("create_channel", id="plans", type="topic", members=["dave"])
    return await furnish(carol, "plans", ["plans", "#plans"], [carol, dave])


@pytest.fixture
async def letter(team: TestTeam) -> Private:
    """A direct message between two agents."""
    return await make_letter(team)


@pytest.fixture
async def topic(team: TestTeam) -> Private:
    """A topic channel of two members."""
    return await make_topic(team)


@pytest.fixture(params=[make_letter, make_topic], ids=["letter", "topic"])
async def private(request: pytest.FixtureRequest, team: TestTeam) -> Private:
    """The one, then the other."""
    made: Private = await request.param(team)
    return made


def attempts(operation: Operation, private: Private) -> list[dict[str, Any]]:
    """Every way to point ``operation`` at something private: one argument at a time, the rest harmless or left out."""
    fields = operation.arguments.model_fields
    needed = {name for name, field in fields.items() if field.is_required()}
    pointers: dict[str, list[Any]] = {}
    if operation.name in NEEDED:
        needed.add(NEEDED[operation.name])
    for name in fields:
        if name in BY_TASK or (name == "parent_id" and "task" in operation.name):
            pointers[name] = [private.task]
        elif name == "depends_on":
            pointers[name] = [[private.task]]
        elif name in BY_CHANNEL:
            pointers[name] = list(private.names)
        elif name in BY_MESSAGE:
            pointers[name] = [private.message]
        elif name in BY_FILE:
            pointers[name] = [private.file]
        elif name in BY_FOLDER:
            pointers[name] = [private.folder]
        elif name in BY_SCHEDULE:
            pointers[name] = [private.schedule]
        elif name == "files":
            pointers[name] = [[private.file]]
        elif name == "items":
            pointers[name] = [[{"channel": name, "ack_id": private.message}] for name in private.names]
    found = []
    for pointer, values in pointers.items():
        for value in values:
            arguments: dict[str, Any] = {pointer: value}
            for name in needed - {pointer}:
                arguments[name] = _fill(name, fields[name].annotation, private)
            found.append(arguments)
    return found


def _fill(name: str, annotation: Any, private: Private) -> Any:
    if name in HARMLESS:
        return b"x" if annotation is bytes else HARMLESS[name]
    for names, value in (
        (BY_MESSAGE, private.message),
        (BY_FILE, private.file),
        (BY_FOLDER, private.folder),
        (BY_SCHEDULE, private.schedule),
        (BY_TASK, private.task),
    ):
        if name in names:
            return value
    if name in BY_CHANNEL:
        return "general"
    raise AssertionError(f"say in test_access.py what the argument '{name}' is")


TABLES = (
    "channels",
    "channel_members",
    "cursors",
    "messages",
    "message_edits",
    "message_parts",
    "deliveries",
    "reactions",
    "pins",
    "files",
    "folders",
    "file_messages",
    "schedules",
    "tasks",
    "task_history",
    "task_dependencies",
)


async def state(team: TestTeam) -> list[Any]:
    """Everything in the database that concerns channels and what is in them."""

    def query(reader: Any) -> list[Any]:
        return [[tuple(row) for row in reader.all(f"SELECT * FROM {table}")] for table in TABLES]  # noqa: S608

    found: list[Any] = await team.team.database.read(query)
    return found


@pytest.mark.parametrize("who", ["member", "manager", "owner"])
async def test_no_operation_lets_a_foreigner_in(team: TestTeam, private: Private, who: str) -> None:
    mallory = team.owner if who == "owner" else await team.agent("mallory", access=who)
    if who == "owner":
        await team.agent("mallory")
    before = await state(team)
    tried = 0
    for operation in team.server.registry:
        if operation.name in NOT_TRIED:
            continue
        for arguments in attempts(operation, private):
            tried += 1
            shown, status = await outcome(mallory, operation, arguments)
            assert SECRET not in shown, (operation.name, arguments)
            assert status in {400, 403, 404} or (status == 200 and operation.read_only), (
                operation.name,
                arguments,
                status,
            )
    assert tried > 50
    assert await state(team) == before


async def outcome(member: Member, operation: Operation, arguments: dict[str, Any]) -> tuple[str, int]:
    """All that a call lets its caller see, the caller's own words apart, and the HTTP status."""
    try:
        result = await member.call(operation.name, **arguments)
    except TeamError as error:
        return str(error) + json.dumps(error.data), error.status
    return (result.model_dump_json(exclude={"query"}) + result.text()).replace(f"found for: {SECRET}", ""), 200


async def test_rest_lets_no_foreigner_in_by_id(team: TestTeam, private: Private) -> None:
    mallory = await team.agent("mallory")
    name, message = private.names[0], private.message
    calls = [
        ("GET", "/api/history", {"params": {"channel": name}}),
        ("GET", f"/api/channels/{name}/members", {}),
        ("GET", f"/api/channels/{name}/pins", {}),
        ("POST", f"/api/channels/{name}/join", {"json": {}}),
        ("GET", "/api/search", {"params": {"q": SECRET, "channel": name}}),
        ("GET", "/api/files", {"params": {"channel": name}}),
        ("GET", f"/api/files/{private.file}", {}),
        ("GET", f"/api/tasks/{private.task}", {}),
        ("GET", f"/api/tasks/{private.task}/history", {}),
        ("PATCH", f"/api/tasks/{private.task}", {"json": {"comment": "mine"}}),
        ("POST", f"/api/tasks/{private.task}/claim", {"json": {}}),
        ("POST", f"/api/messages/{message}/task", {"json": {}}),
        ("POST", f"/api/schedules/{private.schedule}/pause", {"json": {}}),
        ("DELETE", f"/api/schedules/{private.schedule}", {}),
        ("GET", f"/api/messages/{message}", {}),
        ("GET", f"/api/messages/{message}/thread", {}),
        ("GET", f"/api/messages/{message}/receipt", {}),
        ("GET", f"/api/messages/{message}/edits", {}),
        ("PUT", f"/api/messages/{message}", {"json": {"content": "mine"}}),
        ("DELETE", f"/api/messages/{message}", {}),
        ("POST", f"/api/messages/{message}/reactions", {"json": {"emoji": "👍"}}),
        ("POST", f"/api/messages/{message}/pin", {"json": {}}),
        ("DELETE", f"/api/messages/{message}/pin", {}),
        ("POST", "/api/send", {"json": {"channel": name, "content": "hi"}}),
        ("POST", "/api/send", {"json": {"channel": "general", "content": "hi", "replyTo": message}}),
        ("POST", "/api/inbox/ack", {"json": {"items": [{"channel": name, "ack_id": message}]}}),
    ]
    for method, path, options in calls:
        answer = await mallory.http.request(method, path, **options)
        expected = {400} if "replyTo" in str(options) else {403, 404}
        assert answer.status_code in expected, (method, path, answer.text)
        assert SECRET not in answer.text
        allowed = await private.members[0].http.request(method, path, **options)
        if method == "GET":
            assert allowed.status_code == 200, (path, allowed.text)


async def test_what_is_said_of_foreign_ids_does_not_tell_them_from_unknown_ones(
    team: TestTeam, letter: Private
) -> None:
    mallory = await team.agent("mallory")
    for operation in ("get_message", "get_thread", "get_receipt", "pin_message"):
        texts = []
        for message in (letter.message, 10**6):
            with pytest.raises(NotFound) as caught:
                await mallory.call(operation, message_id=message)
            texts.append(str(caught.value).replace(str(message), "N"))
        assert texts[0] == texts[1]


async def test_no_operation_tells_a_topic_of_others_from_one_that_is_not_there(team: TestTeam, topic: Private) -> None:
    for mallory in (await team.agent("mallory"), team.owner):
        for operation in team.server.registry:
            if operation.name in NOT_TRIED - {"oversee_dm"}:
                continue
            for arguments in attempts(operation, topic):
                pointer = next((name for name in BY_CHANNEL if arguments.get(name) in topic.names), None)
                if pointer is None:
                    continue
                answers = []
                for name in (str(arguments[pointer]), str(arguments[pointer]).replace("plans", "plums")):
                    shown, status = await outcome(mallory, operation, {**arguments, pointer: name})
                    answers.append((shown.replace(name.removeprefix("#"), "NAME"), status))
                assert answers[0] == answers[1], (operation.name, arguments)


# -- direct messages -------------------------------------------------------------------------------------------------


async def test_ids_of_direct_messages_are_sorted_and_in_the_names_own_case(team: TestTeam) -> None:
    zoe, bob = await team.agent("Zoe"), await team.agent("bob")
    sent = [
        await zoe.call("send_message", channel="dm:BOB", content="1"),
        await zoe.call("send_message", channel="dm:bob:zoe", content="2"),
        await bob.call("send_message", channel="dm:Zoe", content="3"),
        await bob.call("send_dm", recipient="ZOE", content="4"),
        await bob.call("send_message", channel="#dm:ＺＯＥ", content="5"),
    ]
    assert {item.channel for item in sent} == {"dm:Zoe:bob"}
    history = await zoe.call("get_history", channel="dm:bob")
    assert [message.content for message in history.messages] == ["1", "2", "3", "4", "5"]


@pytest.mark.parametrize("reference", ["dm:", "dm::", "dm:bob:", "dm:a:b:c", "dm:alice", "dm:alice:alice", "dm:ghost"])
async def test_a_direct_message_needs_two_members(team: TestTeam, reference: str) -> None:
    alice = await team.agent("alice")
    await team.agent("bob")
    with pytest.raises(TeamError) as caught:
        await alice.call("send_message", channel=reference, content="hi")
    assert caught.value.status in {400, 404}
    assert "channel" in str(caught.value)


async def test_members_of_a_direct_message_do_not_change(team: TestTeam, letter: Private) -> None:
    alice = letter.members[0]
    await team.agent("mallory")
    for operation, arguments in (
        ("add_channel_member", {"agent_name": "mallory"}),
        ("remove_channel_member", {"agent_name": "bob"}),
        ("leave_channel", {}),
        ("join_channel", {}),
        ("archive_channel", {}),
        ("update_channel", {"name": "x"}),
    ):
        with pytest.raises(Forbidden):
            await alice.call(operation, channel="dm:bob", **arguments)


async def test_events_of_a_direct_message_reach_its_members_only(team: TestTeam, letter: Private) -> None:
    mallory = await team.agent("mallory")
    for member in (mallory, team.owner):
        events = (await member.call("sync", since=0)).events
        assert SECRET not in json.dumps(events)
        assert not [event for event in events if event.get("channel", "").startswith("dm:")]
    events = (await letter.members[1].call("sync", since=0)).events
    assert SECRET in json.dumps(events)


# -- topics and groups -----------------------------------------------------------------------------------------------


async def test_who_left_a_topic_is_out_of_it(team: TestTeam, topic: Private) -> None:
    carol, dave = topic.members
    call = await carol.call("send_message", channel="plans", content=f"{SECRET} @dave", ack_required=True)
    cursor = (await dave.call("sync")).cursor
    await dave.call("leave_channel", channel="plans")
    for arguments in ({"channel": "plans"}, {"channel": "plans", "around": topic.message}):
        with pytest.raises(NotFound):
            await dave.call("get_history", **arguments)
    for operation in ("get_message", "get_thread", "get_receipt", "pin_message", "unpin_message"):
        with pytest.raises(NotFound):
            await dave.call(operation, message_id=call.id)
    with pytest.raises(NotFound):
        await dave.call("send_message", channel="plans", content="still here?")
    with pytest.raises(NotFound):
        await dave.call("join_channel", channel="plans")
    with pytest.raises(NotFound):
        await dave.call("download_file", file_id=topic.file)
    await carol.call("send_message", channel="plans", content=f"{SECRET} again")
    for operation, arguments in (
        ("get_inbox", {}),
        ("wait_for_messages", {"timeout": 0}),
        ("search_messages", {"query": "again"}),
        ("get_channels", {}),
    ):
        assert SECRET not in (await dave.call(operation, **arguments)).model_dump_json(), operation
    kinds = [event["kind"] for event in (await dave.call("sync", since=cursor)).events]
    assert "message.sent" not in kinds
    context = operations.enter(team.server, dave.key, "rest", "127.0.0.1")
    assert (await waiting(context)) == {}


async def test_a_topic_member_that_comes_back_reads_everything_and_has_nothing_unread(
    team: TestTeam, topic: Private
) -> None:
    carol, dave = topic.members
    await carol.call("send_message", channel="plans", content="@dave one")
    await dave.call("leave_channel", channel="plans")
    await carol.call("send_message", channel="plans", content="two")
    await carol.call("add_channel_member", channel="plans", agent_name="dave")
    assert (await dave.call("get_inbox")).total_unread == 0
    assert (await dave.call("get_history", channel="plans")).messages[-1].content == "two"
    assert not (await dave.call("wait_for_messages", timeout=0)).messages


async def test_groups_are_open_to_the_whole_team(team: TestTeam) -> None:
    alice, bob = await team.agent("alice"), await team.agent("bob")
    observer = await team.agent("watcher", access="observer")
    await alice.call("create_channel", id="open")
    message = (await alice.call("send_message", channel="open", content=SECRET)).id
    for reader in (bob, observer):
        assert len((await reader.call("get_history", channel="open")).messages) == 1
        assert len((await reader.call("search_messages", query=SECRET)).results) == 1
        assert (await reader.call("get_receipt", message_id=message)).message_id == message
    await bob.call("add_reaction", message_id=message, emoji="👍")
    await bob.call("pin_message", message_id=message)
    assert (await bob.call("get_channel_members", channel="open")).members == ["alice"]
    await bob.call("send_message", channel="open", content="me too")
    assert (await bob.call("get_channel_members", channel="open")).members == ["alice", "bob"]
    for operation, arguments in (
        ("send_message", {"channel": "open", "content": "x"}),
        ("add_reaction", {"message_id": message, "emoji": "👍"}),
        ("pin_message", {"message_id": message}),
        ("join_channel", {"channel": "open"}),
    ):
        with pytest.raises(Forbidden, match="observer"):
            await observer.call(operation, **arguments)


# -- oversight -------------------------------------------------------------------------------------------------------


async def test_an_owner_may_look_into_what_agents_write_and_each_look_is_told(team: TestTeam, letter: Private) -> None:
    with pytest.raises(Forbidden):
        await team.owner.call("get_history", channel="dm:alice:bob")
    seen = await team.owner.call("oversee_dm", channel="dm:bob:alice")
    assert SECRET in [message.content for message in seen.messages]
    (event,) = await team.events("dm.overseen")
    assert (event.actor, event.subject) == ("owner", letter.channel.replace("dm:bob", "dm:Bob:alice"))
    told = (await letter.members[0].call("sync", since=0, kinds=["dm.overseen"])).events
    assert len(told) == 1


async def test_oversight_never_opens_a_persons_letters(team: TestTeam) -> None:
    alice, pat = await team.agent("alice"), await team.agent("pat", kind="human")
    await team.agent("other", kind="human")
    boss = await team.agent("boss", access="manager")
    await alice.call("send_dm", recipient="pat", content=SECRET)
    await pat.call("send_dm", recipient="other", content=SECRET)
    for channel in ("dm:alice:pat", "dm:other:pat", "general"):
        with pytest.raises(Forbidden):
            await team.owner.call("oversee_dm", channel=channel)
    bob = await team.agent("bob")
    await alice.call("send_dm", recipient="bob", content=SECRET)
    for member in (boss, bob, pat):
        with pytest.raises(Forbidden):
            await member.call("oversee_dm", channel="dm:alice:bob")
    assert await team.events("dm.overseen") == []


async def test_a_person_that_was_retired_keeps_its_secrets(team: TestTeam) -> None:
    alice, pat = await team.agent("alice"), await team.agent("pat", kind="human")
    await pat.call("send_dm", recipient="alice", content=SECRET)
    await team.owner.call("retire_agent", name="pat")
    with pytest.raises(Forbidden):
        await team.owner.call("oversee_dm", channel="dm:alice:pat")
    assert len((await alice.call("get_history", channel="dm:pat")).messages) == 1
    with pytest.raises(Gone):
        await alice.call("send_dm", recipient="pat", content="hi")
