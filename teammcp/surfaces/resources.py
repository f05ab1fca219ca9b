"""`Resource`: a thing that MCP clients read by URI and may follow, from the hook ``register_resources``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..operations import Context


def _everybody(context: Context, **_: str) -> None:
    """Any member may read it."""


@dataclass(frozen=True)
class Resource:
    """One resource, or one kind of them.

    The functions get the reader's context, and the values of the template's names as keyword arguments.
    """

    uri: str
    """A URI such as ``teammcp://inbox``, or a template (RFC 6570) such as ``teammcp://channel/{id}``."""
    name: str
    description: str
    """For the model: what is in it."""
    read: Callable[..., Awaitable[str]]
    """``async read(context, **names) -> text``. Raises `TeamError` if the reader may not."""
    changed: Callable[..., bool]
    """``changed(context, event, **names)``: whether the event changes what ``read`` gives to this reader.

    Called for each event that the reader may see, and for each follower: be quick, touch memory only.
    """
    allow: Callable[..., Any] = _everybody
    """``allow(context, **names)`` raises `TeamError` unless the reader may follow it. Has no side effects."""
    mime_type: str = "text/plain"
