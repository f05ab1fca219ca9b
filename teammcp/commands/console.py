"""``teammcp status``, ``watch`` and ``logs``: the whole team from one window."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from .client import KEY, Refused, address, key_from, patiently, request, url_option

if TYPE_CHECKING:
    from ..features.inbox import Synced

WAIT_MS = 30_000
ANSWER_TIMEOUT = 60
"""Seconds after which a server counts as gone; longer than it may wait for something to happen."""
LOOKED_BACK = 500
"""Events of the log among which the last ones are looked for."""
OPEN = "doing,blocked"
NOT_TO_BE_HAD = {403, 404}
"""What list_loops answers to those who are no managers, and where the guard is switched off."""


@click.command()
@url_option
def status(url: str | None) -> None:
    """Print who does what: each member, the tasks that are begun or blocked, and what the guard has stopped."""
    from ..features.agents import AgentList
    from ..features.guard import Loops
    from ..features.tasks import TaskList

    click.echo(AgentList.model_validate(_call("get_agents", url)).text())
    click.echo(TaskList.model_validate(_call("list_tasks", url, status=OPEN)).text())
    try:
        loops = Loops.model_validate(_call("list_loops", url))
    except Refused as error:
        if error.status not in NOT_TO_BE_HAD:
            raise
        return
    if loops.loops:
        click.echo(loops.text())


@click.command()
@click.option("--timeout", type=click.IntRange(min=1), help="Seconds after which it ends. Default: never.")
@url_option
def watch(timeout: int | None, url: str | None) -> None:
    """Print what happens in the team, one line each, as far as you may see it, until Ctrl-C.

    A server that is away is waited for; nothing is left out meanwhile.
    """
    ends_at = None if timeout is None else time.monotonic() + timeout
    cursor = patiently(lambda: _sync(url)).cursor
    while (left := WAIT_MS if ends_at is None else int(1000 * (ends_at - time.monotonic()))) > 0:
        found = _next(url, cursor, min(left, WAIT_MS))
        cursor = found.cursor
        for line in found.lines():
            click.echo(line)


@click.command()
@click.option("--channel", help="The messages of this channel, or with a member as dm:NAME.")
@click.option("--agent", help="What this agent shows of its work. For managers and the agent itself.")
@click.option("--last", type=click.IntRange(1, 100), default=20, show_default=True, help="How many.")
@url_option
def logs(channel: str | None, agent: str | None, last: int, url: str | None) -> None:
    """Print what has happened in the team last, or in a channel, or in an agent's work."""
    from ..features.directives import Output
    from ..features.messages import History

    if channel and agent:
        raise click.UsageError("Give --channel or --agent, or neither.")
    if channel:
        click.echo(History.model_validate(_call("get_history", url, channel=channel, limit=last)).text())
    elif agent:
        click.echo(Output.model_validate(_call("get_agent_output", url, agent=agent, limit=last)).text())
    else:
        from ..events.runs import id_in

        newest = _sync(url).cursor
        lines = _sync(url, since=max(0, id_in(newest) - LOOKED_BACK)).lines()
        click.echo("\n".join(lines[-last:]) or "(nothing)")


def _next(url: str | None, cursor: int, wait_ms: int) -> Synced:
    return patiently(lambda: _sync(url, since=cursor, wait_ms=wait_ms))


def _sync(url: str | None, **arguments: Any) -> Synced:
    from ..features.inbox import Synced

    return Synced.model_validate(_call("sync", url, **arguments))


def _call(name: str, url: str | None, **arguments: Any) -> Any:
    return request("POST", f"{address(url)}/api/call/{name}", key_from(KEY), arguments, timeout=ANSWER_TIMEOUT)
