CREATE TABLE loops (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    channel TEXT NOT NULL,
    agents TEXT NOT NULL,
    digest TEXT NOT NULL,
    count INTEGER NOT NULL,
    seconds INTEGER NOT NULL,
    stopped_at INTEGER NOT NULL,
    released_at INTEGER,
    released_by TEXT
);

CREATE UNIQUE INDEX loops_stopped ON loops (channel, kind, agents, digest) WHERE released_at IS NULL;
CREATE INDEX loops_open ON loops (stopped_at) WHERE released_at IS NULL;
