"""Clients of MCP that wait for an answer: they are told how it stands, or have a task."""

from __future__ import annotations

import asyncio
from typing import Any, Literal

import pytest
from mcp.client.extension import ClientExtension, ResultClaim
from mcp.shared.exceptions import MCPError
from mcp.types import CallToolResult, Request, RequestParams, Result
from teammcp_projects.questions.operations import waiting

from plugins.projects.tests.asking import ask, until
from teammcp.app import TeamApp
from teammcp.testing import Member, TestTeam
from tests.mcp_support import ERAS, Era, listening, mcp_client

MODERN: Era = "2026-07-28"
TASKS = "io.modelcontextprotocol/tasks"
ASK = {"projects": ["backend"], "question": "Which version?"}


class Created(Result):
    """A task, as the extension has it."""

    result_type: Literal["task"] = "task"
    task_id: str
    status: str
    status_message: str | None = None
    created_at: str
    last_updated_at: str
    ttl_ms: int | None
    poll_interval_ms: int | None = None


class Looked(Result):
    """How a task stands."""

    task_id: str
    status: str
    status_message: str | None = None
    result: dict[str, Any] | None = None


class Params(RequestParams):
    task_id: str


class About(Request[Params, str]):
    """A request about a task."""

    name_param = "taskId"


class TasksClient(ClientExtension):
    """A client that speaks tasks, and leaves them to the test."""

    identifier = TASKS

    def claims(self) -> list[ResultClaim[Any]]:
        async def resolve(created: Created, context: Any) -> CallToolResult:
            raise NotImplementedError

        return [ResultClaim(result_type="task", model=Created, resolve=resolve)]


async def about(client: Any, method: str, task_id: str) -> Looked:
    request = About(method=method, params=Params(task_id=task_id))
    found: Looked = await client.session.send_request(request, Looked if method == "tasks/get" else Result)
    return found


@pytest.mark.parametrize("era", ERAS)
async def test_a_client_that_waits_is_told_who_has_its_question(
    app: TeamApp, team: TestTeam, ada: Member, bob: Member, monkeypatch: pytest.MonkeyPatch, era: Era
) -> None:
    monkeypatch.setattr(waiting, "TOLD_EVERY", 0.05)
    number = await ask(ada)
    await until(ada, number, "asked")
    told: list[tuple[float, str | None]] = []

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        told.append((progress, message))

    async with listening(app) as url, mcp_client(url, ada.key, era) as client:
        call = asyncio.create_task(
            client.call_tool("wait_for_answers", {"question_ids": [number], "timeout": 20}, progress_callback=hear)
        )
        async with asyncio.timeout(5):
            while len(told) < 3:  # noqa: ASYNC110 - a test looks
                await asyncio.sleep(0.01)
        await bob.call("answer_question", question_id=number, answer="v2")
        result = await asyncio.wait_for(call, 10)
    assert result.structured_content is not None
    assert result.structured_content["questions"][0]["answer"] == "v2"
    assert [progress for progress, _ in told] == sorted({progress for progress, _ in told})
    assert told[0][1] is not None
    assert told[0][1].startswith(f"question {number} to backend: asked bob in message")


@pytest.mark.parametrize("era", ERAS)
async def test_a_client_that_hangs_up_is_no_longer_waited_with(
    app: TeamApp, team: TestTeam, ada: Member, bob: Member, era: Era
) -> None:
    number = await ask(ada)
    before = len(team.team.hub)

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        return None

    async with listening(app) as url:
        async with mcp_client(url, ada.key, era) as client:
            arguments = {"question_ids": [number], "timeout": 50}
            call = asyncio.create_task(client.call_tool("wait_for_answers", arguments, progress_callback=hear))
            async with asyncio.timeout(5):
                while len(team.team.hub) == before:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
            call.cancel()
        async with asyncio.timeout(5):
            while len(team.team.hub) > before:  # noqa: ASYNC110
                await asyncio.sleep(0.01)


