"""What can be done with directives, and what becomes of them when their time is over."""
