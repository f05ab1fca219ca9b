"""The kinds of reports: what stands in each, and where it comes from."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from teammcp import Context

from ..models import ReportType
from . import message_queries
from .anomaly import anomaly
from .communication import communication
from .compliance import compliance
from .efficiency import efficiency
from .findings import Findings
from .queries import Scope

REPORTS: dict[ReportType, Callable[[Context, Scope], Awaitable[Findings]]] = {
    "compliance": compliance,
    "efficiency": efficiency,
    "anomaly": anomaly,
    "communication": communication,
}

__all__ = ["REPORTS", "Findings", "Scope", "message_queries"]
