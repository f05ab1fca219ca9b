CREATE TABLE secrets (
    plugin TEXT NOT NULL,
    name TEXT NOT NULL,
    key_id TEXT NOT NULL,
    sealed TEXT NOT NULL,
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (plugin, name)
);
CREATE INDEX secrets_key ON secrets (key_id);
