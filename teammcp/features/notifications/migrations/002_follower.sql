-- How far the log was gone through is kept where every follower of it keeps that.
INSERT INTO followers (name, event_id) SELECT 'queue_notifications', event_id FROM notification_progress;
DROP TABLE notification_progress;
