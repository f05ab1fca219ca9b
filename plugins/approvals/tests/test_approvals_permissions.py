"""Permission prompts of agents' programs: deny, dangerous, a person or a rule; nothing without an answer."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from teammcp_approvals.jobs import expire

from teammcp import InvalidInput
from teammcp.errors import Unauthorized
from teammcp.testing import Member, MovedClock, TestTeam

READING = {"permission_rules": [{"tool": "Read", "decision": "allow"}], "permission_approvers": ["ann"]}


@pytest.fixture
async def coder(team: TestTeam) -> Member:
    return await team.agent("coder")


async def request(member: Member, command: str, tool: str = "Bash", timeout_s: float = 0) -> Any:
    return await member.call("request_permission", tool_name=tool, input={"command": command}, timeout_s=timeout_s)


async def allow(team: TestTeam, **arguments: Any) -> None:
    await team.owner.call("add_permission_rule", **{"tool": "Bash", "decision": "allow", **arguments})


async def ask(member: Member, team: TestTeam, *commands: str) -> tuple[list[asyncio.Task[Any]], list[Any]]:
    """Ask for several commands, and wait until the owner is asked: the requests, and what waits."""
    with team.team.hub.subscribe(lambda event: event.kind == "approval.requested") as events:
        asking = [asyncio.create_task(request(member, command, timeout_s=60)) for command in commands]
        seen = 0
        while seen < len(commands):
            seen += len(await events.next(5))
    return asking, (await team.owner.call("get_pending_approvals")).root


async def decided(team: TestTeam) -> list[tuple[str, str]]:
    return [(each.data["behavior"], each.data["source"]) for each in await team.events("approval.permission_decided")]


async def test_a_person_answers_and_the_program_goes_on_at_once(coder: Member, team: TestTeam) -> None:
    (asking,), (found,) = await ask(coder, team, "make deploy")
    assert (found.kind, found.title) == ("permission", "Bash: make deploy")
    assert found.arguments["input"] == {"command": "make deploy"}
    await team.owner.call("resolve_approval", approval_id=found.approval_id, approved=True)
    answer = await asyncio.wait_for(asking, 5)
    assert answer.text() == json.dumps(
        {"behavior": "allow", "updatedInput": {"command": "make deploy"}}, separators=(",", ":")
    )
    assert await decided(team) == [("allow", "person")]


async def test_no_is_told_with_its_reason(coder: Member, team: TestTeam) -> None:
    (asking,), (found,) = await ask(coder, team, "make deploy")
    await team.owner.call("resolve_approval", approval_id=found.approval_id, approved=False, comment="on Monday")
    assert (await asyncio.wait_for(asking, 5)).model_dump(exclude_none=True) == {
        "behavior": "deny",
        "message": "Denied by owner. on Monday",
    }


async def notes(member: Member) -> list[str]:
    return [message.content for channel in (await member.call("get_inbox")).channels for message in channel.messages]


@pytest.mark.parametrize("approved", [True, False])
async def test_whoever_waited_for_the_answer_gets_no_message_about_it(
    coder: Member, team: TestTeam, approved: bool
) -> None:
    (asking,), (found,) = await ask(coder, team, "make deploy")
    await team.owner.call("resolve_approval", approval_id=found.approval_id, approved=approved)
    await asyncio.wait_for(asking, 5)
    assert await notes(coder) == []


async def test_whoever_does_not_wait_for_the_answer_gets_a_message(coder: Member, team: TestTeam) -> None:
    checked = await coder.call("check_permission", tool_name="Bash", input={"command": "make test"})
    (asking,), _ = await ask(coder, team, "make deploy")
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    for each in (await team.owner.call("get_pending_approvals")).root:
        await team.owner.call("resolve_approval", approval_id=each.approval_id, approved=True)
    told = await notes(coder)
    assert len(told) == 2
    assert any(f"Your proposal {checked.approval_id}" in text for text in told)


async def test_without_an_answer_it_is_denied(coder: Member, team: TestTeam) -> None:
    answer = await request(coder, "make deploy", timeout_s=0.05)
    assert answer.behavior == "deny"
    assert "Nobody has allowed it in time" in answer.message
    assert (await team.owner.call("get_pending_approvals")).root == []
    assert await decided(team) == [("deny", "expired")]


async def test_deny_then_dangerous_then_ask_then_allow(coder: Member, team: TestTeam) -> None:
    await allow(team)
    assert (await request(coder, "make test")).behavior == "allow"
    denied = await request(coder, "git push --force")
    assert (denied.behavior, "overwrites what others have pushed" in denied.message) == ("deny", True)
    await allow(team, decision="ask", input={"command": "make deploy*"})
    assert "in time" in (await request(coder, "make deploy")).message
    await allow(team, decision="deny", input={"command": "make deploy*"}, note="frozen")
    assert (await request(coder, "make deploy")).message == "frozen"
    assert await decided(team) == [
        ("allow", "rule"),
        ("deny", "dangerous"),
        ("deny", "expired"),
        ("deny", "rule"),
    ]


async def test_an_allowed_pattern_is_for_one_command(coder: Member, team: TestTeam) -> None:
    await allow(team, input={"command": "git status*"})
    assert (await request(coder, "git status -s")).behavior == "allow"
    for command in ("git status; make deploy", "git status && x", "git status\nx", "git status $(x)", "git status > x"):
        assert (await request(coder, command)).behavior == "deny", command
    await allow(team, input={"command": "make lint && make test"})
    assert (await request(coder, "make lint && make test")).behavior == "allow"
    await allow(team, tool="mcp__team__*", who=["coder"])
    other = await team.agent("other")
    assert (await request(coder, "x", "mcp__team__send_message")).behavior == "allow"
    assert (await request(other, "x", "mcp__team__send_message")).behavior == "deny"


@pytest.mark.teammcp(
    plugins={
        "approvals": {"permission_rules": [{"tool": "Read", "decision": "allow"}], "permission_approvers": ["ann"]}
    }
)
async def test_rules_and_approvers_come_from_the_settings_too(coder: Member, team: TestTeam) -> None:
    ann = await team.agent("ann", kind="human")
    read = await coder.call("request_permission", tool_name="Read", input={"file_path": "/a"}, timeout_s=0)
    assert read.behavior == "allow"
    secret = await coder.call(
        "request_permission", tool_name="Read", input={"file_path": "/h/.ssh/id_rsa"}, timeout_s=0
    )
    assert secret.message is not None
    assert "credentials" in secret.message
    checked = await coder.call("check_permission", tool_name="Bash", input={"command": "ls"})
    assert checked.decision == "ask"
    assert [each.approval_id for each in (await ann.call("get_pending_approvals")).root] == [checked.approval_id]


async def test_the_hook_of_an_agents_program_is_answered_in_its_shape(coder: Member, team: TestTeam) -> None:
    await allow(team)
    payload = {
        "session_id": "s",
        "transcript_path": "/t",
        "cwd": "/w",
        "hook_event_name": "PermissionRequest",
        "permission_mode": "default",
        "tool_name": "Bash",
        "tool_input": {"command": "ls", "description": "list"},
        "tool_use_id": "toolu_1",
        "permission_suggestions": [{"type": "addRules"}],
        "a_field_of_tomorrow": {"x": 1},
    }
    answer = await coder.http.post("/api/hooks/permission", json=payload)
    assert answer.json()["hookSpecificOutput"] == {
        "hookEventName": "PermissionRequest",
        "decision": {"behavior": "allow"},
    }
    payload["tool_input"] = {"command": "rm -rf /"}
    answer = await coder.http.post("/api/hooks/permission", json=payload)
    decision = answer.json()["hookSpecificOutput"]["decision"]
    assert (decision["behavior"], "deletes everything" in decision["message"]) == ("deny", True)
    assert (await coder.http.post("/api/hooks/permission", json={"tool_name": "Bash"})).status_code == 400


async def test_whoever_waits_for_the_answer_is_seen_to_wait(coder: Member, team: TestTeam) -> None:
    async def status() -> tuple[str, str]:
        found = await team.owner.call("get_agent_profile", name=coder.name)
        return found.status, found.reason

    with team.team.hub.subscribe(lambda event: event.data.get("status") == "waiting") as events:
        (asking,), (found,) = await ask(coder, team, "ls")
        assert await events.next(5)
    assert await status() == ("waiting", "permission prompt: Bash")
    await team.owner.call("resolve_approval", approval_id=found.approval_id, approved=True)
    await asyncio.wait_for(asking, 5)
    assert await status() == ("busy", "was answered")


async def test_whoever_asks_for_two_things_waits_until_both_are_answered(coder: Member, team: TestTeam) -> None:
    asking, found = await ask(coder, team, "make one", "make two")
    await team.owner.call("resolve_approval", approval_id=found[0].approval_id, approved=True)
    await asyncio.wait(asking, timeout=5, return_when=asyncio.FIRST_COMPLETED)
    assert team.team.presence.status_of("coder").status == "waiting"
    await team.owner.call("resolve_approval", approval_id=found[1].approval_id, approved=True)
    await asyncio.wait_for(asyncio.gather(*asking), 5)
    assert team.team.presence.status_of("coder").status == "busy"


async def test_whoever_asks_no_longer_is_not_seen_to_wait(coder: Member, team: TestTeam) -> None:
    (asking,), _ = await ask(coder, team, "make deploy")
    assert team.team.presence.status_of("coder").status == "waiting"
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    standing = team.team.presence.status_of("coder")
    assert (standing.status, str(standing.reason)) == ("busy", "goes on without a permission")


@pytest.mark.parametrize("operation", ["request_permission", "permission_hook"])
async def test_a_key_that_is_replaced_ends_the_prompts_held_for_it(
    coder: Member, team: TestTeam, operation: str
) -> None:
    field = "input" if operation == "request_permission" else "tool_input"
    with team.team.hub.subscribe(lambda event: event.kind == "approval.requested") as events:
        asking = asyncio.create_task(coder.call(operation, tool_name="Bash", timeout_s=60, **{field: {"command": "x"}}))
        assert await events.next(5)
    await team.owner.call("rotate_key", name="coder")
    with pytest.raises(Unauthorized, match="not valid any more"):
        await asyncio.wait_for(asking, 2)
    assert (await team.owner.call("get_pending_approvals")).root == []
    assert await decided(team) == [("deny", "expired")]


async def test_the_prompt_tool_answers_with_json_text(coder: Member, team: TestTeam) -> None:
    await allow(team)
    async with coder.mcp() as client:
        given = {"tool_name": "Bash", "input": {"command": "ls"}, "tool_use_id": "toolu_1"}
        answer = await client.call_tool("request_permission", given)
    assert json.loads(answer.content[0].text) == {"behavior": "allow", "updatedInput": {"command": "ls"}}


async def test_what_is_asked_is_seen_whole_and_lists_say_what_they_cut(coder: Member, team: TestTeam) -> None:
    long = "x" * 10_000 + "; touch /tmp/unseen"

    async def check(text: str) -> int:
        found = await coder.call("check_permission", tool_name="Bash", input={"command": text})
        return int(found.approval_id)

    first = await check(long + "1")
    assert await check(long + "1") == first
    assert await check(long + "2") != first
    whole = await team.owner.call("get_approval", approval_id=first)
    assert (whole.arguments["input"]["command"], whole.cut) == (long + "1", False)
    assert "touch /tmp/unseen1" in whole.text()
    (listed, *_) = (await team.owner.call("get_pending_approvals")).root
    assert listed.cut
    assert listed.arguments["input"]["command"].endswith(f"… ({len(long) + 1} characters)")
    note = (await team.owner.call("get_inbox")).channels[0].messages[0].content
    assert f"Read all of it before you decide: get_approval {first}" in note
    await team.owner.log_in()
    page = (await team.owner.http.get(f"/approvals/{first}")).text
    assert "touch /tmp/unseen1" in page
    assert 'value="yes"' in page
    overview = (await team.owner.http.get("/approvals")).text
    assert "Read all of it, to approve" in overview
    assert 'value="yes"' not in overview
    with pytest.raises(InvalidInput, match="input"):
        await coder.call("check_permission", tool_name="x", input={"a": float("nan")})


async def test_a_prompt_with_a_whole_file_is_asked_and_does_not_fail(coder: Member, team: TestTeam) -> None:
    body = {"tool_name": "Write", "tool_input": {"file_path": "a.txt", "content": "x" * 5_000_000}, "timeout_s": 60}
    with team.team.hub.subscribe(lambda event: event.kind == "approval.requested") as events:
        asking = asyncio.create_task(coder.http.post("/api/hooks/permission", json=body))
        assert await events.next(20)
    [found] = (await team.owner.call("get_pending_approvals")).root
    assert len(json.dumps(found.arguments)) < 10_000
    await team.owner.call("resolve_approval", approval_id=found.approval_id, approved=True)
    answer = (await asking).json()
    assert answer["hookSpecificOutput"]["decision"]["behavior"] == "allow"


async def test_whoever_stops_waiting_leaves_nothing_open(coder: Member, team: TestTeam, clock: MovedClock) -> None:
    (asking,), _ = await ask(coder, team, "make deploy")
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    clock.advance(seconds=62)
    await expire(team.team)
    assert await decided(team) == [("deny", "expired")]


async def test_many_wait_at_once_without_holding_anything(coder: Member, team: TestTeam) -> None:
    asking, waiting = await ask(coder, team, *(f"make {number}" for number in range(30)))
    await coder.call("send_message", channel="general", content="meanwhile")
    answers = [
        team.owner.call("resolve_approval", approval_id=each.approval_id, approved=each.approval_id % 2 == 0)
        for each in waiting
    ]
    await asyncio.gather(*answers)
    found = await asyncio.wait_for(asyncio.gather(*asking), 10)
    assert sorted(each.behavior for each in found) == ["allow"] * 15 + ["deny"] * 15


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/srv/project/a.py", True),
        ("/srv/project/src/b.py", True),
        ("/srv/project//src/./b.py", True),
        ("/srv/project/../../root/.bashrc", False),
        ("/srv/project/src/../c.py", False),
        ("/srv/project/.git/hooks/pre-commit", False),
        ("/srv/project/src/.env", False),
        ("\\srv\\project\\..\\x", False),
        ("/srv/projects/a.py", False),
        ("~/project/a.py", False),
    ],
)
async def test_a_rule_for_a_folder_allows_what_is_seen_to_be_in_it(
    coder: Member, team: TestTeam, path: str, allowed: bool
) -> None:
    await allow(team, tool="Write", input={"file_path": "/srv/project/*"})
    found = await coder.call("check_permission", tool_name="Write", input={"file_path": path, "content": ""})
    assert (found.decision == "allow") is allowed


async def test_a_rule_for_a_folder_follows_no_link_out_of_it(coder: Member, team: TestTeam, tmp_path: Path) -> None:
    inside, outside = tmp_path / "project", tmp_path / "outside"
    inside.mkdir()
    outside.mkdir()
    (inside / "link").symlink_to(outside)
    (tmp_path / "same").symlink_to(inside)
    await allow(team, tool="Write", input={"file_path": f"{inside}/*"})
    await allow(team, tool="Write", input={"file_path": f"{tmp_path}/same/*"})
    for path, decision in (
        (inside / "a.py", "allow"),
        (inside / "link" / "a.py", "ask"),
        (tmp_path / "same" / "a.py", "allow"),
    ):
        found = await coder.call("check_permission", tool_name="Write", input={"file_path": str(path)})
        assert found.decision == decision, path


@pytest.mark.parametrize(
    ("pattern", "command", "allowed"),
    [
        ("git log*", "git log -5 --oneline", True),
        ("git log*", "git log --output=/root/.bashrc", False),
        ("git log*", "git log --outp=x", False),
        ("git log*", 'git log "--output" x', False),
        ("git log*", "git log ${x:=--output=/root/.bashrc}", False),
        ("git log*", "git log $'--output=x'", False),
        ("git log*", "git log -1$IFS--output=x", False),
        ("git log*", "git log {--output=x,-1}", False),
        ("git log*", "git log -{-output=x,1}", False),
        ("git log*", "git log '-'{-output=x,1}", False),
        ("git log*", "git log ''{--output=x,-1}", False),
        ("git log*", "git log [-]-output=x", False),
        ("git log*", "git log *", False),
        ("git log*", "git log -- src/*.py docs/{a,b}.md", True),
        ("git log --output=*", "git log --output=log.txt", True),
        ("pytest*", "pytest -q tests", True),
        ("pytest*", "pytest -p evil", False),
        ("pytest*", "pytest -pevil", False),
        ("python3 -m pytest*", "python3 -m pytest -p evil", False),
        ("GIT STATUS*", "git status", False),
        ("find *", "find . -name x -delete", False),
    ],
)
async def test_a_rule_for_a_command_allows_no_option_that_does_more(
    coder: Member, team: TestTeam, pattern: str, command: str, allowed: bool
) -> None:
    await allow(team, input={"command": pattern})
    found = await coder.call("check_permission", tool_name="Bash", input={"command": command})
    assert (found.decision == "allow") is allowed


@pytest.mark.parametrize(
    ("tool", "pattern", "given"),
    [
        ("Bash", {"command": "*make deploy*"}, {"command": "make  deploy"}),
        ("Bash", {"command": "*make deploy*"}, {"command": 'MAKE de"ploy"'}),
        ("Bash", {"command": "*make deploy*"}, {"command": ["make", "deploy"]}),
        ("bash", {"command": "*make deploy*"}, {"cmd": "make deploy"}),
        ("Write", {"file_path": "/etc/*"}, {"file_path": "/srv/../etc/cron.d/x"}),
        ("Write", {"file_path": "/etc/*"}, {"path": "//etc/x"}),
    ],
)
async def test_what_a_rule_denies_is_denied_however_it_is_written(
    coder: Member, team: TestTeam, tool: str, pattern: dict[str, str], given: dict[str, Any]
) -> None:
    await allow(team, tool="*")
    await allow(team, tool=tool.title(), decision="deny", input=pattern)
    assert (await coder.call("check_permission", tool_name=tool, input=given)).decision == "deny"
