"""What the commands share that talk to a running server: its address, the caller's key, and errors as one sentence.

Exit codes: 0 done; 1 the server or a setting says no; 2 the command was used wrongly (for ``wait``: nothing came); 3 no
server answers at the address.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

import click

from ..keys import key_from_environment
from ..machine.console import as_text, holds_bytes
from ..net.addresses import ServerAddress
from ..text.invisible import reveal

KEY = "TEAMMCP_KEY"
ADMIN_KEY = "TEAMMCP_ADMIN_KEY"
UNREACHABLE = 3
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0

T = TypeVar("T")


class Refused(click.ClickException):
    """The server says no, with ``status``."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class Unreachable(click.ClickException):
    """No server answers."""

    exit_code = UNREACHABLE


def url_option(function: Any) -> Any:
    """``--url``, as every command has it that talks to a server: its argument ``url``, None if it is not given."""
    return click.option("--url", help="The server's address. Default: TEAMMCP_URL, or as the settings say.")(function)


def server_address(url: str | None) -> ServerAddress:
    """The server's address: ``url`` if given, else that of TEAMMCP_URL, else as the settings of a server here say.

    A server knows of no path before its own; for whoever reaches it through a proxy there may be one.

    Raises:
        InvalidInput: it is none.
    """
    if url:
        return ServerAddress.parse(url, "--url")
    if here := os.environ.get("TEAMMCP_URL"):
        return ServerAddress.parse(here, "TEAMMCP_URL")
    from ..config import load_settings

    return ServerAddress.parse(load_settings().public_url)


def require_tools(tools: str | None) -> None:
    """Refuse what cannot be a choice of tools.

    Raises:
        click.UsageError: it is none.
    """
    if tools is not None and not re.fullmatch("[a-z0-9_,-]+", tools):
        raise click.UsageError("--tools takes names of profiles and tools with commas between, or 'all'.")


def address(url: str | None) -> str:
    """The same as text, to which paths are added.

    Raises:
        InvalidInput: as `server_address`.
    """
    return server_address(url).base


def key_from(variable: str) -> str:
    """The secret in an environment variable. It is never an option: every user of a machine can read those.

    Raises:
        click.ClickException: it is not set. InvalidInput: it holds something that is no key.
    """
    key = key_from_environment(variable)
    if key is None:
        what = {KEY: "your key", ADMIN_KEY: "the server's admin key"}[variable]
        raise click.ClickException(f"Set {variable} to {what} first.")
    return key


def secret_from(variable: str) -> str:
    """The registration secret in an environment variable: whatever text the server's settings have.

    Raises:
        click.ClickException: it is not set.
    """
    secret = os.environ.get(variable)
    if not secret:
        raise click.ClickException(f"Set {variable} to the registration secret first.")
    return secret


def request(
    method: str,
    url: str,
    key: str | None,
    body: Mapping[str, Any] | None = None,
    *,
    query: Mapping[str, Any] | None = None,
    timeout: float = 30,
    reader: str | None = None,
) -> Any:
    """One request; the JSON of its answer, or None if that is empty.

    Args:
        method: that of HTTP.
        url: where to.
        key: the caller's.
        body: as JSON.
        query: of the address.
        timeout: seconds.
        reader: see `new_reader`.

    Raises:
        Refused: the error's sentence, as the server gave it.
        Unreachable: no server answers. InvalidInput: the proxy in the environment cannot be used.
    """
    import httpx2

    from ..net.transport import client_options, reason

    headers = {"Authorization": f"Bearer {key}"} if key else {}
    sent: dict[str, Any] = {"params": query, "headers": headers, "timeout": timeout}
    if body is not None:
        sent["content"] = _encoded(body)
        headers["Content-Type"] = "application/json"
    if reader is not None:
        headers["TeamMCP-Reader"] = reader
    try:
        answer = httpx2.request(method, url, **sent, **client_options(url))
    except httpx2.HTTPError as error:
        raise Unreachable(
            f"No TeamMCP server answers at {url} ({reason(error)}). Start it with 'teammcp start', or "
            "give its address with --url or TEAMMCP_URL."
        ) from None
    if answer.status_code >= 400:
        raise Refused(_sentence(answer), answer.status_code)
    try:
        return answer.json() if answer.content else None
    except ValueError:
        raise Refused(_sentence(answer), answer.status_code) from None


def call_server(
    url: str | None,
    operation: str,
    arguments: Mapping[str, Any] | None = None,
    *,
    patience: float = 30,
    reader: str | None = None,
    until_back: bool = False,
) -> Any:
    """Call an operation of a running server with the key in TEAMMCP_KEY; its result as JSON.

    Args:
        url: what `url_option` gives: the server's address, None for the usual one.
        operation: its name.
        arguments: as it takes them.
        patience: seconds after which the server counts as gone.
        reader: a name for this run of a command that says itself which messages have arrived.
        until_back: wait for a server that does not answer, and say so on standard error; for what may be asked twice.

    Raises:
        click.ClickException: there is no key, the server says no, or none answers (exit code 3).
        InvalidInput: the address is none.
    """
    path = f"{address(url)}/api/call/{operation}"
    ask = partial(request, "POST", path, key_from(KEY), arguments or {}, timeout=patience, reader=reader)
    return patiently(ask) if until_back else ask()


def new_reader(command: str) -> str:
    """A name for one run of a command that says itself which messages have arrived, by `confirm`."""
    return f"{command}:{uuid.uuid4().hex}"


def confirm(base: str, key: str, reader: str, message_ids: Sequence[int]) -> None:
    """Say that messages have arrived; what is not said so of comes again.

    Raises:
        Refused, Unreachable: as `request`.
    """
    request("POST", f"{base}/api/received", key, {"message_ids": [*message_ids]}, reader=reader)


def tell(text: str) -> None:
    """Print what others wrote. When it returns, the text has left this process.

    Raises:
        OSError: nobody reads it. click.ClickException: nobody can.
    """
    if sys.stdout is None:
        raise click.ClickException("Standard output is closed, so nothing can be printed.")
    click.echo(text)
    sys.stdout.flush()


def patiently(ask: Callable[[], T]) -> T:
    """What a server answers, which is waited for while it is away."""
    pause = FIRST_PAUSE
    while True:
        try:
            return ask()
        except Unreachable as error:
            click.echo(f"{error.message} Trying again in {pause:g} s.", err=True)
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)


def _well_formed(value: Any) -> Any:
    """The value with text instead of bytes that the terminal's encoding did not know, as arguments may hold them."""
    if isinstance(value, str):
        return as_text(os.fsencode(value)) if holds_bytes(value) else value
    if isinstance(value, Mapping):
        return {_well_formed(key): _well_formed(item) for key, item in value.items()}
    return [_well_formed(item) for item in value] if isinstance(value, list) else value


def _encoded(body: Mapping[str, Any]) -> bytes:
    try:
        return json.dumps(_well_formed(body), ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise click.UsageError("There is half of a character in what is to be sent, such as \\ud83d alone.") from None


def _sentence(answer: Any) -> str:
    try:
        problem = answer.json()
    except ValueError:
        problem = None
    if isinstance(problem, dict) and problem.get("detail"):
        return reveal(str(problem["detail"]))
    said = f"{answer.status_code} {reveal(answer.reason_phrase)}"
    return f"The server answered {said}. Is this the address of a TeamMCP server?"
