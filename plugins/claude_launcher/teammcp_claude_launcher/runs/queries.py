"""SQL of runs and of what happened in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from teammcp import Reader, Row, Transaction, marks

COLUMNS = (
    "id, agent, machine, runtime, cause, request, state, state_reason, resumed, conversation, program, folder, pid,"
    " turns, tokens_in, tokens_out, cost_micros, last_words, entries, asked_at, started_at, changed_at, ended_at,"
    " reason, detail, exit_code, last_output, channels, all_channels, task, lacks_tools"
)
CHANGING = (
    "state", "state_reason", "resumed", "conversation", "program", "folder", "pid", "turns", "tokens_in", "tokens_out",
    "cost_micros", "last_words", "entries", "started_at", "changed_at", "ended_at", "reason", "detail", "exit_code",
    "last_output", "channels", "all_channels", "task", "lacks_tools",
)  # fmt: skip
"""Columns that change while a run goes on."""


def run(reader: Reader, run_id: int) -> Row | None:
    """One run."""
    return reader.one(f"SELECT {COLUMNS} FROM launcher_runs WHERE id = ?", (run_id,))  # noqa: S608


def by_request(reader: Reader, request: str) -> Row | None:
    """The run that was granted for a runner's request."""
    return reader.one(f"SELECT {COLUMNS} FROM launcher_runs WHERE request = ?", (request,))  # noqa: S608


def live_run(reader: Reader, agent: str) -> Row | None:
    """The agent's run that has not ended."""
    return reader.one(
        f"SELECT {COLUMNS} FROM launcher_runs WHERE agent = ? AND ended_at IS NULL",  # noqa: S608
        (agent,),
    )


def last_run(reader: Reader, agent: str) -> Row | None:
    """The agent's newest run."""
    return reader.one(
        f"SELECT {COLUMNS} FROM launcher_runs WHERE agent = ? ORDER BY id DESC LIMIT 1",  # noqa: S608
        (agent,),
    )


def live_on(reader: Reader, machine: str) -> list[Row]:
    """The runs on a machine that have not ended."""
    return reader.all(
        f"SELECT {COLUMNS} FROM launcher_runs WHERE machine = ? AND ended_at IS NULL ORDER BY id",  # noqa: S608
        (machine,),
    )


def listed(reader: Reader, agent: str | None, machine: str | None, live: bool, before: int, limit: int) -> list[Row]:
    """Runs, newest first: of an agent, on a machine, those that have not ended, or all."""
    wanted, values = ["id < ?"], [before]
    for column, value in (("agent", agent), ("machine", machine)):
        if value is not None:
            wanted.append(f"{column} = ?")
            values.append(value)  # type: ignore[arg-type]
    if live:
        wanted.append("ended_at IS NULL")
        wanted += ["machine IN (SELECT name FROM launcher_machines)"] if len(values) == 1 else []  # for the index
    return reader.all(
        f"SELECT {COLUMNS} FROM launcher_runs WHERE {' AND '.join(wanted)} ORDER BY id DESC LIMIT ?",  # noqa: S608
        (*values, limit),
    )


def ends(reader: Reader, agent: str, limit: int) -> list[Row]:
    """How the agent's last runs have ended, newest first: when and why."""
    return reader.all(
        "SELECT ended_at, reason FROM launcher_runs WHERE agent = ? ORDER BY id DESC LIMIT ?", (agent, limit)
    )


def add(
    tx: Transaction, agent: str, machine: str, runtime: str, cause: str, request: str, resumed: int, at: int
) -> int:
    """Add a run that is to begin; its number."""
    return tx.insert(
        "INSERT INTO launcher_runs (agent, machine, runtime, cause, request, state, state_reason, resumed, program,"
        " folder, turns, tokens_in, tokens_out, cost_micros, last_words, entries, asked_at, changed_at, reason, detail,"
        " last_output) VALUES (?, ?, ?, ?, ?, 'starting', '', ?, '', '', 0, 0, 0, 0, '', 0, ?, ?, '', '', '')",
        (agent, machine, runtime, cause, request, resumed, at, at),
    )


def update(tx: Transaction, run_id: int, values: Mapping[str, Any]) -> None:
    """Write down how a run stands; ``values`` has all columns that change."""
    columns = ", ".join(f"{column} = ?" for column in CHANGING)
    tx.execute(
        f"UPDATE launcher_runs SET {columns} WHERE id = ?",  # noqa: S608
        (*(values[column] for column in CHANGING), run_id),
    )


# -- what happened in them -------------------------------------------------------------------------------------------


