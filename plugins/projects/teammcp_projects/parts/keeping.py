"""Parts that are sent later: kept beside what waits, as their sender gave them."""

from __future__ import annotations

import json
from typing import Any

from teammcp import Context, MessageParts, check_parts, json_text


def as_kept(context: Context, parts: MessageParts) -> str | None:
    """Parts as a row keeps them until their message is sent; None of none.

    Raises:
        InvalidInput: one is not as its kind says.
    """
    return json_text([part.given() for part in check_parts(context, parts)]) if parts else None


def given_again(kept: str | None) -> list[dict[str, Any]]:
    """The same, as the argument of send_message."""
    return [] if kept is None else json.loads(kept)
