"""Two example agents on a real server, each a program: what a newcomer sees who has no account anywhere."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx2
import pytest
from teammcp_claude_launcher.runtime_kit import Subject, Trial
from teammcp_claude_launcher.runtimes.acp.programs import Example

from teammcp import McpServer, StartFailed
from teammcp.keys import new_key
from tests.live import LiveServer

pytestmark = pytest.mark.acceptance

SECONDS = 30


def subject(live: LiveServer, name: str, key: str, folder: Path) -> Subject:
    folder.mkdir()
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "TEAMMCP_AGENT": name, "TEAMMCP_KEY": key}
    mcp = McpServer("teammcp", f"{live.url}/mcp", "TEAMMCP_KEY")
    return Subject(Example(), folder, environment, mcp=mcp)


async def hand_over(client: httpx2.AsyncClient, trial: Trial) -> None:
    """Give an agent its messages as turns, as a runner does."""
    while True:
        answer = await client.post("/api/wait", json={"timeout": 20}, timeout=40)
        if answer.json()["messages"]:
            for message in answer.json()["messages"]:
                await trial.turn(_told(message))


def _told(message: dict[str, object]) -> str:
    reply = f" ↳{message['reply_to']}" if message["reply_to"] else ""
    origin = f"[{message['id']}] 2026-11-30T10:00 {message['from_agent']} ({message['from_kind']}){reply}"
    content = str(message["content"]).replace("\n", "\n| ")
    return f"<from-others 0 #{message['channel_id']}>\n{origin}: {content}\n</from-others 0>"


@asynccontextmanager
async def agents(live: LiveServer, folder: Path, *names: str) -> AsyncIterator[list[httpx2.AsyncClient]]:
    """Agents that run; a client of each."""
    clients = []
    async with AsyncExitStack() as stack, asyncio.TaskGroup() as tasks:
        handing = []
        for name in names:
            key = live.register(name)
            trial = await stack.enter_async_context(subject(live, name, key, folder / name).start())
            clients.append(await stack.enter_async_context(live.async_client(key)))
            handing.append(tasks.create_task(hand_over(clients[-1], trial)))
        yield clients
        for task in handing:
            task.cancel()


async def answers(client: httpx2.AsyncClient, count: int) -> list[str]:
    """The next messages for somebody, so many."""
    came: list[str] = []
    async with asyncio.timeout(SECONDS):
        while len(came) < count:
            answer = await client.post("/api/wait", json={"timeout": 20}, timeout=40)
            came += [message["content"] for message in answer.json()["messages"]]
    return came


async def test_two_agents_talk_and_come_to_an_end(live: LiveServer, tmp_path: Path) -> None:
    async with (
        live.async_client(live.register("owner", kind="human")) as owner,
        agents(live, tmp_path, "ada", "bob") as (ada, _),
    ):
        for text in ("who is here", "tasks", "talk with bob", "ask bob: who is here"):
            await owner.post("/api/send", json={"channel": "dm:ada", "content": text})
        said = await answers(owner, 6)
        assert any(text.startswith("3 members: ada (online), bob (online), owner") for text in said)
        assert "There are no open tasks." in said
        assert said.count("I have asked bob, and shall tell you what comes of it.") == 2
        talk = next(text for text in said if text.count("bob says:") == 3)
        assert "bob says: Hello, ada. I am bob" in talk
        between = await ada.get("/api/history", params={"channel": "dm:bob"})
        assert len(between.json()["messages"]) == 8  # four questions and their answers, and no thanks for thanks


async def test_a_key_that_opens_nothing_is_said_at_once(live: LiveServer, tmp_path: Path) -> None:
    live.register("owner")
    with pytest.raises(StartFailed, match="does not know the agent's key"):
        async with subject(live, "ada", new_key("default"), tmp_path / "ada").start():
            pass
