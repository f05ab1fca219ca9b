"""Settings of the plugin: the table ``[plugins.claude_launcher]``."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from teammcp import Line

PLUGIN = "claude_launcher"
"""What the plugin is called: its settings and its secrets are found under it."""
Name = Annotated[Line, Field(min_length=1, max_length=64)]


class LauncherSettings(BaseModel):
    """How agents' programs are run, where their homes do not say otherwise."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    machine: Name | None = Field(None, description="The name of the server's own machine. Default: that of its host")
    local_runner: bool = Field(True, description="Whether the server starts a runner for its own machine")
    folder: str = Field("", description="Where agents' own folders are made. Default: in the runner's data folder")
    at_once: int = Field(10, ge=1, description="Programs that run at once on one machine")
    most_homes: int = Field(100, ge=1, description="Agents of a team that may be run here, whoever starts them")
    idle_minutes: float = Field(
        15, gt=0, description="Minutes without work after which a program ends until it is needed"
    )
    quiet_minutes: float = Field(
        20, gt=0, description="Minutes without any output in a turn after which it counts as hung"
    )
    sign_seconds: float = Field(
        10, gt=0, description="Seconds within which a program is to show that it works on a turn"
    )
    stop_seconds: float = Field(5, ge=0, description="Seconds that a program gets to end before it is killed")
    memory_mb: int = Field(4096, ge=0, description="Megabytes of memory of one agent's processes; 0 for no limit")
    restarts: int = Field(3, ge=0, description="Restarts after crashes within five minutes, then a person has to look")
    run_cost_usd: float = Field(0, ge=0, description="US dollars that one run may cost; 0 for no limit")
    run_tokens: int = Field(0, ge=0, description="Tokens that one run may use; 0 for no limit")
    task_cost_usd: float = Field(
        0, ge=0, description="US dollars that agents may use for one task, all together; 0 for no limit"
    )
    task_tokens: int = Field(0, ge=0, description="Tokens that agents may use for one task; 0 for no limit")
    team_daily_cost_usd: float = Field(0, ge=0, description="US dollars that all agents may cost in a day; 0: no limit")
    team_daily_tokens: int = Field(0, ge=0, description="Tokens that all agents may use in a day; 0 for no limit")
    keep_days: int = Field(30, ge=1, description="Days for which what happened in a run is kept after its end")
    run_entries: int = Field(5000, ge=100, description="Entries of a run that are kept; of more, the oldest go")
    server_gone_minutes: float = Field(
        15, gt=0, description="Minutes without the server after which its own runner ends all programs and itself"
    )
