"""What can be done with messages: sending, reading, finding, editing, reacting, pinning."""
