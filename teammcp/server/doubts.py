"""What the settings allow and is probably not meant: told in the log at the start, each in one sentence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..config import Settings
from ..config.remedies import meant
from ..http.callers import is_loopback, is_public

PREFIX = "TEAMMCP_"
COMMANDS = {"KEY", "ADMIN_KEY", "CONFIG"}
"""Variables of the command line, which are no settings."""


def doubts(settings: Settings, environment: Mapping[str, str]) -> Iterator[str]:
    """A sentence for each."""
    if not is_loopback(settings.host) and not (settings.url or "").startswith("https:"):
        yield (
            f"The server listens on {settings.host or 'every address'} for other machines and speaks HTTP, so keys "
            "and messages travel unencrypted. Put a proxy with TLS in front, and give its address as url."
        )
    if is_public(settings) and is_loopback(settings.host) and not settings.trusted_proxies:
        yield (
            f"Callers come to {settings.url} through a proxy, and trusted_proxies names none: all of them count as "
            "one, for the limits of an address too, and the log does not know them."
        )
    if any(network.endswith("/0") for network in settings.trusted_proxies):
        yield "trusted_proxies trusts every address, so whoever calls says itself who it is."
    yield from _misspelt(environment)


def _misspelt(environment: Mapping[str, str]) -> Iterator[str]:
    known = {name.upper() for name in Settings.model_fields} | COMMANDS
    for variable in sorted(environment):
        name = variable.removeprefix(PREFIX).partition("__")[0]
        if variable.startswith(PREFIX) and name.upper() not in known and (hint := meant(name, known)):
            yield f"{variable} is no setting{hint}"
