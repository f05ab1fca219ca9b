CREATE TABLE agents (
    name TEXT PRIMARY KEY,
    folded TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    role TEXT NOT NULL,
    access INTEGER NOT NULL,
    description TEXT NOT NULL,
    reports_to TEXT REFERENCES agents (name),
    key_hash TEXT UNIQUE,
    created_at INTEGER NOT NULL,
    retired_at INTEGER,
    online INTEGER NOT NULL DEFAULT 0,
    last_seen INTEGER
);
