"""The pages of directives and of agents' output."""
