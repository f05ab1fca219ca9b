"""What waits for a member, and what became of what was sent to others; the last few the server does itself."""
