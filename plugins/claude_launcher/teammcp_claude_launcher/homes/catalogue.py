"""The runtimes that plugins contribute, as the server knows them: to check what is chosen, and to show them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from teammcp import InvalidInput, NotFound, Runtime, Server, StateKey

_RUNTIMES: StateKey[Mapping[str, Runtime]] = StateKey("claude_launcher.runtimes")


def runtimes(server: Server) -> Mapping[str, Runtime]:
    """All runtimes by name. Of two plugins that contribute one of the same name, the first is taken."""
    if _RUNTIMES not in server.state:
        found: dict[str, Runtime] = {}
        for _, contributed in server.plugins.collect("register_runtimes"):
            for runtime in contributed:
                found.setdefault(runtime.name, runtime)
        server.state[_RUNTIMES] = dict(sorted(found.items()))
    return server.state[_RUNTIMES]


def find(server: Server, name: str) -> Runtime:
    """The runtime of that name.

    Raises:
        NotFound: there is none; the text lists those that there are.
    """
    there = runtimes(server)
    if name not in there:
        known = ", ".join(there) or "none; no plugin contributes one"
        raise NotFound(f"runtime: there is no runtime '{name}'. There are: {known}.", code="runtime_not_found")
    return there[name]


def check_options(runtime: Runtime, options: Mapping[str, Any]) -> BaseModel:
    """A runtime's options, checked against what it takes.

    Raises:
        InvalidInput: one is unknown or wrong; the text names it and, for an unknown one, those that there are.
    """
    try:
        return runtime.Options.model_validate(options)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        field = ".".join(map(str, first["loc"])) or "options"
        known = ", ".join(runtime.Options.model_fields) or "none"
        message = f"{field} of the runtime '{runtime.name}': {first['msg']}; its options are: {known}"
        raise InvalidInput.at("options", message) from None
