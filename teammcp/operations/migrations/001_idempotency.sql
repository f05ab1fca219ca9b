CREATE TABLE idempotency (
    agent TEXT NOT NULL,
    key TEXT NOT NULL,
    operation TEXT NOT NULL,
    arguments TEXT NOT NULL,
    result TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (agent, key)
);
CREATE INDEX idempotency_at ON idempotency (at);
