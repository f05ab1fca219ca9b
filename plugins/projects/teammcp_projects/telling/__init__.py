"""Messages to those who work for a project, with or without a call."""

from __future__ import annotations

from .operations import teams_notify, teams_send_message

OPERATIONS = [teams_send_message, teams_notify]
