-- Every message in which a question was asked, and of whom: what one who has lost a question says to it counts, too.
CREATE TABLE projects_asked (
    message_id INTEGER PRIMARY KEY,
    question INTEGER NOT NULL REFERENCES projects_questions (id),
    holder TEXT NOT NULL
);
INSERT INTO projects_asked (message_id, question, holder)
    SELECT message_id, id, holder FROM projects_questions WHERE message_id IS NOT NULL AND holder IS NOT NULL;
CREATE INDEX projects_questions_answer ON projects_questions (answer_id);
