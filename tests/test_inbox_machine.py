"""The inbox as a state machine: what is acknowledged was shown, and whatever waits is shown in the end."""

from __future__ import annotations

import asyncio
import itertools
import re
from typing import Any

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as profile
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

import teammcp.mcp.server  # noqa: F401 - else a thread imports it while hypothesis moves the limit of recursion
from teammcp.config import Settings
from teammcp.storage import Reader, Row
from teammcp.testing import MovedClock, TestTeam, serve

EXAMPLES = itertools.count()
PLACES = ("general", "plans", "dm:bob")
KINDS: dict[str, tuple[str, dict[str, Any]]] = {
    "plain": ("{}", {}),
    "call": ("{} @bob", {}),
    "call of all": ("{} @all", {}),
    "call of another": ("{} @cat", {"reply_by": 5}),
    "to be acknowledged": ("{}", {"ack_required": True}),
    "to be answered": ("{}", {"reply_by": 5}),
    "long": ("{} " + "x" * 2500, {}),
    "long call": ("{} @bob " + "x" * 2500, {}),
    "lines": ("{}\n" + "y\n" * 40, {}),
}
NUMBER = re.compile(r"\bm(\d+)m\b")


class InboxMachine(RuleBasedStateMachine):
    """Ann and cat write, bob reads; what he was shown is noted by the number that stands in each message."""

    def __init__(self, runner: asyncio.Runner, app: Any) -> None:
        super().__init__()
        self.runner = runner
        self.server = app.server
        self.next_number = 0
        self.ids: dict[int, int] = {}
        """The ids of the messages by the numbers in them; those that were deleted are gone."""
        self.begun: set[int] = set()
        """Numbers of which bob was shown at least the first line."""
        self.whole: set[int] = set()
        """Numbers that bob was shown whole, since they were addressed to him."""
        self.given: list[dict[str, Any]] = []
        """What each inbox gave to acknowledge."""
        runner.run(self._furnish(app))

    async def _furnish(self, app: Any) -> None:
        name = f"example-{next(EXAMPLES)}"
        await self.server.create_team(name)
        self.team = TestTeam(app, self.server, name)
        await self.team.register_owner()
        self.members = {each: await self.team.agent(each) for each in ("ann", "bob", "cat")}
        await self.members["ann"].call("create_channel", id="plans", type="topic", members=["bob", "cat"])

    def _call(self, member: str, operation: str, **arguments: Any) -> Any:
        return self.runner.run(self.members[member].call(operation, **arguments))

    def _some(self, place: int) -> tuple[int, int]:
        return sorted(self.ids.items())[place % len(self.ids)]

    # -- what others do ------------------------------------------------------------------------------------------------

    @rule(
        sender=st.sampled_from(["ann", "cat"]),
        place=st.sampled_from(PLACES),
        kind=st.sampled_from(sorted(KINDS)),
        times=st.sampled_from([1, 1, 2, 7, 25]),
    )
    def send(self, sender: str, place: str, kind: str, times: int) -> None:
        text, more = KINDS[kind]
        for _ in range(times):
            number = self.next_number = self.next_number + 1
            sent = self._call(sender, "send_message", channel=place, content=text.format(f"m{number}m"), **more)
            self.ids[number] = sent.id

    @precondition(lambda self: self.ids)
    @rule(place=st.integers(0, 100), kind=st.sampled_from(["plain", "call", "call of all", "call of another"]))
    def edit(self, place: int, kind: str) -> None:
        number, message = self._some(place)
        before = self._addressed()
        found = self._call("bob", "get_message", message_id=message)
        self._call(found.from_agent, "edit_message", id=message, content=KINDS[kind][0].format(f"m{number}m"))
        if message in self._addressed() - before:
            self.whole.discard(number)

    @precondition(lambda self: self.ids)
    @rule(place=st.integers(0, 100))
    def delete(self, place: int) -> None:
        number, message = self._some(place)
        found = self._call("bob", "get_message", message_id=message)
        self._call(found.from_agent, "delete_message", id=message)
        del self.ids[number]

    # -- what the reader does ------------------------------------------------------------------------------------------

    @rule(details=st.sampled_from([1, 3, 10, 50]), threshold=st.sampled_from([1, 5, 20, 200]))
    def look(self, details: int, threshold: int) -> None:
        inbox = self._call("bob", "get_inbox", detail_limit=details, summary_threshold=threshold)
        for channel in inbox.channels:
            self._note_whole([*channel.messages, *channel.mentions])
            self.begun.update(map(int, NUMBER.findall(channel.topic_summary)))
            assert {message.id for message in channel.messages}.isdisjoint(each.id for each in channel.mentions)
        self.given += [{"channel": channel.channel, "ack_id": channel.ack_id} for channel in inbox.channels]

    @rule(limit=st.integers(1, 30))
    def wait(self, limit: int) -> None:
        self._note_whole(self._call("bob", "wait_for_messages", timeout=0, limit=limit).messages)

    @precondition(lambda self: self.given)
    @rule(which=st.lists(st.integers(0, 5), min_size=1, max_size=3, unique=True))
    def acknowledge(self, which: list[int]) -> None:
        items = [self.given[-1 - each] for each in which if each < len(self.given)]
        if items:
            self._call("bob", "ack_inbox", items=items)

    def _note_whole(self, messages: list[Any]) -> None:
        for message in messages:
            numbers = set(map(int, NUMBER.findall(message.content)))
            self.begun |= numbers
            self.whole |= numbers

    # -- what must hold ------------------------------------------------------------------------------------------------

    def _rows(self, sql: str) -> list[Row]:
        def read(reader: Reader) -> list[Row]:
            return reader.all(sql)

        rows: list[Row] = self.runner.run(self.team.team.database.read(read))
        return rows

    def _addressed(self) -> set[int]:
        return {row["message_id"] for row in self._rows("SELECT message_id FROM deliveries WHERE agent = 'bob'")}

    @invariant()
    def what_is_acknowledged_was_shown(self) -> None:
        numbers = {message: number for number, message in self.ids.items()}
        behind = self._rows(
            "SELECT m.id FROM messages m JOIN channel_members j ON j.channel_id = m.channel_id AND j.agent = 'bob'"
            " JOIN cursors c ON c.channel_id = m.channel_id AND c.agent = 'bob'"
            " WHERE m.seq <= c.acked AND m.created_at >= j.joined_at AND m.deleted = 0"
        )
        assert {numbers[row["id"]] for row in behind} <= self.begun

    @invariant()
    def what_is_addressed_to_the_reader_counts_as_it_was_given(self) -> None:
        numbers = {message: number for number, message in self.ids.items()}
        for mark in ("acked_at", "read_at", "offered_at"):
            rows = self._rows(f"SELECT message_id FROM deliveries WHERE agent = 'bob' AND {mark} IS NOT NULL")  # noqa: S608
            assert {numbers[row["message_id"]] for row in rows} <= self.whole, mark

    def teardown(self) -> None:
        try:
            self._drain()
        finally:
            self.runner.run(self._clear())

    def _drain(self) -> None:
        """Whoever looks and acknowledges again and again has soon seen everything, and then has a clear inbox."""
        numbers = {message: number for number, message in self.ids.items()}
        for _ in range(20 + len(self.ids)):
            self.given.clear()
            self.look(10, 20)
            if not self.given:
                break
            self._call("bob", "ack_inbox", items=self.given)
        else:
            raise AssertionError("the inbox is never clear")
        assert set(self.ids) <= self.begun
        assert {numbers[message] for message in self._addressed()} <= self.whole
        self.what_is_acknowledged_was_shown()
        self.what_is_addressed_to_the_reader_counts_as_it_was_given()

    async def _clear(self) -> None:
        await self.team.close()
        await self.server.settle()
        await self.server.delete_team(self.team.name)


@pytest.mark.teammcp(max_result=12_000)
def test_an_id_acknowledges_exactly_what_was_shown(settings: Settings) -> None:
    with asyncio.Runner() as runner:
        running = serve(settings, MovedClock())
        app = runner.run(running.__aenter__())
        try:
            run_state_machine_as_test(
                lambda: InboxMachine(runner, app),
                settings=profile(
                    max_examples=15, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck)
                ),
            )
        finally:
            runner.run(running.__aexit__(None, None, None))