def add_entries(tx: Transaction, rows: Sequence[tuple[int, int, int, str, str, str | None]]) -> None:
    """Add entries: of each the run, the number, when, the kind, the data and the channels of its turn.

    One that is there already stays.
    """
    tx.execute_many(
        "INSERT INTO launcher_entries (run_id, seq, at, kind, data, channels) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT DO NOTHING",
        rows,
    )


def add_turns(tx: Transaction, rows: Sequence[tuple[int, int, int]]) -> None:
    """Keep in which turns messages were written to programs: of each the message, the run and the entry's number."""
    tx.execute_many(
        "INSERT INTO launcher_turns (message_id, run_id, seq) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", rows
    )


def last_turn_of(reader: Reader, message_id: int) -> Row | None:
    """The last turn in which a message was written to a program: run_id, seq."""
    return reader.one(
        "SELECT run_id, seq FROM launcher_turns WHERE message_id = ? ORDER BY run_id DESC, seq DESC LIMIT 1",
        (message_id,),
    )


def entries_after(reader: Reader, run_id: int, after: int, limit: int) -> list[Row]:
    """A run's entries behind a number, in their order."""
    return reader.all(
        "SELECT seq, at, data, channels FROM launcher_entries WHERE run_id = ? AND seq > ? ORDER BY seq LIMIT ?",
        (run_id, after, limit),
    )


def entries_before(reader: Reader, run_id: int, before: int, limit: int) -> list[Row]:
    """A run's last entries before a number, newest first."""
    return reader.all(
        "SELECT seq, at, data, channels FROM launcher_entries WHERE run_id = ? AND seq < ? ORDER BY seq DESC LIMIT ?",
        (run_id, before, limit),
    )


def of_turns(reader: Reader, run_id: int, limit: int) -> list[str]:
    """The data of a run's last entries that tell of turns, newest first."""
    rows = reader.all(
        "SELECT data FROM launcher_entries WHERE run_id = ? AND kind IN ('turn', 'taken', 'turn_ended')"
        " ORDER BY seq DESC LIMIT ?",
        (run_id, limit),
    )
    return [row["data"] for row in rows]


def senders(reader: Reader, message_ids: Sequence[int]) -> list[Row]:
    """Who has sent these messages, of each its id and sender."""
    return reader.all(
        f"SELECT id, sender FROM v_messages WHERE id IN ({marks(message_ids)})",  # noqa: S608
        tuple(message_ids),
    )


def creator(reader: Reader, task_id: int | None) -> str | None:
    """Who has made a task."""
    found: str | None = reader.value("SELECT creator FROM v_tasks WHERE id = ?", (task_id,))
    return found


def closed_channels(reader: Reader, message_ids: Sequence[int]) -> list[str]:
    """The channels that not everybody reads of which some of these messages are."""
    rows = reader.all(
        "SELECT DISTINCT c.id FROM v_messages m JOIN v_channels c ON c.id = m.channel"  # noqa: S608
        f" WHERE m.id IN ({marks(message_ids)}) AND c.kind <> 'group' ORDER BY c.id",
        tuple(message_ids),
    )
    return [row["id"] for row in rows]


def keep_entries(tx: Transaction, run_id: int, count: int) -> int:
    """Delete the oldest entries of a run so that no more than so many are left; how many those were."""
    last_kept = tx.value(
        "SELECT seq FROM launcher_entries WHERE run_id = ? ORDER BY seq DESC LIMIT 1 OFFSET ?", (run_id, count - 1)
    )
    if last_kept is None:
        return 0
    tx.execute("DELETE FROM launcher_turns WHERE run_id = ? AND seq < ?", (run_id, last_kept))
    return tx.execute("DELETE FROM launcher_entries WHERE run_id = ? AND seq < ?", (run_id, last_kept))


def forgettable(reader: Reader, before: int, limit: int) -> list[int]:
    """Runs that ended before then, and of which entries are kept."""
    rows = reader.all(
        "SELECT id FROM launcher_runs WHERE ended_at < ? AND entries > 0 ORDER BY ended_at, id LIMIT ?", (before, limit)
    )
    return [row["id"] for row in rows]


def forget_entries(tx: Transaction, run_ids: Sequence[int]) -> None:
    """Delete all entries of these runs."""
    tx.execute(f"DELETE FROM launcher_turns WHERE run_id IN ({marks(run_ids)})", tuple(run_ids))  # noqa: S608
    tx.execute(f"DELETE FROM launcher_entries WHERE run_id IN ({marks(run_ids)})", tuple(run_ids))  # noqa: S608
    tx.execute(f"UPDATE launcher_runs SET entries = 0 WHERE id IN ({marks(run_ids)})", tuple(run_ids))  # noqa: S608
