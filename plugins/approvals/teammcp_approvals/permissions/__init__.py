"""Permission prompts of agents' programs, and what their tools may do."""
