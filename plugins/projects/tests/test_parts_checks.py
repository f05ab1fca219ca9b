"""Parts are checked against the repository of their project, where a machine that has it can be reached."""

from __future__ import annotations

import asyncio
from hashlib import sha256
from typing import Any

import pytest
from teammcp_projects.parts import checking

from plugins.projects.tests.asking import project
from teammcp import Conflict, Context, Result, hookimpl, operation
from teammcp.testing import Member, MovedClock, TestTeam

HASH = "abcdef1"


class Found(Result):
    found: str
    same: bool | None = None


class Launcher:
    """Stands in for the plugin that reaches machines: what it finds, and what it was asked."""

    def __init__(self) -> None:
        self.answers: dict[str, Found] = {}
        self.asked: list[dict[str, Any]] = []
        self.silent = False

    @hookimpl
    def register_operations(self) -> list[Any]:
        launcher = self

        @operation(internal=True, read_only=True)
        async def look_into_repository(
            context: Context,
            machine: str,
            folder: str,
            commit: str,
            path: str = "",
            first: int = 1,
            last: int = 1,
            digest: str = "",
        ) -> Found:
            """Look."""
            launcher.asked.append({"folder": folder, "path": path, "first": first, "last": last, "digest": digest})
            if launcher.silent:
                await asyncio.Event().wait()
            if folder not in launcher.answers:
                raise Conflict("It is not connected.", code="machine_unreachable")
            return launcher.answers[folder]

        return [look_into_repository]


LAUNCHER = Launcher()
HERE = [{"folder": "/away"}, {"folder": "/here"}]
with_launcher = pytest.mark.teammcp(install={"launcher": LAUNCHER})


async def check(team: TestTeam, sender: Member, *parts: dict[str, Any]) -> list[tuple[str | None, str]]:
    """How parts stand once they were sent and looked at."""
    sent = await sender.call("send_message", channel="general", content="look", parts=[*parts])
    await team.server.settle()
    message = await sender.call("get_message", message_id=sent.id)
    return [(part.standing, part.note) for part in message.parts]


def snippet(**more: Any) -> dict[str, Any]:
    return {"kind": "snippet", "path": "a.py", "code": "x = 1\r\ny = 2\n", "first_line": 3, **more}


@pytest.fixture(autouse=True)
def fresh() -> None:
    LAUNCHER.answers, LAUNCHER.asked, LAUNCHER.silent = {}, [], False


@with_launcher
@pytest.mark.parametrize(
    ("found", "standing"),
    [
        (Found(found="lines", same=True), ("verified", "")),
        (Found(found="lines", same=False), ("differs", "the lines are otherwise at that commit")),
        (Found(found="no_lines"), ("differs", "the file has no such lines at that commit")),
        (Found(found="no_file"), ("differs", "there is no such file at that commit")),
        (Found(found="no_commit"), ("unknown", "the repository has no such commit there")),
        (Found(found="unreadable"), ("unknown", "it cannot be read there")),
        (Found(found="no_repository"), ("unknown", "its folder is no repository that can be read")),
    ],
    ids=["same", "otherwise", "short", "no file", "no commit", "unreadable", "no repository"],
)
async def test_a_snippet_stands_as_its_lines_are_found(team: TestTeam, found: Found, standing: tuple[str, str]) -> None:
    await project(team, "backend", folders=HERE)
    LAUNCHER.answers = {"/here": found}
    assert await check(team, team.owner, snippet(project="backend", commit=HASH)) == [standing]
    lines = sha256(b"x = 1\ny = 2").hexdigest()
    asked = {"path": "a.py", "first": 3, "last": 4, "digest": lines}
    assert LAUNCHER.asked == [{"folder": each["folder"], **asked} for each in HERE]


@with_launcher
async def test_what_cannot_be_checked_is_not(team: TestTeam) -> None:
    await project(team, "backend", folders=HERE)
    LAUNCHER.answers = {"/here": Found(found="commit")}
    parts = [
        {"kind": "commit", "commit": HASH, "project": "Backend"},
        {"kind": "commit", "commit": HASH, "repository": "https://example.com/x"},
        {"kind": "pull_request", "project": "backend", "number": 7},
        snippet(project="backend"),
        snippet(commit=HASH),
        {"kind": "commit", "commit": HASH, "project": "nothing"},
    ]
    found = await check(team, team.owner, *parts)
    assert [standing for standing, _ in found] == ["verified", None, None, None, None, "unknown"]
    events = await team.events("message.part_checked")
    assert [event.data["number"] for event in events] == [1, 6]


@with_launcher
async def test_a_check_tells_nothing_of_a_project_to_who_may_not_ask_it(team: TestTeam) -> None:
    eve, bob = await team.agent("eve"), await team.agent("bob")
    await project(team, "backend", "bob", folders=HERE, askers=[])
    LAUNCHER.answers = {"/here": Found(found="lines", same=True)}
    part = snippet(project="backend", commit=HASH)
    assert await check(team, eve, part) == [("unknown", "its sender may not ask this project")]
    assert LAUNCHER.asked == []
    assert await check(team, bob, part) == [("verified", "")]


