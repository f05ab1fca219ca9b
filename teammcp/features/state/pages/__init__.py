"""The pages of the shared state."""
