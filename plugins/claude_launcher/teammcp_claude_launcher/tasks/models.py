"""Public shapes of what is used for tasks."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from teammcp import LARGEST_ID, Author, Result

TaskId = Annotated[int, Field(ge=1, le=LARGEST_ID)]
Dollars = Annotated[float, Field(ge=0, le=10**6, allow_inf_nan=False)]
Tokens = Annotated[int, Field(ge=0, le=10**12)]


class TaskLimit(Result):
    """What agents may use for a task, all together: US dollars and tokens. 0 is no limit."""

    cost_usd: float
    tokens: int


class AgentShare(Result):
    """What one agent has used for a task."""

    agent: Author
    tokens_in: int
    tokens_out: int
    cost_usd: float


class TaskUsage(Result):
    """What agents have used for a task, and may.

    ``spent``: a limit is used up, and none of them works on it until more may be used.
    """

    task_id: int
    tokens_in: int
    tokens_out: int
    cost_usd: float
    agents: list[AgentShare]
    limit: TaskLimit
    spent: bool

    def text(self) -> str:
        """One line, and one for each agent."""
        may = [f"${self.limit.cost_usd:.2f}"] if self.limit.cost_usd else []
        may += [f"{self.limit.tokens} tokens"] if self.limit.tokens else []
        line = f"task {self.task_id}: ${self.cost_usd:.4f}, {self.tokens_in + self.tokens_out} tokens"
        line += f" of {' and '.join(may) or 'no limit'}{', which is used up' if self.spent else ''}"
        return "\n".join(
            [line, *(f"{each.agent}: ${each.cost_usd:.4f}, {each.tokens_in + each.tokens_out}" for each in self.agents)]
        )
