"""Where an operation's arguments come from in a request: path, query, body."""

from __future__ import annotations

import collections.abc
import re
import types
import typing
from contextlib import suppress
from functools import cached_property
from typing import Annotated, Any

from pydantic import BaseModel, create_model

from ..arguments.checking import checked
from ..errors import InvalidInput
from ..http.query import parse_query
from ..http.routing import PLACEHOLDER
from ..operations import Operation
from ..surfaces.attachments import holds_bytes
from ..text.wellformed import read_json

LISTS = {list, tuple, set, frozenset, collections.abc.Sequence, collections.abc.Set}
"""What comes as an array in JSON."""


def path_names(path: str) -> list[str]:
    """``/api/things/{id}`` -> ``["id"]``."""
    return PLACEHOLDER.findall(path)


def check_route(operation: Operation) -> None:
    """Refuse an operation that cannot be served. An internal one is not served at all.

    Raises:
        ValueError: another method, a path outside ``/api/``, or a placeholder that is no argument.
    """
    if operation.internal:
        return
    if operation.method not in {"GET", "POST", "PUT", "PATCH", "DELETE"}:
        raise ValueError(f"{operation.name}: unknown method '{operation.method}'")
    if not re.fullmatch(r"/api(/[\w.-]+|/\{\w+\})+", operation.path):
        raise ValueError(f"{operation.name}: a path looks like /api/things/{{id}}, not '{operation.path}'")
    unknown = set(path_names(operation.path)) - set(operation.arguments.model_fields)
    if unknown:
        raise ValueError(f"{operation.name}: {unknown.pop()} is in the path but is no argument")


def takes_file(operation: Operation) -> bool:
    """Whether an argument is bytes, which come as base64 in JSON or as a file in a multipart form."""
    return any(holds_bytes(field.annotation) for field in operation.arguments.model_fields.values())


class RouteArguments:
    """Collects the arguments of one operation. Built once a route."""

    def __init__(self, operation: Operation) -> None:
        self._fields = operation.arguments.model_fields
        self._in_path = path_names(operation.path)
        self._lists = {name for name, field in self._fields.items() if _takes_list(field.annotation)}
        self.by_query = operation.method in {"GET", "DELETE"}
        self.needs_body = not self.by_query

    @cached_property
    def _path_model(self) -> type[BaseModel]:
        """Turns the path's text into numbers where the operation wants numbers, because bodies are checked strictly."""
        fields: dict[str, Any] = {name: (self._fields[name].annotation, self._fields[name]) for name in self._in_path}
        return create_model("Path", **fields)

    def from_path(self, values: dict[str, str], arguments: dict[str, Any]) -> dict[str, Any]:
        """``arguments`` with those of the path.

        Raises:
            InvalidInput: a value is wrong, or stands in the body too.
        """
        twice = [name for name in self._in_path if name in arguments]
        if twice:
            raise InvalidInput(f"{twice[0]}: is in the path already; leave it out of the query or body.")
        found = checked(self._path_model, values, strict=False)
        return {**arguments, **{name: getattr(found, name) for name in self._in_path}}

    def from_query(self, query: bytes) -> dict[str, Any]:
        """The arguments in a query string: lists repeated, separated by commas or as JSON, all else text.

        Raises:
            InvalidInput: not UTF-8, or a value given twice.
        """
        arguments: dict[str, Any] = {}
        for name, value in parse_query(query):
            if name in self._lists:
                arguments.setdefault(name, []).extend(_listed(value))
            elif name in arguments:
                raise InvalidInput(f"{name}: is in the query more than once.")
            else:
                arguments[name] = value
        return arguments


def _listed(value: str) -> list[Any]:
    if value.startswith("["):
        with suppress(ValueError):
            found: list[Any] = read_json(value)
            return found
    return value.split(",") if value else []


def _takes_list(annotation: Any) -> bool:
    origin = typing.get_origin(annotation)
    if origin is Annotated:
        return _takes_list(annotation.__origin__)
    if origin in {typing.Union, types.UnionType}:
        return any(_takes_list(part) for part in typing.get_args(annotation))
    return (origin or annotation) in LISTS
