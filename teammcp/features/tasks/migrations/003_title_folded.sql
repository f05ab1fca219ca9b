-- Titles are looked for, and sorted, without regard to case and accents, in any script.
ALTER TABLE tasks ADD COLUMN title_folded TEXT NOT NULL DEFAULT '';
UPDATE tasks SET title_folded = fold_text(title);
DROP INDEX tasks_by_title;
CREATE INDEX tasks_by_title ON tasks (title_folded, id) WHERE deleted = 0;
DROP INDEX tasks_list;
CREATE INDEX tasks_list ON tasks (scope, status, priority, assignee, creator, parent_id, goal_id, due_at, title_folded)
    WHERE deleted = 0;
