"""`create_app`: settings in, one ASGI callable out, with every surface and every plugin in it."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Mapping
from typing import Any, cast

from . import mcp, rest, routes
from .application import TeamApp
from .clock import Clock
from .config import Settings
from .config.remedies import unknown
from .errors import StartError
from .features import built_in
from .http.asgi import Application
from .http.middleware import RequestGuard
from .operations import Registry, idempotency
from .operations.queries import oldest_call
from .plugins import GUARDS, PluginManager, installed
from .plugins.wrappers import contain
from .server import Server, Team
from .server.jobs import Job
from .storage import Reader
from .web import plugin as web_plugin
from .web import shell

log = logging.getLogger(__name__)

PRESENCE_SECONDS = 5


def create_app(
    settings: Settings, clock: Clock | None = None, install: Mapping[str, Any] | None = None, *, durable: bool = True
) -> TeamApp:
    """Build the application; nothing is opened before it serves.

    Args:
        settings: see `teammcp.config`.
        clock: for tests; the machine's clock otherwise.
        install: plugins besides the built-in and the installed ones, name -> module or object.
        durable: see `SqliteDatabase.open`.

    Raises:
        StartError: a built-in feature or a required plugin is broken, or a setting names what is not there.
    """
    plugins = PluginManager(
        {**built_in(), "web": web_plugin}, settings.disabled_plugins, settings.plugins, required_plugins(settings)
    )
    plugins.discover()
    for name, plugin in (install or {}).items():
        plugins.register(name, plugin)
    plugins.check_names()
    app = TeamApp(__name__)
    app.server = Server(settings, plugins, Registry(), clock, durable)
    app.server.registry = collect_operations(plugins)  # after the migrations: a plugin may have failed there
    check_permissions(settings, app.server.registry, plugins)
    app.server.jobs.collect(core_jobs(app.server))
    app.server.services.collect()
    app.while_serving(lambda: _serving(app))  # type: ignore[type-var]  # the hint leaves out async generators
    _mount_surfaces(app)
    for name, wrap in plugins.collect("asgi_wrapper", server=app.server):
        try:
            app.stand_before(contain(plugins, name, wrap))
        except Exception:
            plugins.fail(name)
    app.guard = RequestGuard(cast(Application, app.asgi_app), settings)
    app.stand_before(lambda _: app.guard)
    return app


def required_plugins(settings: Settings) -> list[str]:
    """The plugins without which the server does not start."""
    if settings.required_plugins is not None:
        return settings.required_plugins
    there = {entry.name for entry in installed()} - set(settings.disabled_plugins)
    return [name for name in GUARDS if name in there]


def check_permissions(settings: Settings, registry: Registry, plugins: PluginManager) -> None:
    """Make sure that every rule of the setting ``permissions`` is about an operation that there is.

    Raises:
        StartError: names each that is not, and the one that was probably meant.
    """
    known = {operation.name for operation in registry}
    wrong = [
        f"  permissions.{name}: {unknown('operation', name, known)}" for name in settings.permissions.keys() - known
    ]
    if not wrong:
        return
    off = [info.name for info in plugins.plugins.values() if info.state != "active"]
    hint = f"\nThe operations of plugins that are switched off are not known: {', '.join(off)}." if off else ""
    raise StartError("These settings are wrong:\n" + "\n".join(sorted(wrong)) + hint)


def _mount_surfaces(app: TeamApp) -> None:
    shell.mount(app)
    app.stream_enders += [part.mount(app).end_streams for part in (routes, rest, mcp)]


def collect_operations(plugins: PluginManager) -> Registry:
    """The operations of all plugins. A plugin that contributes a bad one is switched off, with all it contributes."""
    registry = Registry()
    for name, functions in plugins.collect("register_operations"):
        try:
            for function in functions:
                registry.add(function)
                rest.check_route(function.operation)
        except Exception:
            plugins.fail(name)
            return collect_operations(plugins)
    return registry


async def _serving(app: TeamApp) -> AsyncIterator[None]:
    server = app.server
    try:
        await server.open()
    except Exception as error:
        app.start_failure = error
        await server.close()
        raise
    server.jobs.start()
    try:
        yield
    finally:
        await server.begin_stop()
        await server.jobs.stop()
        await server.close()


def core_jobs(server: Server) -> list[Job]:
    """The work of the core that comes round."""
    return [
        Job("presence", sweep_presence, every=PRESENCE_SECONDS, per_team=True),
        Job("idempotency", forget_idempotency_keys, every=3600, per_team=True),
        Job("services", lambda _: server.services.look(), every=1),
    ]


async def sweep_presence(team: Team) -> None:
    """Notice who has gone away."""
    team.presence.sweep()


async def forget_idempotency_keys(team: Team) -> None:
    """Delete idempotency keys that are no longer valid; writes nothing if there are none."""
    now = team.server.clock.now()
    if await team.database.read(_oldest_key) <= now - idempotency.KEPT_FOR:
        await team.database.write(lambda tx: idempotency.forget_old(tx, now))


def _oldest_key(reader: Reader) -> int:
    oldest: int | None = oldest_call(reader)
    return 2**63 if oldest is None else oldest
