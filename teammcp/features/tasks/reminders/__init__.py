"""Reminders: of what is due, of progress to report, of work that stands still."""
