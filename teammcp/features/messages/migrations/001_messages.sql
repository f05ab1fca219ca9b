CREATE TABLE messages (
    id INTEGER PRIMARY KEY,
    channel_id TEXT NOT NULL REFERENCES channels (id),
    seq INTEGER NOT NULL,
    sender TEXT NOT NULL,
    content TEXT NOT NULL,
    mentions TEXT NOT NULL,
    reply_to INTEGER REFERENCES messages (id),
    thread INTEGER REFERENCES messages (id),
    metadata TEXT,
    priority TEXT NOT NULL,
    ack_required INTEGER NOT NULL,
    has_file INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    edited_at INTEGER,
    deleted INTEGER NOT NULL DEFAULT 0,
    UNIQUE (channel_id, seq)
);
CREATE INDEX messages_sender ON messages (channel_id, sender, seq);
CREATE INDEX messages_deleted ON messages (channel_id, seq) WHERE deleted = 1;
CREATE INDEX messages_thread ON messages (thread) WHERE thread IS NOT NULL;
CREATE INDEX messages_reply ON messages (reply_to) WHERE reply_to IS NOT NULL;
CREATE INDEX messages_created ON messages (created_at);

-- One row for each agent that a message is addressed to: mentioned, the other side of a direct message,
-- or asked to acknowledge. The key begins with the message: were it the agent, SQLite would read all of an agent's rows
-- by the key rather than the few in question by their index. The column that limits an index stands in it too: only then
-- is the table itself not looked at.
CREATE TABLE deliveries (
    agent TEXT NOT NULL REFERENCES agents (name),
    message_id INTEGER NOT NULL REFERENCES messages (id),
    channel_id TEXT NOT NULL,
    mention INTEGER NOT NULL,
    ack_required INTEGER NOT NULL,
    offered_at INTEGER,
    offered_by TEXT,
    read_at INTEGER,
    acked_at INTEGER,
    PRIMARY KEY (message_id, agent)
) WITHOUT ROWID;
CREATE INDEX deliveries_unoffered ON deliveries (agent, message_id) WHERE offered_at IS NULL;
CREATE INDEX deliveries_unread ON deliveries (agent, channel_id, mention, read_at) WHERE read_at IS NULL;
CREATE INDEX deliveries_unacked ON deliveries (agent, channel_id, message_id, mention, acked_at) WHERE acked_at IS NULL;

CREATE TABLE message_edits (
    message_id INTEGER NOT NULL REFERENCES messages (id),
    number INTEGER NOT NULL,
    content TEXT NOT NULL,
    replaced_at INTEGER NOT NULL,
    PRIMARY KEY (message_id, number)
) WITHOUT ROWID;

CREATE TABLE reactions (
    message_id INTEGER NOT NULL REFERENCES messages (id),
    emoji TEXT NOT NULL,
    agent TEXT NOT NULL REFERENCES agents (name),
    at INTEGER NOT NULL,
    PRIMARY KEY (message_id, emoji, agent)
) WITHOUT ROWID;

CREATE TABLE pins (
    message_id INTEGER PRIMARY KEY REFERENCES messages (id),
    channel_id TEXT NOT NULL REFERENCES channels (id),
    pinned_by TEXT NOT NULL,
    pinned_at INTEGER NOT NULL
);
CREATE INDEX pins_channel ON pins (channel_id, pinned_at);

-- The words of each message, the "pairs" of characters in scripts without spaces, and as "facets" whom it is from,
-- where it is, whether everybody may read it.
-- Without a copy of the content: the text lives in messages, and deleting a row names what was indexed.
CREATE VIRTUAL TABLE message_search USING fts5 (
    content, pairs, facets, content = '', tokenize = "unicode61 remove_diacritics 2", columnsize = 0
);
