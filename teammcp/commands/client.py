"""What the commands share that talk to a running server: its address, the caller's key, and errors as one sentence.

Exit codes: 0 done; 1 the server or a setting says no; 2 the command was used wrongly (for ``wait``: nothing came); 3 no
server answers at the address.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

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
    """``--url``, as every command has it that talks to a server."""
    return click.option("--url", help="The server's address. Default: TEAMMCP_URL, or as the settings say.")(function)


def address(url: str | None) -> str:
    """The server's address without a trailing slash: ``url`` if given, else as the settings say."""
    if url:
        return url.rstrip("/")
    from ..config import load_settings

    return load_settings().public_url


def key_from(variable: str) -> str:
    """The secret in an environment variable. It is never an option: every user of a machine can read those.

    Raises:
        click.ClickException: it is not set.
    """
    key = os.environ.get(variable)
    if not key:
        what = {KEY: "your key", ADMIN_KEY: "the server's admin key"}.get(variable, "the registration secret")
        raise click.ClickException(f"Set {variable} to {what} first.")
    return key


def request(
    method: str,
    url: str,
    key: str | None,
    body: Mapping[str, Any] | None = None,
    *,
    query: Mapping[str, Any] | None = None,
    timeout: float = 30,
) -> Any:
    """One request; the JSON of its answer, or None if that is empty.

    Raises:
        Refused: the error's sentence, as the server gave it.
        Unreachable: no server answers.
    """
    import httpx2

    headers = {"Authorization": f"Bearer {key}"} if key else {}
    try:
        answer = httpx2.request(method, url, json=body, params=query, headers=headers, timeout=timeout, trust_env=False)
    except httpx2.HTTPError as error:
        raise Unreachable(
            f"No TeamMCP server answers at {url} ({error or type(error).__name__}). Start it with 'teammcp start', or "
            "give its address with --url or TEAMMCP_URL."
        ) from error
    if answer.status_code >= 400:
        raise Refused(_sentence(answer), answer.status_code)
    return answer.json() if answer.content else None


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


def _sentence(answer: Any) -> str:
    try:
        problem = answer.json()
    except ValueError:
        problem = None
    if isinstance(problem, dict) and problem.get("detail"):
        return str(problem["detail"])
    return f"The server answered {answer.status_code} {answer.reason_phrase}. Is this the address of a TeamMCP server?"
