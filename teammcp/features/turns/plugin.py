"""What turns contributes: its hook implementations."""

from __future__ import annotations

from typing import Any

from ...plugins.markers import hookimpl
from . import operations


@hookimpl
def register_operations() -> list[Any]:
    return [*operations.RECEIVERS, operations.take_new_messages]
