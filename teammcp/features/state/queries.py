"""The SQL of fields, their versions."""

from __future__ import annotations
