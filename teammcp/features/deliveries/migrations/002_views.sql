-- The deliveries as plugins may read them with SQL of their own; docs/plugins/views.md says what stands there.
CREATE VIEW v_deliveries AS
    SELECT message_id, agent, channel_id AS channel, sender, thread, mention, ack_required, reply_by, handed_at,
        offered_at, offered_by, read_at, acked_at, settled_at, answer
    FROM deliveries;
