"""Goals: what tasks are for."""
