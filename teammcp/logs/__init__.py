"""Logs: one line an event, the access log, and a dam against the flood of one fault that comes again and again."""

from .lines import JsonFormatter, TextFormatter, catch_everything, configure, describe, request_id, unexpected

__all__ = [
    "JsonFormatter",
    "TextFormatter",
    "catch_everything",
    "configure",
    "describe",
    "request_id",
    "unexpected",
]
