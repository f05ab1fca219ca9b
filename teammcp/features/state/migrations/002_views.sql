-- The changes of the shared state as plugins may read them with SQL of their own, each with what was there before;
-- docs/plugins/views.md says what stands there.
CREATE VIEW v_state_changes AS
    SELECT c.id, c.project_id, f.field, c.version, c.action, c.value, c.owner, c.approver, c.approval_required,
        c.changed_by, c.changed_at, c.reason, c.grant_reference, p.value AS previous_value, p.owner AS previous_owner,
        p.approver AS previous_approver, p.approval_required AS previous_approval_required
    FROM state_changes c
    JOIN state_fields f ON f.id = c.field_id
    LEFT JOIN state_changes p ON p.field_id = c.field_id AND p.version = c.version - 1;

-- What was changed in a time, over all fields.
CREATE INDEX state_changes_at ON state_changes (changed_at);