async def test_a_client_that_speaks_tasks_has_the_question_as_one_until_it_is_answered(
    app: TeamApp, team: TestTeam, ada: Member, bob: Member
) -> None:
    async with listening(app) as url:
        async with mcp_client(url, ada.key, "auto", extensions=[TasksClient()]) as client:  # type: ignore[arg-type]
            assert client.server_capabilities.extensions == {TASKS: {}}
            created = await client.session.call_tool("teams_ask", ASK, allow_claimed=True)
            assert isinstance(created, Created)
            assert (created.status, created.ttl_ms) == ("working", None)
            number = int(created.task_id.partition(":")[2])
            await until(ada, number, "asked")
            looked = await about(client, "tasks/get", created.task_id)
            assert looked.status == "working"
            assert "asked bob in message" in (looked.status_message or "")
            assert looked.result is None
        await bob.call("answer_question", question_id=number, answer="v2")
        async with mcp_client(url, ada.key, MODERN, extensions=[TasksClient()]) as client:  # its program was restarted
            looked = await about(client, "tasks/get", created.task_id)
            await about(client, "tasks/update", created.task_id)
            assert looked.status == "completed"
            result = CallToolResult.model_validate(looked.result)
            assert result.structured_content is not None
            assert result.structured_content["questions"][0]["answer"] == "v2"
            assert "v2" in result.content[0].text  # type: ignore[union-attr]


async def test_a_task_is_over_when_something_is_asked_back_and_a_cancelled_one_takes_the_question_back(
    app: TeamApp, team: TestTeam, ada: Member, bob: Member
) -> None:
    async with listening(app) as url, mcp_client(url, ada.key, MODERN, extensions=[TasksClient()]) as client:
        created = await client.session.call_tool("teams_ask", ASK, allow_claimed=True)
        number = int(created.task_id.partition(":")[2])
        await until(ada, number, "asked")
        await bob.call("ask_back", question_id=number, content="Of which API?")
        looked = await about(client, "tasks/get", created.task_id)
        assert looked.status == "completed"
        assert looked.result is not None
        assert "Of which API?" in looked.result["content"][0]["text"]
        await about(client, "tasks/cancel", created.task_id)
        assert (await ada.call("get_question", question_id=number)).state == "cancelled"
        assert (await about(client, "tasks/get", created.task_id)).status == "cancelled"


async def test_tasks_are_for_those_who_speak_them_and_cancelled_by_whoever_may(
    app: TeamApp, team: TestTeam, ada: Member, bob: Member
) -> None:
    eve = await team.agent("eve")
    number = await ask(ada)
    async with listening(app) as url:
        for era in ERAS:
            async with mcp_client(url, ada.key, era) as client:
                result = await client.call_tool("teams_ask", ASK)
                assert result.structured_content is not None
                assert result.structured_content["questions"][0]["state"] in {"queued", "asked"}
                with pytest.raises(MCPError) as refused:
                    await about(client, "tasks/get", f"teams_ask:{number}")
                assert refused.value.error.code == (-32021 if era == MODERN else -32601)
        async with mcp_client(url, eve.key, MODERN, extensions=[TasksClient()]) as client:
            for task_id in ("teams_ask:999", "teams_ask:x", "teams_ask:", "get_me:1", ""):
                with pytest.raises(MCPError) as refused:
                    await about(client, "tasks/get", task_id)
                assert refused.value.error.code == -32602, task_id
            with pytest.raises(MCPError, match="Only its asker or a manager"):
                await about(client, "tasks/cancel", f"teams_ask:{number}")
            failed = await client.session.call_tool("teams_ask", {**ASK, "projects": ["nowhere"]}, allow_claimed=True)
            assert isinstance(failed, CallToolResult)
            assert failed.is_error
    assert (await ada.call("get_question", question_id=number)).state != "cancelled"
