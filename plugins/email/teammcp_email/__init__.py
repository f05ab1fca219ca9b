"""Notifications by e-mail, and replies by e-mail that answer the message. A plugin of TeamMCP."""
