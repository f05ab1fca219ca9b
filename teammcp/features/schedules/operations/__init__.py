"""What can be done with schedules, and what they do when they come round."""
