"""What a route's plugin does wrong: counted against it, and told to the caller."""

from __future__ import annotations

from ..errors import PluginFailed, TeamError
from ..logs import request_id, unexpected
from ..plugins import PluginManager
from ..storage.failures import failure_of

HOOK = "register_routes"


def failed(plugins: PluginManager, plugin: str, error: Exception) -> TeamError:
    """What to tell the caller of an exception that nobody has foreseen.

    It is counted against the plugin, but for what the machine does wrong, such as a full disk.
    """
    if (failure := failure_of(error)) is not None:
        unexpected(error, f"a route of plugin {plugin}")
        return failure
    plugins.count_fault(plugin, HOOK, error)
    number = request_id.get()
    text = f"The plugin '{plugin}' failed while it handled this request. The server's log says why, under {number}."
    return PluginFailed(text, request_id=number)
