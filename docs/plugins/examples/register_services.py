"""Work as long as a team is open: log what is sent in it."""

import logging

from teammcp import Service, Team, hookimpl

log = logging.getLogger(__name__)


async def listen(team: Team) -> None:
    with team.hub.subscribe(lambda event: event.kind == "message.sent") as events:
        while not events.closed:
            for event in await events.next(timeout=60):
                log.info("%s: %s wrote in %s", team.name, event.actor, event.channel)


@hookimpl
def register_services() -> list[Service]:
    return [Service("example.listen", listen, per_team=True)]
