"""Plugins: every hook with its contract, discovery and registration, calls, and isolation of their faults."""

from .manager import ENTRY_POINTS, GUARDS, Deferred, PluginInfo, PluginManager, WrongSettings, installed

__all__ = [
    "ENTRY_POINTS",
    "GUARDS",
    "Deferred",
    "PluginInfo",
    "PluginManager",
    "WrongSettings",
    "installed",
]
