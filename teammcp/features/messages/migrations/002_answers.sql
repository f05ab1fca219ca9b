-- Until when an answer is asked for.
ALTER TABLE messages ADD COLUMN reply_by INTEGER;

-- Whether a message still waits for its reader: it does until the reader has answered (in the thread, or in a direct
-- message with any later one), has acknowledged where no more was asked, or somebody said that no answer is needed.
-- The sender and the thread stand here too, so that what waits is found without looking at the messages.
ALTER TABLE deliveries ADD COLUMN sender TEXT NOT NULL DEFAULT '';
ALTER TABLE deliveries ADD COLUMN thread INTEGER NOT NULL DEFAULT 0;
ALTER TABLE deliveries ADD COLUMN reply_by INTEGER;
ALTER TABLE deliveries ADD COLUMN settled_at INTEGER;
ALTER TABLE deliveries ADD COLUMN answer INTEGER REFERENCES messages (id);
-- When the sender was told that the answer is overdue, or that the reader has been offline for long.
ALTER TABLE deliveries ADD COLUMN overdue_told_at INTEGER;
ALTER TABLE deliveries ADD COLUMN offline_told_at INTEGER;

UPDATE deliveries SET
    sender = (SELECT m.sender FROM messages m WHERE m.id = deliveries.message_id),
    thread = (SELECT coalesce(m.thread, m.id) FROM messages m WHERE m.id = deliveries.message_id);
UPDATE deliveries SET answer = (
    SELECT m.id FROM messages m WHERE m.channel_id = deliveries.channel_id AND m.sender = deliveries.agent
    AND m.seq > (SELECT own.seq FROM messages own WHERE own.id = deliveries.message_id) AND m.deleted = 0
    ORDER BY m.seq LIMIT 1
) WHERE channel_id >= 'dm:' AND channel_id < 'dm;';
UPDATE deliveries SET answer = (
    SELECT m.id FROM messages m WHERE m.thread = deliveries.thread AND m.sender = deliveries.agent
    AND m.id > deliveries.message_id AND m.deleted = 0 ORDER BY m.id LIMIT 1
) WHERE channel_id < 'dm:' OR channel_id >= 'dm;';
UPDATE deliveries SET settled_at = (SELECT m.created_at FROM messages m WHERE m.id = deliveries.answer)
    WHERE answer IS NOT NULL;
UPDATE deliveries SET settled_at = acked_at WHERE settled_at IS NULL AND ack_required = 1;
UPDATE deliveries SET settled_at = (SELECT m.created_at FROM messages m WHERE m.id = deliveries.message_id)
    WHERE settled_at IS NULL AND (
        sender = 'system'
        OR sender IN (SELECT name FROM agents WHERE retired_at IS NOT NULL)
        OR agent IN (SELECT name FROM agents WHERE retired_at IS NOT NULL)
    );

CREATE INDEX deliveries_waiting ON deliveries (agent, message_id, settled_at) WHERE settled_at IS NULL;
CREATE INDEX deliveries_awaited ON deliveries (sender, message_id, settled_at) WHERE settled_at IS NULL;
CREATE INDEX deliveries_in_thread ON deliveries (agent, channel_id, thread, settled_at) WHERE settled_at IS NULL;
CREATE INDEX deliveries_answer ON deliveries (answer) WHERE answer IS NOT NULL;
CREATE INDEX deliveries_due ON deliveries (agent, message_id, reply_by, settled_at)
    WHERE reply_by IS NOT NULL AND settled_at IS NULL;
CREATE INDEX deliveries_due_to ON deliveries (sender, message_id, reply_by, settled_at)
    WHERE reply_by IS NOT NULL AND settled_at IS NULL;
CREATE INDEX deliveries_overdue ON deliveries (reply_by, message_id, settled_at, overdue_told_at)
    WHERE reply_by IS NOT NULL AND settled_at IS NULL AND overdue_told_at IS NULL;
CREATE INDEX deliveries_asked ON deliveries (agent, message_id, settled_at, offline_told_at)
    WHERE (ack_required = 1 OR reply_by IS NOT NULL) AND settled_at IS NULL AND offline_told_at IS NULL;
