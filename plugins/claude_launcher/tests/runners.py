"""A runner that is none: it speaks the protocol, starts nothing, and does what a test says."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

from teammcp_claude_launcher.entries import Entry
from teammcp_claude_launcher.protocol import (
    FROM_SERVER,
    PROTOCOL,
    Answer,
    Ask,
    Begin,
    FoundRuntime,
    Frame,
    Hello,
    JournalEntry,
    Orders,
    Ping,
    Report,
    Settled,
    Stored,
    Welcome,
)

from teammcp.testing import Member, TestTeam

PATH = "/hooks/claude_launcher/runner"
JOIN = "/hooks/claude_launcher/join"
FOUND = [FoundRuntime(name="command", title="Any command", program="/bin/sh", version="1")]


class FakeRunner:
    """One connection of a runner, and its journal, which outlives connections.

    Attributes:
        machine: its name.
        key: its key.
        installation: where its folder lies.
        journal: the id of its journal, of which ``lines`` are all.
        live: the runs that it says live there.
    """

    def __init__(self, team: TestTeam, machine: str, key: str) -> None:
        self.team = team
        self.machine = machine
        self.key = key
        self.journal = "journal-1"
        self.installation = "there"
        self.lines: list[JournalEntry] = []
        self.live: list[int] = []
        self.stored = 0
        self.orders: Orders | None = None
        self.socket: Any = None
        self._asked = 0

    @asynccontextmanager
    async def connected(self, *, settle: bool = True) -> AsyncIterator[FakeRunner]:
        """Connect, report what is not stored, and say what lives there."""
        async with self.team.websocket(PATH, authorization=f"Bearer {self.key}") as self.socket:
            await self.send(self.hello())
            self.stored = (await self.receive(Welcome)).stored
            if settle:
                await self.report()
                await self.settle()
            yield self

    def copied(self, installation: str) -> FakeRunner:
        """A runner in a copy of its folder."""
        copy = FakeRunner(self.team, self.machine, self.key)
        copy.installation = installation
        return copy

    def hello(self) -> Hello:
        """What it says first."""
        return Hello(
            protocol=PROTOCOL,
            installation=self.installation,
            place=f"/runner {self.installation}",
            journal=self.journal,
            version="1",
            platform="Linux",
            runtimes=FOUND,
        )

    async def settle(self) -> None:
        """Say what lives there, and get orders."""
        await self.send(Settled(runs=self.live))
        self.orders = await self.receive(Orders)

    def write(self, run: int, *entries: Entry, at: int | None = None) -> None:
        """Write down what happened in a run."""
        now = self.team.server.clock.now() if at is None else at
        for entry in entries:
            self.lines.append(JournalEntry(seq=len(self.lines) + 1, run=run, at=now, entry=entry))

    async def report(self, lines: Iterable[JournalEntry] | None = None) -> None:
        """Report what is not stored yet, or these lines."""
        wanted = [line for line in self.lines if line.seq > self.stored] if lines is None else [*lines]
        if wanted:
            await self.send(Report(entries=wanted))
            self.stored = (await self.receive(Stored)).seq

    async def tell(self, run: int, *entries: Entry) -> None:
        """Write down what happened, and report it."""
        self.write(run, *entries)
        await self.report()

    async def begin(self, agent: str, request: str = "", cause: str = "message", resumes: bool = False) -> int:
        """Ask for a run; its number."""
        answer = await self.ask(Begin(agent=agent, cause=cause, request=request or f"{agent}-1", resumes=resumes))
        assert not answer.error, answer.detail
        run: int = answer.data["run"]
        self.live.append(run)
        return run

    async def ask_to_begin(self, agent: str, request: str) -> Answer:
        """The answer to a request for a run."""
        return await self.ask(Begin(agent=agent, cause="message", request=request, resumes=False))

    async def ask(self, question: Any) -> Answer:
        """Ask the server something."""
        self._asked += 1
        await self.send(Ask(id=self._asked, question=question))
        return await self.receive(Answer)

    async def send(self, frame: Frame) -> None:
        """Send a frame."""
        await self.socket.send(frame.model_dump_json())

    async def receive(self, kind: type[Any]) -> Any:
        """The next frame of a kind; orders that come before are kept, and "are you there?" is answered."""
        while True:
            frame = FROM_SERVER.validate_json(await self.socket.receive())
            if isinstance(frame, Orders):
                self.orders = frame
            if isinstance(frame, kind):
                return frame
            if isinstance(frame, Ask) and frame.question == Ping():
                await self.send(Answer(id=frame.id))
            else:
                assert isinstance(frame, Orders), frame


async def join(team: TestTeam, name: str = "box") -> FakeRunner:
    """A machine that has joined a team."""
    token = (await team.owner.call("make_join_token")).token
    answer = await team.client().post(JOIN, json={"token": token, "name": name})
    assert answer.status_code == 200, answer.text
    joined = json.loads(answer.text)
    return FakeRunner(team, joined["machine"], joined["key"])


async def heard_from_server(member: Member) -> list[str]:
    """What the server has written to a member."""
    channels = (await member.call("get_inbox")).channels
    return [each.content for channel in channels if "system" in channel.channel for each in channel.messages]
