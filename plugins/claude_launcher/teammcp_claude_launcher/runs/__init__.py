"""What was: each run of an agent's program, what happened in it, and why it ended."""

from __future__ import annotations

from .ends import ENDS, End
from .models import Run
from .queries import last_run, live_on, live_run
from .showing import run_of, runs_of, show_home
from .team_tools import tools_used

__all__ = ["ENDS", "End", "Run", "last_run", "live_on", "live_run", "run_of", "runs_of", "show_home", "tools_used"]
