-- credential, model: what the agents that are started to answer are given; empty for none, which leaves what they have.
-- given: those that an agent was given last (JSON), to be taken back once its project names them no more.
ALTER TABLE projects_projects ADD COLUMN credential TEXT NOT NULL DEFAULT '';
ALTER TABLE projects_projects ADD COLUMN model TEXT NOT NULL DEFAULT '';
ALTER TABLE projects_agents ADD COLUMN given TEXT NOT NULL DEFAULT '{}';
