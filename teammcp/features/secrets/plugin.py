"""The hooks of secrets."""

from __future__ import annotations

import logging

from ...events import EventData
from ...plugins.markers import hookimpl
from ...secrets import queries
from ...secrets.events import EVENT_KINDS
from ...secrets.store import renew
from ...server import Server, Team
from ...storage import Migration, load_migrations
from .health import SecretsHealth

log = logging.getLogger(__name__)


@hookimpl
def register_migrations() -> list[Migration]:
    return load_migrations("secrets", "teammcp.secrets")


@hookimpl
def register_event_kinds() -> tuple[type[EventData], ...]:
    return EVENT_KINDS


@hookimpl
async def team_opened(team: Team) -> None:
    """Seal anew what an older key has sealed, and note which keys are gone."""
    keys = team.server.secret_keys
    used = await team.database.read(queries.key_ids)
    keys.missing[team.name] = gone = used.difference(keys.ids) if used else set()
    if used and used & set(keys.ids[1:]):
        count = await team.database.write(lambda tx: renew(tx, keys, team.name))
        log.info("%s: %d secrets were sealed anew with the key %s", team.name, count, keys.newest().id)
    if gone:
        log.error("%s: secrets were sealed with a key that is not there (%s)", team.name, ", ".join(sorted(gone)))


@hookimpl
def team_closed(team: Team) -> None:
    """Know nothing of a team that is gone."""
    team.server.secret_keys.missing.pop(team.name, None)


@hookimpl
def startup(server: Server) -> None:
    """Let the server's health tell of keys that are gone."""
    server.health.add(SecretsHealth(server.secret_keys))
