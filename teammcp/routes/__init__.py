"""Routes of plugins: raw HTTP requests and WebSockets under ``/hooks/<plugin>``."""

from __future__ import annotations

from typing import cast

from ..application import TeamApp
from ..http.asgi import Application
from .surface import RouteSurface

__all__ = ["RouteSurface", "mount"]


def mount(app: TeamApp) -> RouteSurface:
    """Serve ``/hooks/`` in front of ``app``'s pages."""
    surface = RouteSurface(app.server, cast(Application, app.asgi_app))
    app.stand_before(lambda _: surface)
    return surface
