-- A session lives as long as the key it was opened with: key_hash says which one that was.
CREATE TABLE web_sessions (
    id INTEGER PRIMARY KEY,
    token_hash TEXT NOT NULL UNIQUE,
    agent TEXT NOT NULL REFERENCES agents (name),
    key_hash TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
);
CREATE INDEX web_sessions_agent ON web_sessions (agent);
CREATE INDEX web_sessions_expiry ON web_sessions (expires_at);
