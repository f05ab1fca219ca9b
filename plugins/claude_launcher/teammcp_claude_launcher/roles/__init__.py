"""Roles: a gallery of good ones, and teams made of them."""

from __future__ import annotations

from typing import Any

OPERATIONS: list[Any] = []
