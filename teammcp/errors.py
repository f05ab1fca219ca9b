"""The error types. Each carries what a caller needs to act: a short code, an HTTP status, a sentence, data.

Surfaces encode them: REST as an RFC 9457 problem document, MCP as a tool result with ``isError``, pages as a notice.
"""

from __future__ import annotations

from typing import Any, Self


class TeamError(Exception):
    """Base of every error a caller may see.

    ``detail`` is one or two sentences that name the field and the remedy. ``data`` holds JSON values that help to
    resolve the error (``retry_after``, ``current_version``, …) and must not hold secrets.
    """

    status = 500
    code = "internal_error"
    title = "Internal error"

    def __init__(self, detail: str, *, code: str | None = None, **data: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code or type(self).code
        self.data = data


class InvalidInput(TeamError):
    """An argument is missing, unknown, of the wrong type or out of range. ``errors`` lists field and message."""

    status, code, title = 400, "invalid_input", "Invalid input"

    @classmethod
    def at(cls, field: str, message: str, *, detail: str | None = None, **more: Any) -> Self:
        """The error of one argument.

        Args:
            field: the argument.
            message: what is wrong with it, as it goes on behind its name and without a full stop: "must be …".
            detail: what is said instead of both together, where the remedy takes a sentence of its own.
            more: the error's ``code``, and its data.
        """
        said = f"{field}: {message}." if detail is None else detail
        return cls(said, errors=[{"field": field, "message": message}], **more)


class Unauthorized(TeamError):
    """No key, or one that is unknown, rotated away or revoked."""

    status, code, title = 401, "unauthorized", "Unauthorized"


class Forbidden(TeamError):
    """The actor is known but may not do this."""

    status, code, title = 403, "forbidden", "Forbidden"


class Refused(Forbidden):
    """A ``before_*`` hook refused the change; ``detail`` is its reason."""

    code, title = "refused", "Refused"


class NotFound(TeamError):
    """There is no such thing, or the actor may not know of it."""

    status, code, title = 404, "not_found", "Not found"


class RequestTimeout(TeamError):
    """The body did not come in time."""

    status, code, title = 408, "request_timeout", "Request time-out"


class Conflict(TeamError):
    """The change does not fit what is there now: a taken name, another version, a reused idempotency key."""

    status, code, title = 409, "conflict", "Conflict"


class Gone(TeamError):
    """It existed and was deleted or retired."""

    status, code, title = 410, "gone", "Gone"


class TooLarge(TeamError):
    """A body, file or text beyond its limit."""

    status, code, title = 413, "too_large", "Too large"


class PreconditionRequired(TeamError):
    """Something else has to be done first; ``detail`` says what."""

    status, code, title = 428, "precondition_required", "Precondition required"


class RateLimited(TeamError):
    """Too many calls; ``retry_after`` is in seconds."""

    status, code, title = 429, "rate_limited", "Too many requests"


class PluginFailed(TeamError):
    """A plugin that has to agree to a change crashed; the change was not made."""

    status, code, title = 500, "plugin_failed", "A plugin failed"


class Unavailable(TeamError):
    """The server is stopping, the team is being deleted, or the database is locked."""

    status, code, title = 503, "unavailable", "Unavailable"


class StorageFull(TeamError):
    """The disk or the database is full. Nothing was written; reads go on, and writes work again once there is room."""

    status, code, title = 507, "storage_full", "Storage full"


class StorageFailed(TeamError):
    """The disk, the database's files or the machine do not do their part. Nothing was written; an administrator is
    needed."""

    status, code, title = 503, "storage_failed", "Storage failed"


class StartError(Exception):
    """The server cannot start: a used port, a locked data directory, a newer database, a bad setting.

    The message is for the person at the terminal and says what to do. Never sent to clients.
    """


class InUse(StartError):
    """Another server uses the same data."""
