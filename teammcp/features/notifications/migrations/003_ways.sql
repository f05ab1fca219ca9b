-- How a member is told in general: quiet hours and the time of the daily digest in minutes of its day.
CREATE TABLE notification_habits (
    agent TEXT PRIMARY KEY REFERENCES agents (name),
    quiet_from INTEGER,
    quiet_until INTEGER,
    batch_minutes INTEGER NOT NULL,
    digest_at INTEGER NOT NULL,
    language TEXT NOT NULL
);

-- How a member uses a notifier: after how many minutes, if it has not seen a thing by then. Without a row it is at once.
CREATE TABLE notification_ways (
    agent TEXT NOT NULL REFERENCES agents (name),
    notifier TEXT NOT NULL,
    after_minutes INTEGER NOT NULL,
    PRIMARY KEY (agent, notifier)
);

-- How urgent a member finds a kind, by a notifier. Without a row it is as urgent as the kind says.
CREATE TABLE notification_urgencies (
    agent TEXT NOT NULL REFERENCES agents (name),
    notifier TEXT NOT NULL,
    kind TEXT NOT NULL,
    urgency TEXT NOT NULL,
    PRIMARY KEY (agent, notifier, kind)
);

-- Where a member is notified. What happened up to the event since is from before.
CREATE TABLE notification_addresses_before AS SELECT * FROM notification_addresses;
DROP TABLE notification_addresses;
CREATE TABLE notification_addresses (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    agent TEXT NOT NULL REFERENCES agents (name),
    notifier TEXT NOT NULL,
    address TEXT NOT NULL,
    label TEXT NOT NULL,
    since INTEGER NOT NULL,
    added_at INTEGER NOT NULL,
    UNIQUE (agent, notifier, address)
);
INSERT INTO notification_addresses (agent, notifier, address, label, since, added_at)
    SELECT agent, notifier, address, '', since, 0 FROM notification_addresses_before ORDER BY agent, notifier;
INSERT INTO notification_urgencies (agent, notifier, kind, urgency)
    SELECT b.agent, b.notifier, k.kind, 'never' FROM notification_addresses_before b
    CROSS JOIN (SELECT 'ack' AS kind UNION SELECT 'dm' UNION SELECT 'mention') k
    WHERE b.reasons NOT LIKE '%"' || k.kind || '"%';
DROP TABLE notification_addresses_before;

-- What members are told: one row for each member and thing. Of a message no word is kept here. over says why nobody
-- needs to be told any more.
CREATE TABLE notifications_before AS SELECT * FROM notifications;
DROP TABLE notifications;
CREATE TABLE notifications (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    agent TEXT NOT NULL REFERENCES agents (name),
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    content TEXT NOT NULL,
    path TEXT NOT NULL,
    message_id INTEGER,
    channel TEXT NOT NULL,
    sender TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    over TEXT
);
CREATE INDEX notifications_of ON notifications (agent, id);
CREATE INDEX notifications_by ON notifications (sender, id) WHERE sender <> '';
CREATE INDEX notifications_message ON notifications (message_id, agent) WHERE message_id IS NOT NULL;
CREATE INDEX notifications_state ON notifications (agent, kind, key) WHERE over IS NULL AND key <> '';
INSERT INTO notifications (id, agent, kind, key, content, path, message_id, channel, sender, created_at, over)
    SELECT min(id), agent, min(reason), '', '', '/messages/' || message_id, message_id, min(channel), min(sender),
        min(created_at), NULL
    FROM notifications_before GROUP BY message_id, agent;

-- The outbox: each of them by each notifier. next_at: when to try next; null once it is settled, and then outcome says
-- how. batch: what was handed over together has the number of the first.
CREATE TABLE notification_deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    notification_id INTEGER NOT NULL REFERENCES notifications (id),
    agent TEXT NOT NULL,
    notifier TEXT NOT NULL,
    urgency TEXT NOT NULL,
    batch INTEGER,
    attempts INTEGER NOT NULL,
    next_at INTEGER,
    outcome TEXT,
    error TEXT,
    reference TEXT,
    sent_at INTEGER,
    seen_at INTEGER,
    settled_at INTEGER
);
CREATE INDEX notification_deliveries_due ON notification_deliveries (notifier, next_at, id) WHERE next_at IS NOT NULL;
CREATE INDEX notification_deliveries_next ON notification_deliveries (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX notification_deliveries_of ON notification_deliveries (notification_id);
CREATE INDEX notification_deliveries_batch ON notification_deliveries (batch) WHERE batch IS NOT NULL;
INSERT INTO notification_deliveries (id, notification_id, agent, notifier, urgency, batch, attempts, next_at, outcome,
        error, reference, sent_at, seen_at, settled_at)
    SELECT b.id, (SELECT min(f.id) FROM notifications_before f WHERE f.message_id = b.message_id AND f.agent = b.agent),
        b.agent, b.notifier, 'now', NULL, b.attempts, b.next_at,
        CASE b.outcome WHEN 'delivered' THEN 'handed_over' WHEN 'given_up' THEN 'dropped' ELSE b.outcome END,
        b.error, NULL, CASE b.outcome WHEN 'delivered' THEN b.settled_at END, NULL, b.settled_at
    FROM notifications_before b;
DROP TABLE notifications_before;
