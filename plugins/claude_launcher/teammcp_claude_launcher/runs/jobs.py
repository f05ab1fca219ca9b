"""The job that forgets what happened long ago."""

from __future__ import annotations

from teammcp import Context, Job, Team

from .operations.forgetting import forget_runs

SECONDS = 600


async def forget(team: Team) -> None:
    """Forget what is to be kept no longer, some runs at a time."""
    context = Context.inside(team)
    while (await context.call(forget_runs)).more:
        pass


JOBS = [Job("claude_launcher.forget", forget, every=SECONDS, per_team=True)]
