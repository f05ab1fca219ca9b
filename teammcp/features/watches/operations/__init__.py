"""What can be done about watches."""
