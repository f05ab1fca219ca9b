CREATE TABLE schedules (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    channel TEXT NOT NULL,
    content TEXT NOT NULL,
    priority TEXT,
    created_by TEXT NOT NULL REFERENCES agents (name),
    created_at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    expression TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    starts_at INTEGER,
    ends_at INTEGER,
    max_runs INTEGER,
    runs INTEGER NOT NULL DEFAULT 0,
    status TEXT NOT NULL DEFAULT 'active',
    reason TEXT,
    next_run INTEGER,
    last_run INTEGER,
    last_outcome TEXT
);

CREATE INDEX schedules_due ON schedules (next_run, id) WHERE status = 'active';
CREATE INDEX schedules_creator ON schedules (created_by, id);
