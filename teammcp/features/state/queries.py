"""The SQL of fields, their versions and their subscribers."""

from __future__ import annotations

from collections.abc import Sequence

from ...storage import Reader, Row, Transaction, marks

COLUMNS = "id, project_id, field, value, version, owner, approver, approval_required, deleted, updated_at, updated_by"

CHANGES = """
SELECT c.id, c.project_id, f.field, c.version, c.action, c.value, c.owner, c.approver, c.approval_required,
       c.changed_by, c.changed_at, c.reason, c.grant_reference, o.value AS old_value
FROM state_changes c
JOIN state_fields f ON f.id = c.field_id
LEFT JOIN state_changes o ON o.field_id = c.field_id AND o.version = c.version - 1
"""

# -- fields ----------------------------------------------------------------------------------------------------------


def field(reader: Reader, project_id: str, field: str) -> Row | None:
    """One field; also a deleted one."""
    return reader.one(
        f"SELECT {COLUMNS} FROM state_fields WHERE project_id = ? AND field = ?",  # noqa: S608
        (project_id, field),
    )


def fields(reader: Reader, project_id: str, after: str, limit: int, offset: int = 0) -> list[Row]:
    """A project's fields by name, those behind ``after``."""
    return reader.all(
        f"SELECT {COLUMNS} FROM state_fields WHERE project_id = ? AND field > ? AND deleted = 0"  # noqa: S608
        " ORDER BY field LIMIT ? OFFSET ?",
        (project_id, after, limit, offset),
    )


def versions(reader: Reader, project_id: str, first: str, last: str) -> list[Row]:
    """Field, version, deleted, updated_by of a project's fields from ``first`` to before ``last``, by name."""
    return reader.all(
        "SELECT field, version, deleted, updated_by FROM state_fields"
        " WHERE project_id = ? AND field >= ? AND field < ? ORDER BY field",
        (project_id, first, last),
    )


def insert_field(
    tx: Transaction,
    project_id: str,
    field: str,
    value: str,
    owner: str,
    approver: str | None,
    approval_required: bool,
    by: str,
    at: int,
) -> int:
    """Add a field of version 1; its id."""
    return tx.insert(
        "INSERT INTO state_fields (project_id, field, value, version, owner, approver, approval_required, deleted,"
        " updated_at, updated_by) VALUES (?, ?, ?, 1, ?, ?, ?, 0, ?, ?)",
        (project_id, field, value, owner, approver, int(approval_required), at, by),
    )


def update_field(
    tx: Transaction,
    field_id: int,
    value: str | None,
    version: int,
    owner: str,
    approver: str | None,
    approval_required: bool,
    by: str,
    at: int,
) -> None:
    """Give a field its next version; without a value it is deleted."""
    tx.execute(
        "UPDATE state_fields SET value = ?, version = ?, owner = ?, approver = ?, approval_required = ?, deleted = ?,"
        " updated_at = ?, updated_by = ? WHERE id = ?",
        (value, version, owner, approver, int(approval_required), int(value is None), at, by, field_id),
    )


# -- projects --------------------------------------------------------------------------------------------------------


def project(reader: Reader, project_id: str) -> Row | None:
    """One project: how many fields it has, when and by whom it was changed last."""
    return reader.one(
        "SELECT project_id, fields, updated_at, updated_by FROM state_projects WHERE project_id = ?", (project_id,)
    )


def projects(reader: Reader, after: str, limit: int) -> list[Row]:
    """The projects that have fields, by name, from the one behind ``after`` on."""
    return reader.all(
        "SELECT project_id, fields, updated_at, updated_by FROM state_projects"
        " WHERE project_id > ? AND fields > 0 ORDER BY project_id LIMIT ?",
        (after, limit),
    )


def touch_project(tx: Transaction, project_id: str, added: int, by: str, at: int) -> None:
    """Note a change in a project that has ``added`` fields more than before."""
    tx.execute(
        "INSERT INTO state_projects (project_id, fields, updated_at, updated_by) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (project_id) DO UPDATE SET fields = state_projects.fields + excluded.fields,"
        " updated_at = excluded.updated_at, updated_by = excluded.updated_by",
        (project_id, added, at, by),
    )


# -- history ---------------------------------------------------------------------------------------------------------


def insert_change(
    tx: Transaction,
    field_id: int,
    project_id: str,
    version: int,
    action: str,
    value: str | None,
    owner: str,
    approver: str | None,
    approval_required: bool,
    by: str,
    at: int,
    reason: str,
    grant: str | None,
) -> None:
    """Write one version of a field down for good."""
    tx.execute(
        "INSERT INTO state_changes (field_id, project_id, version, action, value, owner, approver, approval_required,"
        " changed_by, changed_at, reason, grant_reference) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            field_id,
            project_id,
            version,
            action,
            value,
            owner,
            approver,
            int(approval_required),
            by,
            at,
            reason,
            grant,
        ),
    )


