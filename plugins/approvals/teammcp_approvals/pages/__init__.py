"""Pages of approvals: what waits for one's word, what became of all others, and the rules."""

from __future__ import annotations

from . import approvals, rules

PAGES = [*approvals.PAGES, *rules.PAGES]
