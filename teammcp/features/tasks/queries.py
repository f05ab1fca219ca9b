"""The SQL of tasks, goals."""

from __future__ import annotations
