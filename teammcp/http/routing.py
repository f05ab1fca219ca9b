"""From a method and path to what answers there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Generic, TypeVar

from ..errors import NotFound
from .errors import MethodNotAllowed

PLACEHOLDER = re.compile(r"\{(\w+)\}")

E = TypeVar("E")


class Router(Generic[E]):
    """The endpoints of a surface: fixed paths are looked up, those with placeholders tried in turn.

    Args:
        nothing: what somebody is told who asks for a path at which there is none.
    """

    def __init__(self, nothing: str) -> None:
        self._nothing = nothing
        self._fixed: dict[str, dict[str, E]] = {}
        self._patterns: dict[str, tuple[re.Pattern[str], dict[str, E]]] = {}

    def add(self, method: str, path: str, endpoint: E) -> None:
        """Add an endpoint at a path, with ``{name}`` in it for what varies."""
        if "{" not in path:
            self._fixed.setdefault(path, {})[method] = endpoint
            return
        parts = PLACEHOLDER.split(path)  # a text, a name, a text, …
        pattern = "".join(f"(?P<{part}>[^/]+)" if at % 2 else re.escape(part) for at, part in enumerate(parts))
        self._patterns.setdefault(path, (re.compile(pattern), {}))[1][method] = endpoint

    def find(self, method: str, path: str) -> tuple[E, dict[str, str]]:
        """The endpoint, and the values of the path's placeholders.

        Raises:
            NotFound: there is nothing at the path. MethodNotAllowed: not with that method.
        """
        for methods, values in self._matches(path):
            if method in methods:
                return methods[method], values
        allowed = self.allowed(path)
        raise MethodNotAllowed(f"This path takes {', '.join(allowed)}.", allow=allowed)

    def allowed(self, path: str) -> list[str]:
        """The methods of a path.

        Raises:
            NotFound: there is nothing at the path.
        """
        found = {method for methods, _ in self._matches(path) for method in methods}
        if not found:
            raise NotFound(self._nothing, code="no_such_path")
        return [*sorted(found), "OPTIONS"]

    def _matches(self, path: str) -> Iterator[tuple[dict[str, E], dict[str, str]]]:
        """Every route that a path fits: operations may give the same place in a path different names."""
        if path in self._fixed:
            yield self._fixed[path], {}
            return
        for pattern, methods in self._patterns.values():
            if found := pattern.fullmatch(path):
                yield methods, found.groupdict()
