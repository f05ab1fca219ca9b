-- The members as plugins may read them with SQL of their own; docs/plugins/views.md says what stands there.
CREATE VIEW v_agents AS
    SELECT name, kind, role, access, description, reports_to, time_zone, created_at, retired_at FROM agents;
