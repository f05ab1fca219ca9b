"""What a call amounts to: the other operations with which the same could be done.

Who restricts an operation means its effect. So an operation says beside itself (``amounts_to``) which others have the
effect of its calls; the access levels of the settings, and the rules of plugins, ask here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from pydantic import BaseModel

from ..errors import Forbidden
from ..members.directory import Access, Agent
from ..registry import IDEM_KEY, Operation
from ..server import Server

Values = dict[str, Any]


class Caller(Protocol):
    """Who calls, and where: a `Context`."""

    @property
    def actor(self) -> Agent: ...
    @property
    def server(self) -> Server: ...


async def meanings(
    context: Caller, operation: Operation, arguments: BaseModel, wanted: Callable[[str], bool]
) -> list[tuple[Operation, Values]]:
    """What a call does, as operations whose names are ``wanted``, and their arguments as JSON values.

    The call itself comes first, then the operations whose effect it has as well.
    """
    found = []
    if wanted(operation.name):
        found.append((operation, arguments.model_dump(mode="json", exclude={IDEM_KEY})))
    for name, meaning in operation.amounts_to.items():
        if wanted(name):
            other = context.server.registry.get(name)
            blank = other.arguments.model_construct().model_dump(mode="json", exclude={IDEM_KEY}, warnings=False)
            found += [(other, {**blank, **given}) for given in await meaning(context, arguments)]
    return found


async def check_levels(context: Caller, operation: Operation, arguments: BaseModel) -> None:
    """Check the access levels that the settings give to other ways to do what this call does.

    Raises:
        Forbidden: the actor's level is too low for one of them.
    """
    for name, override in context.server.settings.permissions.items():
        meaning = operation.amounts_to.get(name)
        if meaning is None or context.actor.access >= Access[override] or not list(await meaning(context, arguments)):
            continue
        raise Forbidden(
            f"{operation.name} does here what {name} does, which needs access level '{override}'; "
            f"yours is '{context.actor.access.name}'."
        )
