"""Logs: one line an event, with the id of the request it belongs to. Never message text, keys, headers or queries."""

from __future__ import annotations

import json
import logging
import sys
import threading
import traceback
from contextvars import ContextVar

from pydantic import ValidationError

from ..clock import rfc3339
from ..config import Settings
from ..errors import TeamError
from ..storage.failures import failure_of
from .flood import Flood

log = logging.getLogger(__name__)

request_id: ContextVar[str] = ContextVar("request_id", default="-")
"""The id of the request being served, also in its answer's header ``X-Request-Id``."""


def configure(settings: Settings) -> None:
    """Send the program's logs to standard error in the form that ``settings`` ask for."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if settings.log_format == "json" else TextFormatter())
    handler.addFilter(Flood())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level.upper())
    for noisy in ("apscheduler", "hypercorn", "mcp", "quart", "asyncio", "httpx2", "httpcore2"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, root.level))


def unexpected(error: Exception, what: str) -> TeamError | None:
    """Log an exception that nobody has foreseen; what to tell the caller if the machine is at fault, else None.

    Of a dead disk one line says all; the way there would only fill another one.
    """
    failure = failure_of(error)
    if failure is None:
        log.error("%s failed", what, exc_info=error)
    else:
        log.error("%s failed: %s: %s", what, type(error).__name__, error)
    return failure


def catch_everything() -> None:
    """Log what would be printed otherwise, over many lines: warnings, and exceptions that nobody catches."""
    logging.captureWarnings(True)

    def uncaught(kind: type[BaseException], error: BaseException | None, trace: object) -> None:
        if error is not None and not isinstance(error, KeyboardInterrupt):
            log.critical("an exception that nobody caught", exc_info=error)

    sys.excepthook = uncaught
    threading.excepthook = lambda args: uncaught(args.exc_type, args.exc_value, args.exc_traceback)
    sys.unraisablehook = lambda args: uncaught(args.exc_type, args.exc_value, args.exc_traceback)


class TextFormatter(logging.Formatter):
    """``time level logger [request] message``; an exception is added on the same line."""

    def format(self, record: logging.LogRecord) -> str:
        """One line for people."""
        line = (
            f"{rfc3339(int(record.created * 1000))} {record.levelname.lower():7} {record.name} "
            f"[{request_id.get()}] {record.getMessage()}"
        )
        if record.exc_info and record.exc_info[1] is not None:
            line += " | " + describe(record.exc_info[1])
        return "".join(character if character.isprintable() else "\N{MIDDLE DOT}" for character in line)


class JsonFormatter(logging.Formatter):
    """The same as a JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        """One line for machines."""
        entry = {
            "time": rfc3339(int(record.created * 1000)),
            "level": record.levelname.lower(),
            "logger": record.name,
            "request": request_id.get(),
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info and record.exc_info[1] is not None:
            entry["exception"] = describe(record.exc_info[1])
        return json.dumps(entry)


def describe(error: BaseException) -> str:
    """An exception on one line: what, and the way there, innermost call last.

    The text of a `ValidationError` quotes what was sent, so only its count of errors is told.
    """
    text = f"{error.error_count()} errors" if isinstance(error, ValidationError) else str(error)
    frames = traceback.extract_tb(error.__traceback__)
    way = " > ".join(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames)
    cause = f" (caused by {describe(error.__cause__)})" if error.__cause__ is not None else ""
    return f"{type(error).__name__}: {text} at {way}{cause}"
