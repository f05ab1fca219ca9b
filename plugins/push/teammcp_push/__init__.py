"""Notifications on telephones and in browsers, by Web Push. A plugin of TeamMCP."""
