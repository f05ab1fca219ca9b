"""The SQL of usage and budgets."""

from __future__ import annotations

from ....storage import Reader, Row, Transaction, present


def usage_of_day(reader: Reader, agent: str, day: str) -> Row:
    """What an agent reported for a day, over all models: ``tokens_in``, ``tokens_out``, ``cost_micros``."""
    return present(
        reader.one(
            "SELECT coalesce(sum(tokens_in), 0) AS tokens_in, coalesce(sum(tokens_out), 0) AS tokens_out,"
            " coalesce(sum(cost_micros), 0) AS cost_micros FROM usage WHERE agent = ? AND day = ?",
            (agent, day),
        )
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
