-- The log is followed for what messages mean to questions: from now on, for what was before was looked at when it came.
INSERT INTO followers (name, event_id)
    SELECT 'follow_question_messages', coalesce(max(id), 0) FROM events;
