-- When it was to be told first, once that was tried: it is given up so long after that.
ALTER TABLE notification_deliveries ADD COLUMN due_at INTEGER;
