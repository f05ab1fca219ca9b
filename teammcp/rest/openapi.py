"""The OpenAPI 3.1 document, from the registry: what the server checks is what the document says."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from ..http.routing import PLACEHOLDER
from ..members.directory import Access
from ..operations import IDEM_KEY, Operation
from ..server import Server
from ..surfaces.attachments import Attachment
from ..version import __version__
from .arguments import path_names, takes_file
from .models import CreatedTeam, Health, NewTeam, TeamInfo

REF = "#/components/schemas/{model}"
PROBLEM = {"$ref": "#/components/schemas/Problem"}
Schema = dict[str, Any]

FAILURES = {
    400: "The arguments are wrong; `errors` lists the fields.",
    401: "No key, or one that is not valid.",
    403: "The caller may not do this.",
    404: "There is no such thing, or the caller may not know of it.",
    405: "Another method is wanted; see the header Allow.",
    408: "The body did not arrive in time.",
    409: "It does not fit what is there now.",
    410: "It was deleted or retired.",
    413: "The body is too large.",
    414: "The path or the query is too long.",
    415: "The body has the wrong type.",
    429: "Too many calls; see the header Retry-After.",
    500: "The server or a plugin failed.",
    503: "The server is stopping, or its disk does not do its part.",
    507: "The disk is full.",
}
PROBLEM_SCHEMA: Schema = {
    "type": "object",
    "description": "RFC 9457, with a short code in `error` and the data that help to resolve it.",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "error": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
                "required": ["field", "message"],
            },
        },
    },
    "required": ["type", "title", "status", "detail", "error"],
}
IDEMPOTENCY_KEY: Schema = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "A call repeated with its key within 24 hours is carried out once.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[!-~]+$"},
}


def document(server: Server) -> Schema:
    """The whole document."""
    operations = list(server.registry.offered())
    schemas, definitions = _schemas(operations)
    paths: dict[str, Schema] = {}
    places: dict[str, str] = {}  # OpenAPI wants one set of names for a place, whatever the operations call its parts
    for operation in operations:
        arguments = definitions[schemas[operation.arguments, "validation"]["$ref"].rpartition("/")[2]]
        result = schemas[operation.result, "serialization"]
        path = places.setdefault(PLACEHOLDER.sub("{}", operation.path), operation.path)
        described = _operation(operation, arguments, result)
        for parameter, name in zip(described["parameters"], path_names(path), strict=False):
            parameter["name"] = name
        paths.setdefault(path, {})[operation.method.lower()] = described
    for path, methods in _server_paths().items():
        paths[path] = methods
    used = {operation.arguments.__name__ for operation in operations}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "TeamMCP",
            "version": __version__,
            "description": "Everything that can be done, over REST. Every operation can also be called at "
            "`POST /api/call/{name}` with all its arguments in one JSON object.",
        },
        "servers": [{"url": server.settings.public_url}],
        "security": [{"key": []}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": {
                **{name: schema for name, schema in definitions.items() if name not in used},
                "Problem": PROBLEM_SCHEMA,
            },
            "responses": {str(status): _problem_response(status) for status in FAILURES},
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "bearerFormat": "tmcp_<team>_<43 characters>"}
            },
        },
    }


def _schemas(operations: list[Operation]) -> tuple[dict[Any, Schema], dict[str, Schema]]:
    models: list[tuple[type[BaseModel], Any]] = [(Health, "serialization"), (TeamInfo, "serialization")]
    models += [(CreatedTeam, "serialization"), (NewTeam, "validation")]
    for operation in operations:
        models += [(operation.arguments, "validation"), (operation.result, "serialization")]
    schemas, top = models_json_schema(list(dict.fromkeys(models)), by_alias=True, ref_template=REF)
    return dict(schemas), top["$defs"]


def _operation(operation: Operation, arguments: Schema, result: Schema) -> Schema:
    properties = {name: schema for name, schema in arguments.get("properties", {}).items() if name != IDEM_KEY}
    required = set(arguments.get("required", ()))
    in_path = path_names(operation.path)
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": _without_null(properties.pop(name))}
        for name in in_path
    ]
    described: Schema = {
        "operationId": operation.name,
        "summary": operation.description.partition("\n")[0],
        "description": operation.description,
        "tags": [operation.profile],
    }
    if operation.access is Access.anonymous:
        described["security"] = [{}, {"key": []}]
        properties["team"] = {"type": "string", "default": "default", "description": "The team to act in"}
    if operation.method in {"GET", "DELETE"}:
        parameters += [
            _parameter(name, "query", schema, required=name in required) for name, schema in properties.items()
        ]
    else:
        described["requestBody"] = _body(operation, properties, sorted(required - set(in_path)))
    if not operation.read_only:
        parameters.append(IDEMPOTENCY_KEY)
    described["parameters"] = parameters
    described["responses"] = {str(operation.status): _success(operation, result), **_failures()}
    if not operation.read_only:
        described["responses"]["202"] = {
            "description": "A plugin made the change wait; the body says for what.",
            "content": {"application/json": {"schema": {}}},
        }
    return described


def _parameter(name: str, place: str, schema: Schema, *, required: bool) -> Schema:
    return {"name": name, "in": place, "required": required, "schema": _without_null(schema)}


def _body(operation: Operation, properties: Schema, required: list[str]) -> Schema:
    lenient = operation.arguments.model_config.get("extra") == "ignore"
    schema: Schema = {"type": "object", "properties": properties, "additionalProperties": lenient}
    if required:
        schema["required"] = required
    content: Schema = {"application/json": {"schema": schema}}
    if takes_file(operation):
        form = {**properties, "content": {"type": "string", "format": "binary"}}
        needed = [name for name in required if name != "name"]  # a file brings its name
        content["multipart/form-data"] = {
            "schema": {"type": "object", "properties": form, "required": needed, "additionalProperties": False}
        }
    return {"required": bool(required), "content": content}


def _success(operation: Operation, result: Schema) -> Schema:
    if issubclass(operation.result, Attachment):
        file = {"schema": {"type": "string", "format": "binary"}}
        return {"description": "The file's bytes.", "content": {"*/*": file}}
    return {"description": "Done.", "content": {"application/json": {"schema": result}}}


def _failures(*statuses: int) -> Schema:
    return {str(status): {"$ref": f"#/components/responses/{status}"} for status in statuses or FAILURES}


def _problem_response(status: int) -> Schema:
    return {"description": FAILURES[status], "content": {"application/problem+json": {"schema": PROBLEM}}}


def _without_null(schema: Schema) -> Schema:
    """Paths and queries cannot say null; leaving an argument out says it."""
    options = [option for option in schema.get("anyOf", ()) if option.get("type") != "null"]
    if len(options) != 1:
        return schema
    rest = {key: value for key, value in schema.items() if key not in {"anyOf", "default"} or value is not None}
    rest.pop("anyOf")
    return {**options[0], **rest}


def _server_paths() -> dict[str, Schema]:
    """What is no operation: it belongs to the server, not to a team, or has no end."""

    def answer(model: str, status: str = "200", *, many: bool = False) -> Schema:
        schema: Schema = {"$ref": REF.format(model=model)}
        if many:
            schema = {"type": "array", "items": schema}
        return {status: {"description": "Done.", "content": {"application/json": {"schema": schema}}}}

    name = {"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}
    new_team = {"application/json": {"schema": {"$ref": REF.format(model="NewTeam")}}}
    kinds = {"type": "array", "items": {"type": "string"}, "maxItems": 50}
    return {
        "/api/health": {
            "get": {
                "operationId": "health",
                "summary": "Whether the server is well. Public; a key shows more.",
                "tags": ["server"],
                "security": [],
                "responses": {**answer("Health"), **answer("Health", "503"), **_failures(401, 429)},
            }
        },
        "/api/teams": {
            "get": {
                "operationId": "list_teams",
                "summary": "All teams. Takes the server's admin key.",
                "tags": ["server"],
                "responses": {**answer("TeamInfo", many=True), **_failures(401, 403, 429)},
            },
            "post": {
                "operationId": "create_team",
                "summary": "Make a team, and its owner if one is named. Takes the server's admin key.",
                "tags": ["server"],
                "requestBody": {"required": True, "content": new_team},
                "responses": {**answer("CreatedTeam", "201"), **_failures(400, 401, 403, 408, 409, 413, 415, 429, 507)},
            },
        },
        "/api/teams/{name}": {
            "delete": {
                "operationId": "delete_team",
                "summary": "Delete a team and all its data, for good. Takes the server's admin key.",
                "tags": ["server"],
                "parameters": [name],
                "responses": {
                    "200": {"description": "Done.", "content": {"application/json": {"schema": {"type": "object"}}}},
                    **_failures(401, 403, 404, 429),
                },
            }
        },
        "/api/events": {
            "get": {
                "operationId": "events",
                "summary": "The team's events, live, as server-sent events. `/api/ws` sends the same by WebSocket.",
                "tags": ["inbox"],
                "parameters": [
                    {"name": "since", "in": "query", "schema": {"type": "integer", "minimum": 0}},
                    {"name": "kinds", "in": "query", "schema": kinds, "explode": False},
                    {"name": "Last-Event-ID", "in": "header", "schema": {"type": "integer", "minimum": 0}},
                ],
                "responses": {
                    "200": {
                        "description": "The stream.",
                        "content": {"text/event-stream": {"schema": {"type": "string"}}},
                    },
                    **_failures(400, 401, 410, 429),
                },
            }
        },
    }
