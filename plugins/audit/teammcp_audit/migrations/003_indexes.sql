-- The log and the shared state have indexes of their own for this now.
DROP INDEX audit_events_kind;
DROP INDEX audit_events_subject;
DROP INDEX audit_state_changes_at;
