"""Machines join with a token, connect with a key, and are revoked."""

from __future__ import annotations

from teammcp.testing import TestTeam

from .runners import join


async def test_a_machine_joins_with_a_token_and_connects_with_its_key(team: TestTeam) -> None:
    runner = await join(team, "box")
    async with runner.connected():
        (machine,) = (await team.owner.call("list_machines")).root
        assert (machine.name, machine.connected, machine.platform, machine.is_local) == ("box", True, "Linux", False)
        assert [each.name for each in machine.runtimes] == ["command"]
    await team.server.settle()
    (machine,) = (await team.owner.call("list_machines")).root
    assert not machine.connected
    kinds = [event.kind for event in await team.events("machine.added", "machine.connected", "machine.lost")]
    assert kinds == ["machine.added", "machine.connected", "machine.lost"]
