"""Machines: which run agents of the team, by which key, and the connection to each."""

from __future__ import annotations

from typing import Any

from teammcp import Route, WebSocketRoute

OPERATIONS: list[Any] = []
ROUTES: list[Route | WebSocketRoute] = []