def changes_of_project(reader: Reader, project_id: str, before: int, limit: int) -> list[Row]:
    """The changes in a project with a smaller id than ``before``, newest first."""
    return reader.all(
        f"{CHANGES} WHERE c.project_id = ? AND c.id < ? ORDER BY c.id DESC LIMIT ?", (project_id, before, limit)
    )


def changes_of_field(reader: Reader, field_id: int, before: int, limit: int) -> list[Row]:
    """The same of one field."""
    return reader.all(
        f"{CHANGES} WHERE c.field_id = ? AND c.id < ? ORDER BY c.id DESC LIMIT ?", (field_id, before, limit)
    )


def changes_after(reader: Reader, field_id: int, version: int, limit: int) -> list[Row]:
    """The changes of a field that led beyond ``version``, newest first."""
    return reader.all(
        f"{CHANGES} WHERE c.field_id = ? AND c.version > ? ORDER BY c.version DESC LIMIT ?", (field_id, version, limit)
    )


def written(reader: Reader, project_id: str, field: str, agent: str) -> int | None:
    """The newest version of a field that an agent wrote; None if it never did."""
    version: int | None = reader.value(
        "SELECT max(c.version) FROM state_fields f JOIN state_changes c ON c.field_id = f.id"
        " WHERE f.project_id = ? AND f.field = ? AND c.changed_by = ?",
        (project_id, field, agent),
    )
    return version


def changed_at(reader: Reader, field_id: int, version: int) -> int | None:
    """When a field got that version; None if it never did."""
    at: int | None = reader.value(
        "SELECT changed_at FROM state_changes WHERE field_id = ? AND version = ?", (field_id, version)
    )
    return at


# -- subscriptions ---------------------------------------------------------------------------------------------------


def subscribers(reader: Reader, field_ids: Sequence[int]) -> list[Row]:
    """Who has subscribed to some fields: field_id, agent."""
    if not field_ids:
        return []
    return reader.all(
        f"SELECT field_id, agent FROM state_subscriptions WHERE field_id IN ({marks(field_ids)})"  # noqa: S608
        " ORDER BY field_id, agent",
        tuple(field_ids),
    )


def subscribe(tx: Transaction, agent: str, field_id: int, version: int) -> bool:
    """Subscribe an agent that has seen ``version``; False if it had subscribed already."""
    return bool(
        tx.execute(
            "INSERT INTO state_subscriptions (agent, field_id, seen_version) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            (agent, field_id, version),
        )
    )


def unsubscribe(tx: Transaction, agent: str, field_id: int) -> bool:
    """End a subscription; False if there was none."""
    return bool(tx.execute("DELETE FROM state_subscriptions WHERE agent = ? AND field_id = ?", (agent, field_id)))


def announce(tx: Transaction, field_id: int, by: str) -> None:
    """Note for all subscribers but ``by`` that there is news of a field."""
    tx.execute("UPDATE state_subscriptions SET news = 1 WHERE field_id = ? AND agent <> ?", (field_id, by))


def see(tx: Transaction, agent: str, field_id: int, version: int, newest: int) -> bool:
    """Note that an agent has seen a version; False if it had, or has not subscribed."""
    return bool(
        tx.execute(
            "UPDATE state_subscriptions SET seen_version = ?, news = ?"
            " WHERE agent = ? AND field_id = ? AND seen_version < ?",
            (version, int(version < newest), agent, field_id, version),
        )
    )


def news(reader: Reader, agent: str, limit: int) -> list[Row]:
    """The fields an agent has subscribed to that others have changed since it saw them."""
    return reader.all(
        "SELECT f.project_id, f.field, f.value, f.version, f.deleted, f.updated_at, f.updated_by, s.seen_version"
        " FROM state_subscriptions s JOIN state_fields f ON f.id = s.field_id"
        " WHERE s.agent = ? AND s.news = 1 ORDER BY s.field_id LIMIT ?",
        (agent, limit),
    )


def count_news(reader: Reader, agent: str, limit: int) -> int:
    """How many those are, counted up to ``limit``."""
    count: int = reader.value(
        "SELECT count(*) FROM (SELECT 1 FROM state_subscriptions WHERE agent = ? AND news = 1 LIMIT ?) AS capped",
        (agent, limit),
    )
    return count
