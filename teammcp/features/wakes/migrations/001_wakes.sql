-- Whether an agent's idle program is woken, and from when to when it is not (minutes of its own day, in its time zone).
-- Without a row it is, at any time.
CREATE TABLE wakes (
    agent TEXT PRIMARY KEY,
    woken INTEGER NOT NULL,
    quiet_from INTEGER,
    quiet_until INTEGER,
    changed_by TEXT NOT NULL,
    changed_at INTEGER NOT NULL
);
