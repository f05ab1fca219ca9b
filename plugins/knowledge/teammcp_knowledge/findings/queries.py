"""The SQL of findings, but for their full-text search."""

from __future__ import annotations

from collections.abc import Sequence

from teammcp import Reader, Row, Transaction, marks

COLUMNS = "id, content_id, title, body, tags, first_author, contributors, retracted, posted_at, updated_at"

# -- findings --------------------------------------------------------------------------------------------------------


def finding(reader: Reader, content_id: str) -> Row | None:
    """The finding of exactly that content; also a retracted one."""
    return reader.one(f"SELECT {COLUMNS} FROM knowledge_findings WHERE content_id = ?", (content_id,))  # noqa: S608


def content_ids(reader: Reader, prefix: str) -> list[str]:
    """The content ids that begin with ``prefix``: two at most, which is one too many."""
    rows = reader.all(
        "SELECT content_id FROM knowledge_findings WHERE content_id >= ? AND content_id < ?"
        " ORDER BY content_id LIMIT 2",
        (prefix, prefix + "g"),
    )
    return [row["content_id"] for row in rows]


def by_ids(reader: Reader, ids: Sequence[int]) -> list[Row]:
    """Some findings, in order of id."""
    if not ids:
        return []
    return reader.all(
        f"SELECT {COLUMNS} FROM knowledge_findings WHERE id IN ({marks(ids)}) ORDER BY id",  # noqa: S608
        tuple(ids),
    )


def newest(reader: Reader, before: int, limit: int) -> list[int]:
    """Ids of findings before ``before``, newest first."""
    rows = reader.all(
        "SELECT id FROM knowledge_findings WHERE retracted = 0 AND id < ? ORDER BY id DESC LIMIT ?", (before, limit)
    )
    return [row["id"] for row in rows]


def top(reader: Reader, contributors: float, before: int, limit: int) -> list[tuple[int, int]]:
    """Contributors and ids of findings, those of most contributors first, behind a place in this order."""
    rows = reader.all(
        "SELECT contributors, id FROM knowledge_findings WHERE retracted = 0 AND contributors <= ?"
        " AND (contributors < ? OR id < ?) ORDER BY contributors DESC, id DESC LIMIT ?",
        (int(contributors), int(contributors), before, limit),
    )
    return [(row["contributors"], row["id"]) for row in rows]


def insert_finding(tx: Transaction, content_id: str, title: str, body: str, tags: str, author: str, at: int) -> int:
    """Add a finding of one contributor; its id."""
    return tx.insert(
        "INSERT INTO knowledge_findings (content_id, title, body, tags, first_author, contributors, retracted,"
        " posted_at, updated_at) VALUES (?, ?, ?, ?, ?, 0, 0, ?, ?)",
        (content_id, title, body, tags, author, at, at),
    )


def set_retracted(tx: Transaction, finding_id: int, retracted: bool, at: int) -> None:
    """Retract a finding, or revive it."""
    tx.execute(
        "UPDATE knowledge_findings SET retracted = ?, updated_at = ? WHERE id = ?", (int(retracted), at, finding_id)
    )


# -- contributors and history ----------------------------------------------------------------------------------------


def add_contributor(tx: Transaction, finding_id: int, agent: str, at: int) -> bool:
    """Add a contributor; False if it was one already."""
    added = tx.execute(
        "INSERT INTO knowledge_contributors (finding_id, agent, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
        (finding_id, agent, at),
    )
    if added:
        tx.execute(
            "UPDATE knowledge_findings SET contributors = contributors + 1, updated_at = ? WHERE id = ?",
            (at, finding_id),
        )
    return bool(added)


def contributors(reader: Reader, finding_id: int) -> list[Row]:
    """Everybody who posted a finding, in the order of names."""
    return reader.all("SELECT agent, at FROM knowledge_contributors WHERE finding_id = ? ORDER BY agent", (finding_id,))


def insert_history(
    tx: Transaction,
    finding_id: int,
    action: str,
    agent: str,
    at: int,
    reason: str,
    task_id: int | None,
    message_id: int | None,
) -> None:
    """Keep for good what was done with a finding."""
    tx.execute(
        "INSERT INTO knowledge_history (finding_id, action, agent, at, reason, task_id, message_id)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (finding_id, action, agent, at, reason, task_id, message_id),
    )


def history(reader: Reader, finding_id: int, limit: int) -> list[Row]:
    """What was done with a finding, newest first."""
    return reader.all(
        "SELECT action, agent, at, reason, task_id, message_id FROM knowledge_history"
        " WHERE finding_id = ? ORDER BY id DESC LIMIT ?",
        (finding_id, limit),
    )


def is_source(reader: Reader, finding_id: int, agent: str, task_id: int | None, message_id: int | None) -> bool:
    """Whether the agent has said already that a finding comes from this task and message."""
    return bool(
        reader.value(
            "SELECT 1 FROM knowledge_history WHERE finding_id = ? AND agent = ?"
            " AND COALESCE(task_id, 0) = ? AND COALESCE(message_id, 0) = ? LIMIT 1",
            (finding_id, agent, task_id or 0, message_id or 0),
        )
    )


# -- tags ------------------------------------------------------------------------------------------------------------


def count_tag(tx: Transaction, tag: str, added: int) -> None:
    """Note that there are ``added`` findings more with a tag."""
    tx.execute(
        "INSERT INTO knowledge_tags (tag, findings) VALUES (?, ?)"
        " ON CONFLICT (tag) DO UPDATE SET findings = knowledge_tags.findings + excluded.findings",
        (tag, added),
    )


def tags(reader: Reader, limit: int) -> list[Row]:
    """The tags in use, those of most findings first."""
    return reader.all(
        "SELECT tag, findings FROM knowledge_tags WHERE findings > 0 ORDER BY findings DESC, tag LIMIT ?", (limit,)
    )