async def test_without_a_launcher_nobody_can_tell(team: TestTeam) -> None:
    await project(team, "backend", folders=HERE)
    found = await check(team, team.owner, {"kind": "commit", "commit": HASH, "project": "backend"})
    assert found == [("unknown", "nothing here looks into repositories")]


@with_launcher
async def test_pages_show_how_a_part_stands(team: TestTeam) -> None:
    await project(team, "backend", folders=HERE)
    LAUNCHER.answers = {"/here": Found(found="lines", same=False)}
    await check(team, team.owner, snippet(project="backend", commit=HASH))
    await team.owner.log_in()
    page = (await team.owner.http.get("/channels/general")).text
    assert '<span class="state state-bad" title="the lines are otherwise at that commit">differs</span>' in page


# -- what could not be checked at once ---------------------------------------------------------------------------------

COMMIT = {"kind": "commit", "commit": HASH, "project": "backend"}
IS_THERE = {"/here": Found(found="commit")}


async def standing(team: TestTeam, message_id: int) -> tuple[str | None, str]:
    """How the first part of a message stands."""
    [part] = (await team.owner.call("get_message", message_id=message_id)).parts
    return part.standing, part.note


async def sent(team: TestTeam) -> int:
    """A message with a commit, and its id."""
    number: int = (await team.owner.call("send_message", channel="general", content="look", parts=[COMMIT])).id
    return number


@with_launcher
async def test_a_check_that_was_lost_as_the_server_ended_is_made_up_for_once(
    team: TestTeam, monkeypatch: pytest.MonkeyPatch
) -> None:
    await project(team, "backend", folders=HERE)
    LAUNCHER.answers = IS_THERE
    with monkeypatch.context() as ending:
        ending.setattr(checking, "check_later", lambda context, message: None)
        messages = [await sent(team) for _ in range(checking.BATCH + 2)]
    assert await standing(team, messages[0]) == (None, "")
    LAUNCHER.silent = True
    broken_off = asyncio.create_task(checking.check_new(team.team))
    async with asyncio.timeout(5):
        while not LAUNCHER.asked:  # noqa: ASYNC110 - a test looks
            await asyncio.sleep(0.01)
    broken_off.cancel()
    await asyncio.wait([broken_off])
    LAUNCHER.silent = False
    for _ in range(2):
        await checking.check_waiting(team.team)
    assert {await standing(team, number) for number in messages} == {("verified", "")}
    assert len(await team.events("message.part_checked")) == len(messages)


@with_launcher
async def test_a_part_is_checked_once_the_machine_that_was_away_is_back(team: TestTeam) -> None:
    await project(team, "backend", folders=HERE)
    first, second, deleted = await sent(team), await sent(team), await sent(team)
    await team.server.settle()
    away = ("unknown", "no machine that has the code can be reached; it is checked once one can")
    assert await standing(team, first) == await standing(team, second) == away
    await team.owner.call("delete_message", id=deleted)
    LAUNCHER.asked.clear()
    await checking.check_waiting(team.team)
    assert len(LAUNCHER.asked) == len(HERE), "of those that wait for the same machines one is tried"
    LAUNCHER.answers = IS_THERE
    await checking.check_waiting(team.team)
    assert await standing(team, first) == await standing(team, second) == ("verified", "")
    LAUNCHER.asked.clear()
    await checking.check_waiting(team.team)
    assert LAUNCHER.asked == []


@with_launcher
async def test_what_a_machine_does_not_have_another_that_comes_back_may(team: TestTeam) -> None:
    await project(team, "backend", folders=HERE)
    LAUNCHER.answers = {"/here": Found(found="no_commit")}
    number = await sent(team)
    await team.server.settle()
    assert await standing(team, number) == ("unknown", "the repository has no such commit there")
    LAUNCHER.answers["/away"] = Found(found="commit")
    await checking.check_waiting(team.team)
    assert await standing(team, number) == ("verified", "")


@with_launcher
async def test_a_machine_is_waited_for_a_week(team: TestTeam, clock: MovedClock) -> None:
    await project(team, "backend", folders=HERE)
    number = await sent(team)
    await team.server.settle()
    clock.advance(days=7)
    await checking.check_waiting(team.team)
    assert await standing(team, number) == ("unknown", "no machine that has the code could be reached within a week")
    LAUNCHER.answers = IS_THERE
    LAUNCHER.asked.clear()
    await checking.check_waiting(team.team)
    assert LAUNCHER.asked == []


@with_launcher
async def test_a_project_that_is_removed_is_waited_for_no_more(team: TestTeam) -> None:
    await project(team, "backend", folders=HERE)
    number = await sent(team)
    await team.server.settle()
    await team.owner.call("remove_project", project="backend")
    await checking.check_waiting(team.team)
    assert await standing(team, number) == ("unknown", "there is no such project")
