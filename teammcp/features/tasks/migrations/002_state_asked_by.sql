-- Who finished a task whose field of the shared state waits for an approval: the approval asked for is that member's.
ALTER TABLE tasks ADD COLUMN state_asked_by TEXT;
