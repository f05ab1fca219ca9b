"""``teammcp call`` and ``openapi``: everything the server can do, from a shell."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from ..machine.console import is_unicode, read_input
from .client import KEY, address, key_from, request, url_option

FROM_INPUT = "-"
"""The value that stands for what is read from standard input, as in ``teammcp send``."""


@click.command()
@click.argument("name")
@click.argument("arguments", nargs=-1, metavar="[KEY=VALUE]...")
@url_option
def call(name: str, arguments: tuple[str, ...], url: str | None) -> None:
    """Call the operation NAME and print its result as JSON.

    A VALUE is text where the operation takes text, else JSON: teammcp call send_message channel=general content="It is
    done" mentions='["bob"]'

    The VALUE - is read from standard input, or asked for at a terminal, which does not show it: a secret belongs on no
    command line.
    """
    base, key = address(url), key_from(KEY)
    document = request("GET", f"{base}/api/openapi.json", key)
    schemas = argument_schemas(document, name)
    result = request("POST", f"{base}/api/call/{name}", key, parse(arguments, schemas), timeout=300)
    _print(result)


@click.command()
def openapi() -> None:
    """Print the OpenAPI document.

    It is that of a server started here, with the plugins that are installed.
    """
    from ..app import create_app
    from ..config import load_settings
    from ..rest.openapi import document

    _print(document(create_app(load_settings()).server))


def _print(result: Any) -> None:
    """Print JSON, with escapes of its own where the terminal does not know every character."""
    click.echo(json.dumps(result, indent=2, ensure_ascii=not is_unicode(sys.stdout)))


def argument_schemas(document: dict[str, Any], name: str) -> dict[str, Any]:
    """The JSON schema of each argument of an operation, from the server's OpenAPI document.

    Raises:
        click.ClickException: there is no such operation.
    """
    for path in document["paths"].values():
        for operation in path.values():
            if isinstance(operation, dict) and operation.get("operationId") == name:
                return _schemas(document, operation)
    raise click.ClickException(
        f"There is no operation called '{name}'. {document['info']['title']} lists them at /api/openapi.json."
    )


def _schemas(document: dict[str, Any], operation: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {item["name"]: item["schema"] for item in operation.get("parameters", [])}
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    found.update(_resolve(document, body).get("properties", {}))
    return {name: _resolve(document, schema) for name, schema in found.items()}


def _resolve(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """The schema itself, where it is a reference; the same of its choices."""
    if "anyOf" in schema:
        return {**schema, "anyOf": [_resolve(document, choice) for choice in schema["anyOf"]]}
    while "$ref" in schema:
        target: Any = document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        schema = target
    return schema


def parse(arguments: tuple[str, ...], schemas: dict[str, Any]) -> dict[str, Any]:
    """``("limit=5", "channel=general")`` -> ``{"limit": 5, "channel": "general"}``.

    Raises:
        click.UsageError: no ``=``, not JSON where JSON is wanted, or two values that standard input is to give.
    """
    texts: dict[str, str] = {}
    for argument in arguments:
        name, equals, text = argument.partition("=")
        if not equals:
            raise click.UsageError(f"'{argument}' is not of the form KEY=VALUE.")
        texts[name] = text
    if len(asked := [name for name, text in texts.items() if text == FROM_INPUT]) > 1:
        raise click.UsageError(f"{' and '.join(asked)}: only one value can be read from standard input.")
    texts |= {name: _read(name) for name in asked}
    return {name: text if takes_text(schemas.get(name, {})) else _json(name, text) for name, text in texts.items()}


def _read(name: str) -> str:
    """A value from standard input. A person at a terminal is asked for it, and it is not shown."""
    if sys.stdin is not None and sys.stdin.isatty():
        found: str = click.prompt(name, hide_input=True, err=True)
        return found
    return read_input().rstrip("\r\n")


def takes_text(schema: dict[str, Any]) -> bool:
    """Whether a value of this schema may be a string. An unknown one counts as text: the server says what is wrong."""
    if not schema:
        return True
    return schema.get("type") == "string" or any(map(takes_text, schema.get("anyOf", [])))


def _json(name: str, text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise click.UsageError(f"{name}: this argument is JSON, and '{text}' is not: {error}.") from error
