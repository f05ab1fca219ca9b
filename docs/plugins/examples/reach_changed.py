"""Keep who could not be reached any more, until they can be."""

from teammcp import Team, hookimpl

lost: set[str] = set()


@hookimpl
def reach_changed(team: Team, agent: str, reachable: bool) -> None:
    if reachable:
        lost.discard(agent)
    else:
        lost.add(agent)
