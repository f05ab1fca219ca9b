"""The errors that only HTTP has."""

from __future__ import annotations

from ..errors import TeamError


class MethodNotAllowed(TeamError):
    """The path exists for other methods, listed in ``allow``."""

    status, code, title = 405, "method_not_allowed", "Method not allowed"


class UnsupportedMedia(TeamError):
    """The body has another form than the operation takes."""

    status, code, title = 415, "unsupported_media_type", "Unsupported media type"
