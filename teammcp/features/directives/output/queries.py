"""The SQL of agents' output."""

from __future__ import annotations

from ....storage import Reader, Row, Transaction


def head(reader: Reader, agent: str) -> Row | None:
    """The ``seq`` of an agent's newest chunk, and the bytes there were up to its end."""
    return reader.one("SELECT seq, total FROM agent_output WHERE agent = ? ORDER BY seq DESC LIMIT 1", (agent,))


def append(
    tx: Transaction, agent: str, seq: int, kind: str, directive_id: int | None, text: str, total: int, at: int
) -> None:
    """Add a chunk."""
    tx.execute(
        "INSERT INTO agent_output (agent, seq, kind, directive_id, text, total, at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (agent, seq, kind, directive_id, text, total, at),
    )


def forget(tx: Transaction, agent: str, seq: int, total: int) -> None:
    """Delete the chunks up to a number, and those that end up to a count of bytes."""
    tx.execute("DELETE FROM agent_output WHERE agent = ? AND seq <= ?", (agent, seq))
    tx.execute("DELETE FROM agent_output WHERE agent = ? AND total <= ?", (agent, total))


def since(reader: Reader, agent: str, seq: int, limit: int) -> list[Row]:
    """The chunks behind a number, oldest first."""
    return reader.all(
        "SELECT seq, kind, directive_id, text, at FROM agent_output WHERE agent = ? AND seq > ? ORDER BY seq LIMIT ?",
        (agent, seq, limit),
    )


def errors(reader: Reader, agent: str, limit: int) -> list[Row]:
    """The chunks that tell what went wrong, newest first; of an agent a few hundred are kept at most."""
    return reader.all(
        "SELECT seq, kind, directive_id, text, at FROM agent_output WHERE agent = ? AND kind = 'error'"
        " ORDER BY seq DESC LIMIT ?",
        (agent, limit),
    )
