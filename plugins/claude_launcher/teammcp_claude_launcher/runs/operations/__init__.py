"""The operations of runs."""

from __future__ import annotations

from typing import Any

from .beginning import begin_run
from .forgetting import forget_runs
from .reading import get_agent_log, get_agent_process, get_run, get_run_entries, list_runs
from .recording import record_entries
from .settling import settle_machine

OPERATIONS: list[Any] = [
    begin_run,
    record_entries,
    settle_machine,
    forget_runs,
    list_runs,
    get_run,
    get_run_entries,
    get_agent_process,
    get_agent_log,
]
