"""Asking, deciding, letting others decide, and ending what nobody has answered."""
