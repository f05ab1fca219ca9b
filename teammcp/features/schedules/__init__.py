"""Schedules: messages that are sent at times, once or again and again."""
