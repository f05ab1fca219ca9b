"""What agents print while they work: kept, redacted, shown as a terminal would."""
