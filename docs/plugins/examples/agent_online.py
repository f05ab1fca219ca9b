"""Note who came, for instance to wake a display in the office."""

from teammcp import Team, hookimpl

seen: list[str] = []


@hookimpl
def agent_online(team: Team, agent: str) -> None:
    seen.append(f"{team.name}/{agent}")
