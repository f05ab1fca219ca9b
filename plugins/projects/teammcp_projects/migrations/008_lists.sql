-- What a project has asked others is listed.
CREATE INDEX projects_questions_lane ON projects_questions (lane, id);
