"""Asking what changed since one last knew, and who misses what."""
