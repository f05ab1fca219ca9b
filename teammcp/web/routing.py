"""The rules by which requests find their page."""

from __future__ import annotations

from typing import Any

from quart.routing import QuartRule


class PageRule(QuartRule):
    """A rule that is only matched, never made into an address: for that Werkzeug compiles two functions for each rule.

    They took half of the time in which an application is made. This relies on one of Werkzeug's internals.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Any:
        return _no_address


def _no_address(rule: PageRule, /, **values: Any) -> None:
    """What Werkzeug takes for a rule that does not fit the values."""
