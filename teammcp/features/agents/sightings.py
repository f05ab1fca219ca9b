"""What is observed of members, and done by nobody: it has no operation, and only changes are written."""

from __future__ import annotations

from ...members.directory import SYSTEM
from ...members.presence import MemberStatus, Reason
from ...server import Team
from ...storage import Transaction
from . import queries
from .events import AgentLoginFailed, AgentOffline, PresenceEvent


async def say_good_bye(team: Team, reason: Reason) -> None:
    """The server knows nothing of anybody while it does not run."""
    for name in await team.database.read(queries.still_online):
        await note_presence(team, name, AgentOffline, MemberStatus("away", reason))


async def note_presence(team: Team, name: str, kind: type[PresenceEvent], member_status: MemberStatus) -> None:
    """Write down how a member is, and append the event."""

    def work(tx: Transaction) -> None:
        queries.set_presence(tx, name, member_status.here, team.presence.last_seen(name))
        event = kind(status=member_status.status, reason=str(member_status.reason))
        team.log.append(tx, event, actor=SYSTEM.name, subject=name)

    await team.database.write(work)


async def note_failed_login(team: Team, address: str, surface: str) -> None:
    """Tell those who look after the team that somebody came with a key that is not valid."""
    managers = [agent.name for agent in team.directory.managers]

    def work(tx: Transaction) -> None:
        failed = AgentLoginFailed()
        team.log.append(tx, failed, actor=SYSTEM.name, subject=address, agents=managers, surface=surface)

    await team.database.write(work)
