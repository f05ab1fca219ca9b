"""The built-in features. Each is a plugin of the same shape as any other, found here instead of by an entry point."""

from __future__ import annotations

from types import ModuleType

from . import agents, channels, directives, files, guard, inbox, messages, notifications, schedules, state, tasks, turns

BUILT_IN: dict[str, ModuleType] = {
    "agents": agents,
    "channels": channels,
    "messages": messages,
    "inbox": inbox,
    "files": files,
    "state": state,
    "tasks": tasks,
    "schedules": schedules,
    "turns": turns,
    "guard": guard,
    "directives": directives,
    "notifications": notifications,
}
