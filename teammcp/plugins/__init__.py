"""Plugins: which take part, calls of hooks, and isolation of faults. The contracts are in `teammcp.hooks`."""

from .calls import Deferred
from .info import PluginInfo
from .manager import ENTRY_POINTS, GUARDS, PluginManager, WrongSettings, contributed, installed

__all__ = [
    "ENTRY_POINTS",
    "GUARDS",
    "Deferred",
    "PluginInfo",
    "PluginManager",
    "WrongSettings",
    "contributed",
    "installed",
]
