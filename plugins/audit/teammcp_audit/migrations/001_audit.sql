-- One row for each sealed block of the event log, for good. digests: for each event of the block its id and the first
-- bytes of its digest, so that an altered one can be named. hash follows from the block's events and the seal before.
CREATE TABLE audit_seals (
    number INTEGER PRIMARY KEY,
    first_id INTEGER NOT NULL,
    last_id INTEGER NOT NULL,
    events INTEGER NOT NULL,
    hash TEXT NOT NULL,
    previous TEXT NOT NULL,
    digests BLOB NOT NULL,
    sealed_at INTEGER NOT NULL,
    archived_to TEXT,
    pruned_at INTEGER
);
CREATE INDEX audit_seals_unpruned ON audit_seals (number) WHERE archived_to IS NOT NULL AND pruned_at IS NULL;
CREATE INDEX audit_seals_unarchived ON audit_seals (number) WHERE archived_to IS NULL;

CREATE TABLE audit_archives (
    name TEXT PRIMARY KEY,
    first_id INTEGER NOT NULL,
    last_id INTEGER NOT NULL,
    events INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    sha256 TEXT NOT NULL,
    archived_at INTEGER NOT NULL
);

CREATE TABLE audit_reports (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    report_type TEXT NOT NULL,
    visibility TEXT NOT NULL,
    project_id TEXT,
    since INTEGER NOT NULL,
    until INTEGER NOT NULL,
    findings INTEGER NOT NULL,
    content TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at INTEGER NOT NULL
);
CREATE INDEX audit_reports_visibility ON audit_reports (visibility, id);
CREATE INDEX audit_reports_period ON audit_reports (report_type, since, until);

-- For those who look back: what happened of a kind, by somebody, to something. The rows of an index end with the id.
CREATE INDEX audit_events_kind ON events (kind);
CREATE INDEX audit_events_actor ON events (actor);
CREATE INDEX audit_events_subject ON events (subject);
CREATE INDEX audit_state_changes_at ON state_changes (changed_at);
