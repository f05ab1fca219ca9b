-- What is run to answer: options of the runtime (JSON), whether what is started may change something (ask, deny, allow),
-- and who has chosen all that, by whose right it is started. lane: of what an agent is the own answering agent, that was
-- started for it; NULL for a member that a person has named. renew: it begins a new conversation at its next question.
-- attempts: how often a question was begun.
ALTER TABLE projects_projects ADD COLUMN options TEXT NOT NULL DEFAULT '{}';
ALTER TABLE projects_projects ADD COLUMN changes TEXT NOT NULL DEFAULT 'ask';
ALTER TABLE projects_projects ADD COLUMN chosen_by TEXT;
ALTER TABLE projects_agents ADD COLUMN lane TEXT;
ALTER TABLE projects_agents ADD COLUMN renew INTEGER NOT NULL DEFAULT 0;
CREATE UNIQUE INDEX projects_agents_lane ON projects_agents (project, lane);
ALTER TABLE projects_questions ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0;
