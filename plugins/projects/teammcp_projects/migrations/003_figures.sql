-- Figures are about the questions of some time, and about all that are open.
CREATE INDEX projects_questions_since ON projects_questions (asked_at, id);
CREATE INDEX projects_questions_ended ON projects_questions (ended_at, id);
