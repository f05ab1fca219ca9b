"""The SQL of the guard."""

from __future__ import annotations

from ...storage import Reader, Row, Transaction

COLUMNS = "id, kind, channel, agents, digest, count, seconds, stopped_at, released_at, released_by"

# -- loops -----------------------------------------------------------------------------------------------------------


def loop(reader: Reader, loop_id: int) -> Row | None:
    """One loop."""
    return reader.one(f"SELECT {COLUMNS} FROM loops WHERE id = ?", (loop_id,))  # noqa: S608


def stopped_loops(reader: Reader) -> list[Row]:
    """Every loop that is stopped, newest first."""
    return reader.all(
        f"SELECT {COLUMNS} FROM loops WHERE released_at IS NULL AND stopped_at >= 0 ORDER BY stopped_at DESC"  # noqa: S608
    )


def loops(reader: Reader, before: int, limit: int) -> list[Row]:
    """Loops with smaller ids than ``before``, released ones too, newest first."""
    return reader.all(
        f"SELECT {COLUMNS} FROM loops WHERE id < ? ORDER BY id DESC LIMIT ?",  # noqa: S608
        (before, limit),
    )


def stopped_loop(reader: Reader, channel: str, kind: str, agents: str, digest: str) -> Row | None:
    """The loop of this pattern that is stopped; ``agents`` is JSON."""
    return reader.one(
        f"SELECT {COLUMNS} FROM loops WHERE channel = ? AND kind = ? AND agents = ? AND digest = ?"  # noqa: S608
        " AND released_at IS NULL",
        (channel, kind, agents, digest),
    )


def insert_loop(
    tx: Transaction, kind: str, channel: str, agents: str, digest: str, count: int, seconds: int, at: int
) -> int:
    """Add a loop that is stopped; its id."""
    return tx.insert(
        "INSERT INTO loops (kind, channel, agents, digest, count, seconds, stopped_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (kind, channel, agents, digest, count, seconds, at),
    )


def release_loop(tx: Transaction, loop_id: int, by: str, at: int) -> int:
    """Note who let a loop go on; 0 if that was done already."""
    return tx.execute(
        "UPDATE loops SET released_at = ?, released_by = ? WHERE id = ? AND released_at IS NULL", (at, by, loop_id)
    )


# -- usage and budgets -----------------------------------------------------------------------------------------------


def count_messages(reader: Reader, sender: str, start: int, end: int) -> int:
    """How many messages somebody sent from ``start`` on and before ``end``."""
    return int(
        reader.value(
            "SELECT count(*) FROM messages WHERE sender = ? AND created_at >= ? AND created_at < ?",
            (sender, start, end),
        )
    )


def usage_of_day(reader: Reader, agent: str, day: str) -> Row:
    """What an agent reported for a day, over all models: ``tokens_in``, ``tokens_out``, ``cost_micros``."""
    return reader.one(
        "SELECT coalesce(sum(tokens_in), 0) AS tokens_in, coalesce(sum(tokens_out), 0) AS tokens_out,"
        " coalesce(sum(cost_micros), 0) AS cost_micros FROM usage WHERE agent = ? AND day = ?",
        (agent, day),
    )


def add_usage(
    tx: Transaction, agent: str, day: str, model: str, tokens_in: int, tokens_out: int, cost_micros: int
) -> None:
    """Add to what an agent reported for a day."""
    tx.execute(
        "INSERT INTO usage (agent, day, model, tokens_in, tokens_out, cost_micros) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (agent, day, model) DO UPDATE SET tokens_in = usage.tokens_in + excluded.tokens_in,"
        " tokens_out = usage.tokens_out + excluded.tokens_out, cost_micros = usage.cost_micros + excluded.cost_micros",
        (agent, day, model, tokens_in, tokens_out, cost_micros),
    )


def budgets(reader: Reader) -> list[Row]:
    """Every budget that differs from the settings."""
    return reader.all("SELECT agent, messages, tokens, cost_micros FROM budgets")


def set_budget(tx: Transaction, agent: str, messages: int | None, tokens: int | None, cost_micros: int | None) -> None:
    """Set what an agent may use in a day; None stands for the settings."""
    tx.execute(
        "INSERT INTO budgets (agent, messages, tokens, cost_micros) VALUES (?, ?, ?, ?) ON CONFLICT (agent)"
        " DO UPDATE SET messages = excluded.messages, tokens = excluded.tokens, cost_micros = excluded.cost_micros",
        (agent, messages, tokens, cost_micros),
    )
