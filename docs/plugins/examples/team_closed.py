"""End what works for a team before the team is closed."""

from asyncio import Task

from teammcp import Team, hookimpl

workers: dict[str, Task[None]] = {}


@hookimpl
def team_closed(team: Team) -> None:
    worker = workers.pop(team.name, None)
    if worker is not None:
        worker.cancel()
