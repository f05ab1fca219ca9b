-- The channels as plugins may read them with SQL of their own; docs/plugins/views.md says what stands there.
CREATE VIEW v_channels AS
    SELECT id, kind, name, description, created_by, created_at, archived_at FROM channels;
