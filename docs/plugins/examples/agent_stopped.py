"""Log why programs of agents end."""

import logging

from teammcp import AgentRun, Context, hookimpl

log = logging.getLogger(__name__)


@hookimpl
def agent_stopped(context: Context, run: AgentRun) -> None:
    log.info("run %d of %s has ended: %s", run.id, run.agent.name, run.reason)
