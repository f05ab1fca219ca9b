"""What can be done about waking."""
