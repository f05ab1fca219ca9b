"""Count how often agents had to wait for a person."""

from collections import Counter

from teammcp import MemberStatus, Team, hookimpl

waits: Counter[str] = Counter()


@hookimpl
def status_changed(team: Team, agent: str, before: MemberStatus, after: MemberStatus) -> None:
    if after.status == "waiting":
        waits[f"{agent}: {after.reason}"] += 1
