CREATE TABLE channels (
    id TEXT PRIMARY KEY,
    folded TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    archived_at INTEGER,
    last_seq INTEGER NOT NULL DEFAULT 0,
    last_message_at INTEGER
);

-- offered, read and acked are sequence numbers of the channel's messages; they only grow. own: how many of the messages
-- behind acked are the member's own, so that nobody's unread messages have to be counted one by one.
CREATE TABLE channel_members (
    agent TEXT NOT NULL REFERENCES agents (name),
    channel_id TEXT NOT NULL REFERENCES channels (id),
    joined_at INTEGER NOT NULL,
    offered INTEGER NOT NULL,
    read INTEGER NOT NULL,
    acked INTEGER NOT NULL,
    own INTEGER NOT NULL DEFAULT 0,
    offered_at INTEGER,
    read_at INTEGER,
    acked_at INTEGER,
    PRIMARY KEY (agent, channel_id)
) WITHOUT ROWID;

CREATE INDEX channel_members_channel ON channel_members (channel_id, agent);

INSERT INTO channels (id, folded, kind, name, description, created_by, created_at)
VALUES ('general', 'general', 'group', 'general', 'Everybody in the team', 'system', CAST(strftime('%s', 'now') AS INTEGER) * 1000);
