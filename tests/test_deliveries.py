"""Cursors and deliveries have one home: what moved there from other tables is as it was, and goes with a membership."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from teammcp.features import built_in
from teammcp.plugins import PluginManager
from teammcp.storage import load_migrations
from teammcp.storage.sqlite.migrations import migrate
from teammcp.testing import TestTeam


def test_how_far_a_member_was_before_cursors_had_a_table_is_known_after(tmp_path: Path) -> None:
    steps = load_migrations("events", "teammcp.events") + load_migrations("operations", "teammcp.operations")
    for _, migrations in PluginManager(built_in()).collect("register_migrations"):
        steps += migrations
    before = [step for step in steps if step.feature in {"events", "operations", "agents"}]
    before += [step for step in steps if step.feature in {"channels", "messages"} and step.name in EARLIER]
    connection = sqlite3.connect(tmp_path / "team.db", isolation_level=None)
    migrate(connection, before)
    connection.execute(
        "INSERT INTO agents (name, folded, kind, role, access, description, created_at)"
        " VALUES ('ann', 'ann', 'agent', '', 2, '', 0), ('bob', 'bob', 'agent', '', 2, '', 0)"
    )
    connection.execute(
        "INSERT INTO channel_members (agent, channel_id, joined_at, offered, read, acked, own, offered_at, read_at,"
        " acked_at) VALUES ('ann', 'general', 5, 9, 7, 4, 2, 90, 70, 40), ('bob', 'general', 6, 0, 0, 0, 0, NULL, NULL,"
        " NULL)"
    )
    migrate(connection, steps)
    found = connection.execute("SELECT * FROM cursors ORDER BY agent").fetchall()
    assert found == [
        ("ann", "general", 9, 7, 4, 2, 90, 70, 40),
        ("bob", "general", 0, 0, 0, 0, None, None, None),
    ]
    members = connection.execute("SELECT agent, channel_id, joined_at FROM channel_members ORDER BY agent").fetchall()
    assert members == [("ann", "general", 5), ("bob", "general", 6)]


EARLIER = {"channels", "messages", "answers", "folding", "late", "handed_over"}
"""The steps of channels and messages that were there when members had their cursors beside them."""


async def cursors(team: TestTeam) -> set[tuple[str, str]]:
    def read(reader: Any) -> set[tuple[str, str]]:
        return {(row["agent"], row["channel_id"]) for row in reader.all("SELECT agent, channel_id FROM cursors")}

    found: set[tuple[str, str]] = await team.team.database.read(read)
    return found


async def members(team: TestTeam) -> set[tuple[str, str]]:
    def read(reader: Any) -> set[tuple[str, str]]:
        rows = reader.all("SELECT agent, channel_id FROM channel_members")
        return {(row["agent"], row["channel_id"]) for row in rows}

    found: set[tuple[str, str]] = await team.team.database.read(read)
    return found


async def test_whoever_is_a_member_has_a_cursor_and_nobody_else(team: TestTeam) -> None:
    ann, bob = await team.agent("ann"), await team.agent("bob", access="manager")
    await ann.call("create_channel", id="plans", type="topic", members=["bob"])
    await ann.call("create_channel", id="open")
    await bob.call("send_message", channel="open", content="who speaks wants to hear the answer")
    await bob.call("send_dm", recipient="ann", content="psst")
    assert ("bob", "open") in await members(team)
    assert await cursors(team) == await members(team)
    await bob.call("leave_channel", channel="plans")
    await bob.call("remove_channel_member", channel="open", agent_name="ann")
    assert await cursors(team) == await members(team)
    await bob.call("add_channel_member", channel="open", agent_name="ann")
    assert await cursors(team) == await members(team)


async def test_whoever_comes_back_to_a_channel_has_what_was_said_meanwhile_behind_it(team: TestTeam) -> None:
    ann, bob = await team.agent("ann"), await team.agent("bob")
    await ann.call("create_channel", id="open")
    await bob.call("join_channel", channel="open")
    await ann.call("send_message", channel="open", content="one @bob")
    await bob.call("leave_channel", channel="open")
    await ann.call("send_message", channel="open", content="two")
    await bob.call("join_channel", channel="open")
    await ann.call("send_message", channel="open", content="three")
    inbox = await bob.call("get_inbox")
    assert [[message.content for message in part.messages] for part in inbox.channels] == [["three"]]
