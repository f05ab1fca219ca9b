-- In which message the asker has said something to what was asked back; NULL if it was said in none.
ALTER TABLE projects_exchanges ADD COLUMN said_id INTEGER;
CREATE INDEX projects_exchanges_said ON projects_exchanges (said_id) WHERE said_id IS NOT NULL;
