-- How far each member is in each of its channels: a row for each membership. offered, read and acked are sequence
-- numbers of the channel's messages; they only grow. own: how many of the messages behind acked are the member's own, so
-- that nobody's unread messages have to be counted one by one.
CREATE TABLE cursors (
    agent TEXT NOT NULL REFERENCES agents (name),
    channel_id TEXT NOT NULL REFERENCES channels (id),
    offered INTEGER NOT NULL,
    read INTEGER NOT NULL,
    acked INTEGER NOT NULL,
    own INTEGER NOT NULL,
    offered_at INTEGER,
    read_at INTEGER,
    acked_at INTEGER,
    PRIMARY KEY (agent, channel_id)
) WITHOUT ROWID;

-- They stood in the table of members until now. The table deliveries was made by the steps of messages.
INSERT INTO cursors (agent, channel_id, offered, read, acked, own, offered_at, read_at, acked_at)
    SELECT agent, channel_id, offered, read, acked, own, offered_at, read_at, acked_at FROM channel_members;
ALTER TABLE channel_members DROP COLUMN offered;
ALTER TABLE channel_members DROP COLUMN read;
ALTER TABLE channel_members DROP COLUMN acked;
ALTER TABLE channel_members DROP COLUMN own;
ALTER TABLE channel_members DROP COLUMN offered_at;
ALTER TABLE channel_members DROP COLUMN read_at;
ALTER TABLE channel_members DROP COLUMN acked_at;
