"""The routes that plugins contribute, found by path. A plugin that contributes a broken one is switched off."""

from __future__ import annotations

import inspect
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from ..http.asgi import LARGEST_MESSAGE
from ..http.routing import PLACEHOLDER, Router
from ..logs import access
from ..plugins import PluginManager
from ..surfaces.routes import Route, WebSocketRoute

PREFIX = access.HOOKS
METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE"}
OPENING = "GET"
"""The method by which a WebSocket is opened."""
_PATH = re.compile(r"(/([\w.~@:-]|\{\w+\})*)+", re.ASCII)

R = TypeVar("R", Route, WebSocketRoute)


@dataclass(frozen=True)
class Contributed(Generic[R]):
    """A route, and whose it is."""

    plugin: str
    route: R

    @property
    def rule(self) -> str:
        """Its whole path, with the names of what varies."""
        return f"{PREFIX}{self.plugin}{self.route.path}"


class RouteTable:
    """All routes of all plugins."""

    def __init__(self) -> None:
        self.http: Router[Contributed[Route]] = Router("No plugin answers at this path.")
        self.sockets: Router[Contributed[WebSocketRoute]] = Router("No plugin has a WebSocket at this path.")

    @classmethod
    def collect(cls, plugins: PluginManager) -> RouteTable:
        """Ask the plugins."""
        table = cls()
        for name, routes in plugins.collect("register_routes"):
            try:
                _check(routes)
            except Exception:  # noqa: BLE001 - a plugin may contribute anything; fail() logs it
                plugins.fail(name)
                continue
            for route in routes:
                table._add(name, route)
        return table

    def _add(self, plugin: str, route: Route | WebSocketRoute) -> None:
        if isinstance(route, WebSocketRoute):
            socket = Contributed(plugin, route)
            self.sockets.add(OPENING, socket.rule, socket)
            return
        found = Contributed(plugin, route)
        for method in {*route.methods, *(("HEAD",) if "GET" in route.methods else ())}:
            self.http.add(method, found.rule, found)


def _check(routes: Sequence[Any]) -> None:
    taken: set[tuple[str, str]] = set()
    for route in routes:
        if not isinstance(route, Route | WebSocketRoute):
            raise TypeError(f"register_routes: {route!r} is no Route and no WebSocketRoute")
        where = f"register_routes: the path {route.path!r}"
        if not _PATH.fullmatch(route.path):
            raise ValueError(f"{where} must look like /github/{{secret}}: it follows {PREFIX}<plugin>")
        methods = ("WEBSOCKET",) if isinstance(route, WebSocketRoute) else route.methods
        if isinstance(route, WebSocketRoute):
            if not 0 < route.max_message <= LARGEST_MESSAGE:
                raise ValueError(f"{where}: max_message must be from 1 to {LARGEST_MESSAGE}")
        elif unknown := set(methods) - METHODS or not methods:
            raise ValueError(f"{where}: methods are {', '.join(sorted(METHODS))}, not {unknown}")
        shape = PLACEHOLDER.sub("{}", route.path)
        for method in methods:
            if (method, shape) in taken:
                raise ValueError(f"{where} is there twice for {method}")
            taken.add((method, shape))
        names = PLACEHOLDER.findall(route.path)
        try:
            inspect.signature(route.view).bind(None, **dict.fromkeys(names))
        except TypeError:
            arguments = ", ".join(["socket" if isinstance(route, WebSocketRoute) else "request", *names])
            raise TypeError(f"{where}: its view must take ({arguments})") from None
