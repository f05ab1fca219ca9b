-- The messages as plugins may read them with SQL of their own; docs/plugins/views.md says what stands there.
CREATE VIEW v_messages AS
    SELECT id, channel_id AS channel, seq, sender, content, mentions, reply_to, thread, priority, ack_required,
        reply_by, has_file, created_at, edited_at, deleted
    FROM messages;

-- The messages of an agent's day are counted without a look at anybody else's.
CREATE INDEX messages_by_sender ON messages (sender, created_at);
