"""The launcher: agents as real programs, on one machine or many, watched, steered and stopped by the team."""
