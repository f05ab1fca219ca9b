"""What plugins read of the shared state to keep track of it: versions, and what led to them."""

from __future__ import annotations

from typing import Any

from teammcp.features.state import entries_after, field_versions, version_written
from teammcp.testing import TestTeam


async def test_versions_are_there_by_name_also_of_what_was_deleted(team: TestTeam) -> None:
    for field in ("deploy.web", "deploy.db", "lead", "deploy"):
        await team.owner.call("set_state", field=field, value=1)
    await team.owner.call("delete_state", field="deploy.web")

    def found(reader: Any, prefix: str) -> list[tuple[str, int, bool]]:
        return [(each.field, each.version, each.deleted) for each in field_versions(reader, "default", prefix)]

    read = team.team.database.read
    assert await read(found, "deploy.") == [("deploy.db", 1, False), ("deploy.web", 2, True)]
    assert [name for name, *_ in await read(found, "")] == ["deploy", "deploy.db", "deploy.web", "lead"]
    assert await read(found, "x") == []


async def test_what_led_to_a_version_and_who_wrote_it(team: TestTeam) -> None:
    bob = await team.agent("bob", access="manager")
    for member, value in ((bob, 1), (team.owner, 2), (bob, 3), (team.owner, 4)):
        await member.call("set_state", field="f", value=value)
    read = team.team.database.read
    entries = await read(entries_after, "default", "f", 1, 2)
    assert [(entry.version, entry.old_value, entry.value) for entry in entries] == [(4, 3, 4), (3, 2, 3)]
    assert await read(entries_after, "default", "none", 0, 2) == []
    written = [await read(version_written, "default", "f", name) for name in ("bob", "owner", "carol")]
    assert written == [3, 4, 0]
