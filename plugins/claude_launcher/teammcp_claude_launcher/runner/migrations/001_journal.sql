-- A journal goes to one machine of one team: it is found by the key with which the machine was enrolled. `stored`: up to
-- where the server is known to have it.
CREATE TABLE journals (
    id TEXT PRIMARY KEY,
    key_hash TEXT NOT NULL UNIQUE,
    stored INTEGER NOT NULL
);

-- What happened in runs, in its order.
CREATE TABLE journal (
    journal TEXT NOT NULL REFERENCES journals (id),
    seq INTEGER NOT NULL,
    run INTEGER NOT NULL,
    at INTEGER NOT NULL,
    entry TEXT NOT NULL,
    PRIMARY KEY (journal, seq)
);

-- The runs that have begun and not ended.
CREATE TABLE live_runs (
    journal TEXT NOT NULL REFERENCES journals (id),
    run INTEGER NOT NULL,
    PRIMARY KEY (journal, run)
);
