"""Seals over the event log, and checking the log against them."""
