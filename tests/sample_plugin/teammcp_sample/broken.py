"""A plugin that cannot be loaded."""

from __future__ import annotations

raise ImportError("this plugin needs something that is not installed")
