-- What is told of the parts that a question is asked with, or that a notice has, as JSON; NULL of those that are older.
ALTER TABLE projects_questions ADD COLUMN parts_told TEXT;
ALTER TABLE projects_notices ADD COLUMN parts_told TEXT;
-- The parts of what its asker says to what was asked back, and what is told of them.
ALTER TABLE projects_exchanges ADD COLUMN parts TEXT;
ALTER TABLE projects_exchanges ADD COLUMN parts_told TEXT;
