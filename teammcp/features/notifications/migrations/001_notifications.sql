-- Where a member is to be notified, and of what: a JSON list of reasons. Events up to since are from before.
CREATE TABLE notification_addresses (
    agent TEXT NOT NULL REFERENCES agents (name),
    notifier TEXT NOT NULL,
    address TEXT NOT NULL,
    reasons TEXT NOT NULL,
    since INTEGER NOT NULL,
    PRIMARY KEY (agent, notifier)
);

-- Up to which event the log was gone through for messages to notify of. One row.
CREATE TABLE notification_progress (
    event_id INTEGER NOT NULL
);
INSERT INTO notification_progress (event_id) VALUES (0);

-- The outbox. next_at: when to try next; null once it is settled, and then outcome says how.
CREATE TABLE notifications (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    agent TEXT NOT NULL REFERENCES agents (name),
    notifier TEXT NOT NULL,
    address TEXT NOT NULL,
    reason TEXT NOT NULL,
    message_id INTEGER NOT NULL,
    channel TEXT NOT NULL,
    sender TEXT NOT NULL,
    content TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    next_at INTEGER,
    outcome TEXT,
    error TEXT,
    settled_at INTEGER,
    UNIQUE (message_id, agent, notifier)
);
CREATE INDEX notifications_due ON notifications (notifier, next_at, id) WHERE next_at IS NOT NULL;
CREATE INDEX notifications_next ON notifications (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX notifications_agent ON notifications (agent, id);
CREATE INDEX notifications_sender ON notifications (sender, id);
