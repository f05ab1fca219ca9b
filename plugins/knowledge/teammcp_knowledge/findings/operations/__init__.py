"""Posting, reading, finding, retracting and reviving findings."""
