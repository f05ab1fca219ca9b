"""Correct what is kept in memory when the machine's clock was set."""

from teammcp import Team, hookimpl

ends_at: dict[str, int] = {}


@hookimpl
def clock_jumped(team: Team, milliseconds: int) -> None:
    if team.name in ends_at:
        ends_at[team.name] += milliseconds
