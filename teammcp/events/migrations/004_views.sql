-- The log as plugins may read it with SQL of their own; docs/plugins/views.md says what stands there.
CREATE VIEW v_events AS SELECT id, at, kind, actor, subject, channel, agents, data, surface FROM events;

-- What happened of a kind, and to something. Every message writes an event, so an index that held those too would cost
-- every send; what is looked for here is something else. The rows of an index end with the id.
CREATE INDEX events_of_kind ON events (kind) WHERE kind <> 'message.sent';
CREATE INDEX events_of_subject ON events (subject) WHERE kind <> 'message.sent';
