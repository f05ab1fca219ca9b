-- A deleted field keeps its row and its version, so that no version ever comes twice.
CREATE TABLE state_fields (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id TEXT NOT NULL,
    field TEXT NOT NULL,
    value TEXT,
    version INTEGER NOT NULL,
    owner TEXT NOT NULL,
    approver TEXT,
    approval_required INTEGER NOT NULL,
    deleted INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    updated_by TEXT NOT NULL,
    UNIQUE (project_id, field)
);

CREATE INDEX state_fields_live ON state_fields (project_id, field) WHERE deleted = 0;

-- How many fields a project has, counted as they come and go.
CREATE TABLE state_projects (
    project_id TEXT PRIMARY KEY,
    fields INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    updated_by TEXT NOT NULL
) WITHOUT ROWID;

-- One row for each version of each field, for good. The value before is that of the version before.
CREATE TABLE state_changes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    field_id INTEGER NOT NULL REFERENCES state_fields (id),
    project_id TEXT NOT NULL,
    version INTEGER NOT NULL,
    action TEXT NOT NULL,
    value TEXT,
    owner TEXT NOT NULL,
    approver TEXT,
    approval_required INTEGER NOT NULL,
    changed_by TEXT NOT NULL,
    changed_at INTEGER NOT NULL,
    reason TEXT NOT NULL,
    grant_reference TEXT,
    UNIQUE (field_id, version)
);

CREATE INDEX state_changes_field ON state_changes (field_id, id);
CREATE INDEX state_changes_project ON state_changes (project_id, id);
CREATE INDEX state_changes_writer ON state_changes (field_id, changed_by, version);

CREATE TABLE state_subscriptions (
    agent TEXT NOT NULL,
    field_id INTEGER NOT NULL REFERENCES state_fields (id),
    seen_version INTEGER NOT NULL,
    news INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (agent, field_id)
) WITHOUT ROWID;

CREATE INDEX state_subscriptions_field ON state_subscriptions (field_id, agent);
CREATE INDEX state_news ON state_subscriptions (agent, field_id) WHERE news = 1;
