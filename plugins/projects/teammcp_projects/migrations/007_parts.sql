-- The parts that a question is asked with, or that a notice has, as its author gave them: they go with its messages.
ALTER TABLE projects_questions ADD COLUMN parts TEXT;
ALTER TABLE projects_notices ADD COLUMN parts TEXT;
