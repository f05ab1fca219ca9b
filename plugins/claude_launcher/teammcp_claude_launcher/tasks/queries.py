"""The SQL of what is used for tasks, and of what may be."""

from __future__ import annotations

from teammcp import Reader, Row, Transaction, present

TOTALS = (
    "coalesce(sum(tokens_in), 0) AS tokens_in, coalesce(sum(tokens_out), 0) AS tokens_out,"
    " coalesce(sum(cost_micros), 0) AS cost_micros"
)


def doing(reader: Reader, agent: str) -> int | None:
    """The task that an agent has in doing; of several the one that was begun last."""
    found: int | None = reader.value(
        "SELECT id FROM v_tasks WHERE assignee = ? AND status = 'doing' AND deleted = 0"
        " ORDER BY coalesce(started_at, 0) DESC, id DESC LIMIT 1",
        (agent,),
    )
    return found


def scope(reader: Reader, task_id: int) -> str | None:
    """The channel whose members alone see a task; None for the whole team."""
    return reader.value("SELECT scope FROM v_tasks WHERE id = ?", (task_id,)) or None


def used(reader: Reader, task_id: int) -> Row:
    """What was used for a task, by all agents: ``tokens_in``, ``tokens_out``, ``cost_micros``."""
    return present(
        reader.one(f"SELECT {TOTALS} FROM launcher_task_usage WHERE task_id = ?", (task_id,))  # noqa: S608
    )


def shares(reader: Reader, task_id: int) -> list[Row]:
    """The same for each agent, by name."""
    return reader.all(
        "SELECT agent, tokens_in, tokens_out, cost_micros FROM launcher_task_usage WHERE task_id = ? ORDER BY agent",
        (task_id,),
    )


def add_usage(tx: Transaction, task_id: int, agent: str, tokens_in: int, tokens_out: int, cost_micros: int) -> None:
    """Add to what an agent has used for a task."""
    tx.execute(
        "INSERT INTO launcher_task_usage (task_id, agent, tokens_in, tokens_out, cost_micros) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (task_id, agent) DO UPDATE SET tokens_in = launcher_task_usage.tokens_in + excluded.tokens_in,"
        " tokens_out = launcher_task_usage.tokens_out + excluded.tokens_out,"
        " cost_micros = launcher_task_usage.cost_micros + excluded.cost_micros",
        (task_id, agent, tokens_in, tokens_out, cost_micros),
    )


def limit(reader: Reader, task_id: int) -> Row | None:
    """What may be used for a task, where that is not as the settings say, and whether it was used up."""
    return reader.one(
        "SELECT task_id, cost_micros, tokens, is_spent FROM launcher_task_limits WHERE task_id = ?", (task_id,)
    )


def set_limit(tx: Transaction, task_id: int, cost_micros: int | None, tokens: int | None) -> None:
    """So much may be used for a task; None is as the settings say."""
    tx.execute(
        "INSERT INTO launcher_task_limits (task_id, cost_micros, tokens, is_spent) VALUES (?, ?, ?, 0)"
        " ON CONFLICT (task_id) DO UPDATE SET cost_micros = excluded.cost_micros, tokens = excluded.tokens",
        (task_id, cost_micros, tokens),
    )


def set_spent(tx: Transaction, task_id: int, is_spent: bool) -> None:
    """What may be used for a task is used up, or is not any more."""
    tx.execute(
        "INSERT INTO launcher_task_limits (task_id, cost_micros, tokens, is_spent) VALUES (?, NULL, NULL, ?)"
        " ON CONFLICT (task_id) DO UPDATE SET is_spent = excluded.is_spent",
        (task_id, int(is_spent)),
    )


def spent(reader: Reader) -> list[int]:
    """The tasks of which was known last that they are used up."""
    rows = reader.all("SELECT task_id FROM launcher_task_limits WHERE is_spent = 1 ORDER BY task_id")
    return [row["task_id"] for row in rows]
