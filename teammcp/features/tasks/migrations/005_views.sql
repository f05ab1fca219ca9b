-- The tasks as plugins may read them with SQL of their own; docs/plugins/views.md says what stands there.
CREATE VIEW v_tasks AS
    SELECT id, title, status, priority, task_type, creator, assignee, channel, scope, parent_id, goal_id, source_msg,
        weight, due_at, progress, related_state_project, related_state, created_at, updated_at, started_at, closed_at,
        deleted
    FROM tasks;
CREATE VIEW v_task_dependencies AS SELECT task_id, depends_on FROM task_dependencies;
