-- Who linked a task to a field of the shared state: the field is set with that member's authority.
ALTER TABLE tasks ADD COLUMN state_linked_by TEXT;
UPDATE tasks SET state_linked_by = creator WHERE related_state IS NOT NULL;
