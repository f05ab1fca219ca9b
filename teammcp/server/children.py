"""Programs that a plugin runs beside the server, and that end with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..machine.children import GRACE, KEPT, Child, Children

if TYPE_CHECKING:
    from . import Server


async def spawn(
    server: Server,
    name: str,
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    folder: Path | None = None,
    kept: int = KEPT,
    separate_errors: bool = False,
) -> Child:
    """Start a program. Stop it with `Child.stop`, or use the child in an ``async with`` block.

    Args:
        server: whose child it is.
        name: what it belongs to, as a rule the plugin; see `end_survivors`.
        command: the program and its arguments. No shell reads them. Secrets belong into the environment or the input:
            everybody on the machine may read command lines.
        environment: all that the program is to have, ``PATH`` and ``HOME`` included if it needs them.
        folder: where it is started; by default where the server was.
        kept: bytes of its output that are kept.
        separate_errors: keep what it writes to its standard error apart, in `Child.errors`.

    Raises:
        OSError: there is no such program, or it cannot be run.
        NotImplementedError: on Windows, which has no process groups of this kind.
    """
    return await _children(server, name).spawn(
        command, environment=environment, folder=folder, kept=kept, separate_errors=separate_errors
    )


async def end_survivors(server: Server, name: str, grace: float = GRACE) -> None:
    """End what children of that name have left behind when an earlier server on this data folder was killed.

    Call it at ``startup``, before any child of that name is started.
    """
    await _children(server, name).end_survivors(grace)


def _children(server: Server, name: str) -> Children:
    return Children(server.settings.home, name)
