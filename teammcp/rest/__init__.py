"""The REST surface: a route for every operation of the registry, the event streams, health, teams and OpenAPI."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ..http.asgi import Application
from .api import RestSurface
from .arguments import check_route

if TYPE_CHECKING:
    from ..application import TeamApp

__all__ = ["RestSurface", "check_route", "mount"]


def mount(app: TeamApp) -> RestSurface:
    """Serve ``/api/`` in front of ``app``'s pages."""
    surface = RestSurface(app.server, cast(Application, app.asgi_app))
    app.stand_before(lambda _: surface)
    return surface
