"""From a method and path to an endpoint."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..errors import NotFound
from .arguments import PLACEHOLDER
from .errors import MethodNotAllowed
from .request import Endpoint, Routes

Methods = dict[str, Endpoint]


class Router:
    """The routes of the surface: fixed paths are looked up, those with placeholders tried in turn."""

    def __init__(self) -> None:
        self._fixed: dict[str, Methods] = {}
        self._patterns: dict[str, tuple[re.Pattern[str], Methods]] = {}

    def add(self, routes: Routes) -> None:
        """Add endpoints by method and path."""
        for (method, path), endpoint in routes.items():
            if "{" not in path:
                self._fixed.setdefault(path, {})[method] = endpoint
                continue
            pattern = re.compile(PLACEHOLDER.sub(r"(?P<\1>[^/]+)", path.replace(".", r"\.")))
            self._patterns.setdefault(path, (pattern, {}))[1][method] = endpoint

    def find(self, method: str, path: str) -> tuple[Endpoint, dict[str, str]]:
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
            raise NotFound("There is nothing at this path. GET /api/docs lists what there is.", code="no_such_path")
        return [*sorted(found), "OPTIONS"]

    def _matches(self, path: str) -> Iterator[tuple[Methods, dict[str, str]]]:
        """Every route that a path fits: operations may give the same place in a path different names."""
        if path in self._fixed:
            yield self._fixed[path], {}
            return
        for pattern, methods in self._patterns.values():
            if found := pattern.fullmatch(path):
                yield methods, found.groupdict()
