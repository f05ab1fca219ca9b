"""Warn when an agent that should always run has gone."""

import logging

from teammcp import Team, hookimpl

log = logging.getLogger(__name__)
ALWAYS_ON = {"builder"}


@hookimpl
def agent_offline(team: Team, agent: str) -> None:
    if agent in ALWAYS_ON:
        log.warning("%s is not there any more, in team %s", agent, team.name)
