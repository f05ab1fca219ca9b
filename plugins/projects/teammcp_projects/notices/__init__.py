"""Notices: a project says what changes in what it publishes, and sees which of those who build on it have acted."""
